-- Takes up to ?2 tokens of the limit ?1: what fits into its bucket and its window. ?3 how many come in a second, as many
-- thousandths in a millisecond; ?4 how many there may be at once; ?5 how many requests there may be in the window, 0 without one;
-- ?6 the window, ?7 for how long it is kept, both in milliseconds. No fence is looked at: the limit is this site's own.
WITH
clock (now_ms) AS (SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER)),
held AS (
    SELECT now_ms, coalesce(now_ms - now_ms % nullif(?6, 0), 0) AS begins_ms, rate_limit.*
    FROM clock LEFT JOIN rate_limit ON name = ?1
),
here AS (
    SELECT
        now_ms,
        begins_ms,
        -- What is not there yet is full.
        coalesce(min(?4 * 1000, level_m + min(max(now_ms - at_ms, 0), 2000000000) * ?3), ?4 * 1000) AS level_m,
        iif(?6 > 0 AND window_ms = ?6 AND start_ms >= begins_ms, current, 0) AS current,
        CASE
            WHEN ?6 > 0 AND window_ms = ?6 AND start_ms >= begins_ms THEN previous
            WHEN ?6 > 0 AND window_ms = ?6 AND start_ms + ?6 = begins_ms THEN current
            ELSE 0
        END AS previous
    FROM held
),
fits AS (
    SELECT *, max(0, min(
        ?2,
        level_m / 1000,
        coalesce((?5 * ?6 - current * ?6 - previous * (?6 - (now_ms - begins_ms))) / nullif(?6, 0), ?2)
    )) AS granted
    FROM here
)
INSERT INTO rate_limit (name, granted, at_ms, level_m, window_ms, start_ms, current, previous, expires_at_ms)
SELECT
    ?1, granted, now_ms, level_m - granted * 1000, ?6, begins_ms, current + iif(?6 > 0, granted, 0), previous, now_ms + ?7
FROM fits
WHERE TRUE -- without it, SQLite reads ON CONFLICT as the start of a join
ON CONFLICT (name) DO UPDATE SET
    granted = excluded.granted,
    at_ms = excluded.at_ms,
    level_m = excluded.level_m,
    window_ms = excluded.window_ms,
    start_ms = excluded.start_ms,
    current = excluded.current,
    previous = excluded.previous,
    expires_at_ms = excluded.expires_at_ms
RETURNING granted, at_ms, level_m, start_ms, current, previous
