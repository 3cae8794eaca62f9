SELECT document FROM quote
WHERE city = ?1 AND quote = ?2 AND expires_at_ms > CAST(unixepoch('subsec') * 1000 AS INTEGER)
