-- Takes up to ?1 buckets that this node has not heard of for a minute, the longest first: for a minute nobody else does. They come back,
-- each with whether this node has sent something there that it could send again.
WITH quiet (city, bucket) AS (
    SELECT city, bucket FROM position
    WHERE at_ms <= CAST(unixepoch('subsec') * 1000 AS INTEGER) - 60000
    ORDER BY at_ms
    LIMIT ?1
)
UPDATE position SET at_ms = CAST(unixepoch('subsec') * 1000 AS INTEGER)
WHERE (city, bucket) IN (SELECT city, bucket FROM quiet)
RETURNING city, bucket,
    EXISTS (
        SELECT 1 FROM journal
        WHERE journal.city = position.city AND journal.bucket = position.bucket AND journal.binds = 1 AND journal.copy = 0
    )
    OR EXISTS (
        SELECT 1 FROM journal_document AS document
        WHERE document.city = position.city AND document.bucket = position.bucket
    )
