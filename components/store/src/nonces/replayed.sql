-- A row when another attempt at the request ?3 about the trip ?2 was carried out.
SELECT 1 FROM nonce
WHERE city = ?1 AND trip = ?2 AND key_id = ?3 ->> 0 AND nonce = ?3 ->> 1 AND attempt <> ?3 ->> 2
    AND expires_at_ms > CAST(unixepoch('subsec') * 1000 AS INTEGER)
