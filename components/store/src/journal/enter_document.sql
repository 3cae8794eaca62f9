-- Keeps a document that bills of a city name. ?1 the city, ?2 and ?3 which one it is, ?4 the bucket of the shared store, ?5 its text.
-- Whoever enters it may have put it there before that lost something, and not have heard of it yet.
INSERT INTO journal_document (city, kind, version, bucket, text, loss)
SELECT ?1, ?2, ?3, ?4, ?5, coalesce(
    (
        SELECT max(number) FROM loss
        WHERE city = ?1 AND bucket = ?4 AND abs(CAST(unixepoch('subsec') * 1000 AS INTEGER) - at_ms) < 5000
    ),
    0
)
ON CONFLICT (city, kind, version) DO NOTHING
