-- Enters a bill, unless there is one of its revision, or the journal is full of what waits: two gibibytes. ?1 the city, ?2 the trip,
-- ?3 the revision, ?4 its checksum, ?5 its size, ?6 its fingerprint, ?7 when it was made, ?8 its day, ?9 to ?11 its top-up, ?12 and ?13
-- why something is due and when, ?14 of how many segments it was made, ?15 what it was made with, ?16 its document, ?17 the bucket of the
-- shared store, ?18 since when it says that it was made of all. Its number comes back when it was entered.
INSERT INTO journal (
    at_ms, city, trip, revision, checksum, chain, bytes, fingerprint, billed_at, day, currency, top_up, top_up_document, due_reason,
    due_at, seen, documents, content, bucket, whole_since
)
SELECT
    CAST(unixepoch('subsec') * 1000 AS INTEGER), ?1, ?2, ?3, ?4,
    (coalesce((SELECT chain FROM journal ORDER BY number DESC LIMIT 1), 0) * 31 + ?4) % 2147483647,
    ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18
WHERE NOT EXISTS (SELECT 1 FROM journal WHERE city = ?1 AND trip = ?2 AND revision = ?3 AND revision IS NOT NULL AND binds = 1)
    AND coalesce((SELECT bytes FROM journal_size), 0) < 2147483648
RETURNING number
