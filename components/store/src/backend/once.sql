-- And what one begins with that is part of a request which may be carried out once. ?3 the trip, ?4 the request, see `entering`;
-- NULL when it may be carried out any number of times. `fresh` is the city, and empty when nothing may be written.
, fresh (city) AS (
    SELECT city FROM admitted WHERE NOT EXISTS (
        SELECT 1 FROM nonce
        WHERE nonce.city = ?1 AND nonce.trip = ?3
            AND nonce.key_id = ?4 ->> 0 AND nonce.nonce = ?4 ->> 1 AND nonce.attempt <> ?4 ->> 2
            AND nonce.expires_at_ms > CAST(unixepoch('subsec') * 1000 AS INTEGER)
    )
)
