-- Enters segments of a trip, unless one that waits says something else, or the journal is full of what waits: two gibibytes. ?1 the
-- city, ?2 the trip, ?3 the checksum, ?4 the size, ?5 the segments: a JSON array of [sequence, started_at, distance, duration], ?6
-- the bucket of the shared store. Their number comes back when they were entered.
INSERT INTO journal (at_ms, city, trip, checksum, chain, bytes, content, bucket)
SELECT
    CAST(unixepoch('subsec') * 1000 AS INTEGER), ?1, ?2, ?3,
    (coalesce((SELECT chain FROM journal ORDER BY number DESC LIMIT 1), 0) * 31 + ?3) % 2147483647,
    ?4, ?5, ?6
WHERE NOT EXISTS (
        SELECT 1
        FROM journal_waiting AS waiting
        JOIN journal AS entry ON entry.number = waiting.number AND entry.revision IS NULL
        JOIN json_each(entry.content) AS held
        JOIN json_each(?5) AS sent ON sent.value ->> 0 = held.value ->> 0
        WHERE waiting.city = ?1 AND waiting.trip = ?2
            AND (held.value ->> 1, held.value ->> 2, held.value ->> 3) IS NOT (sent.value ->> 1, sent.value ->> 2, sent.value ->> 3)
    )
    AND coalesce((SELECT bytes FROM journal_size), 0) < 2147483648
RETURNING number
