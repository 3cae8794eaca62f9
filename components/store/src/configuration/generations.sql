-- What the clock says, and the newest two, ascending; one row without a number when there are none.
SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER), number, at_ms, manifest
FROM (SELECT 1) LEFT JOIN (SELECT * FROM generation ORDER BY number DESC LIMIT 2)
ORDER BY number
