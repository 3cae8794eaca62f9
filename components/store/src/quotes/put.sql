-- ?3 the quote, ?4 its document, ?5 the time to live in seconds.
INSERT INTO quote (city, quote, document, expires_at_ms)
SELECT city, ?3, ?4, CAST(unixepoch('subsec') * 1000 AS INTEGER) + ?5 * 1000 FROM admitted
WHERE TRUE -- without it, SQLite reads ON CONFLICT as the start of a join
ON CONFLICT (city, quote) DO UPDATE SET document = excluded.document, expires_at_ms = excluded.expires_at_ms
RETURNING 1
