-- Enters what the shared store has of a trip, unless there is one of its revision. ?1 the city, ?2 the trip, ?3 the revision, ?4 its
-- fingerprint, ?5 its document, ?6 its checksum, ?7 its size. A row comes back when it was entered.
INSERT INTO journal (at_ms, city, trip, revision, copy, checksum, chain, bytes, fingerprint, billed_at, day, documents, content)
SELECT
    CAST(unixepoch('subsec') * 1000 AS INTEGER), ?1, ?2, ?3, 1, ?6,
    (coalesce((SELECT chain FROM journal ORDER BY number DESC LIMIT 1), 0) * 31 + ?6) % 2147483647,
    ?7, ?4, 0, '', '[]', ?5
WHERE NOT EXISTS (SELECT 1 FROM journal WHERE city = ?1 AND trip = ?2 AND revision = ?3 AND revision IS NOT NULL AND binds = 1)
RETURNING number
