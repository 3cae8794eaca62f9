-- ?4 the time to live in seconds.
INSERT INTO quote (city, quote, document, expires_at_ms)
VALUES (?1, ?2, ?3, CAST(unixepoch('subsec') * 1000 AS INTEGER) + ?4 * 1000)
ON CONFLICT (city, quote) DO UPDATE SET document = excluded.document, expires_at_ms = excluded.expires_at_ms
