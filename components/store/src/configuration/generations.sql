-- What the clock says, and the newest two, ascending; one row without a number when there are none. Not a plain SELECT: it takes
-- its turn among the writes, so that whatever is kept later has a later moment than this clock says.
WITH newest AS (SELECT * FROM generation ORDER BY number DESC LIMIT 2)
SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER), number, at_ms, manifest
FROM (SELECT 1) LEFT JOIN newest
ORDER BY number
