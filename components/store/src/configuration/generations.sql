-- The newest two, ascending.
SELECT number, at_ms, manifest FROM (SELECT * FROM generation ORDER BY number DESC LIMIT 2) ORDER BY number
