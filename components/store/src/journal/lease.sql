-- Takes up to ?1 entries that wait and are nobody's, the oldest first, and none before an earlier one of its trip is nobody's: for five
-- seconds nobody else does. A bill is not held up by an earlier one, which may wait for it: the store takes revisions in any order. Their
-- numbers come back, in any order.
UPDATE journal_waiting SET leased_until_ms = CAST(unixepoch('subsec') * 1000 AS INTEGER) + 5000
WHERE number IN (
    SELECT number FROM journal_waiting AS waiting
    WHERE leased_until_ms <= CAST(unixepoch('subsec') * 1000 AS INTEGER) AND NOT EXISTS (
        SELECT 1 FROM journal_waiting AS earlier
        WHERE earlier.city = waiting.city AND earlier.trip = waiting.trip AND earlier.number < waiting.number
            AND earlier.leased_until_ms > CAST(unixepoch('subsec') * 1000 AS INTEGER)
            AND 2 > (SELECT count(revision) FROM journal WHERE number IN (earlier.number, waiting.number))
    )
    ORDER BY number
    LIMIT ?1
)
RETURNING number
