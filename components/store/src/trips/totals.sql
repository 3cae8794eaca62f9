SELECT distance, duration, segments FROM trip
WHERE city = ?1 AND trip = ?2 AND expires_at_ms > CAST(unixepoch('subsec') * 1000 AS INTEGER)
