-- Has up to 64 entries wait again that may have been sent to what was lost: of the oldest loss with anything left, in order, by a trigger.
-- What is entered within five seconds after a loss was found out may have been, too; and so may what waits then: a request may be
-- about to note that it does not. So that is gone back to, and a loss is not done with before.
WITH unfinished (number, city, bucket, at_ms, recalled, is_young) AS (
    SELECT number, city, bucket, at_ms, recalled, abs(CAST(unixepoch('subsec') * 1000 AS INTEGER) - at_ms) < 5000
    FROM loss
    WHERE is_recalled = 0 AND (
        abs(CAST(unixepoch('subsec') * 1000 AS INTEGER) - at_ms) >= 5000
        OR (
            SELECT NOT EXISTS (SELECT 1 FROM journal_waiting WHERE journal_waiting.number = journal.number)
            FROM journal
            WHERE journal.city = loss.city AND journal.bucket = loss.bucket AND journal.number > loss.recalled
                AND journal.binds = 1 AND journal.copy = 0 AND journal.at_ms < loss.at_ms + 5000
            ORDER BY journal.number
            LIMIT 1
        )
    )
    ORDER BY number
    LIMIT 1
),
next (number, waits) AS (
    SELECT journal.number, EXISTS (SELECT 1 FROM journal_waiting WHERE journal_waiting.number = journal.number)
    FROM unfinished
    JOIN journal ON journal.city = unfinished.city AND journal.bucket = unfinished.bucket AND journal.number > unfinished.recalled
    WHERE journal.binds = 1 AND journal.copy = 0 AND journal.at_ms < unfinished.at_ms + 5000
    ORDER BY journal.number
    LIMIT 64
)
UPDATE loss SET
    recalled = coalesce(
        (
            SELECT max(number) FROM next
            WHERE NOT (SELECT is_young FROM unfinished)
                OR number < coalesce((SELECT min(number) FROM next WHERE waits), 9223372036854775807)
        ),
        recalled
    ),
    is_recalled = NOT (SELECT is_young FROM unfinished) AND NOT EXISTS (SELECT 1 FROM next)
WHERE number = (SELECT number FROM unfinished)
