-- Notes where buckets are, unless what is noted is as far. ?1 a JSON array of [city, bucket, life, steps, token, mark]. Of two tokens
-- of one life, or marks of one step, the one that is noted stays: whoever reads it finds out that something was lost.
INSERT INTO position (city, bucket, life, steps, token, mark, at_ms)
SELECT
    value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, CAST(unixepoch('subsec') * 1000 AS INTEGER)
FROM json_each(?1)
WHERE true
ON CONFLICT (city, bucket) DO UPDATE SET
    life = excluded.life, steps = excluded.steps, token = excluded.token, mark = excluded.mark, at_ms = excluded.at_ms
WHERE excluded.life > position.life
    OR (excluded.life = position.life AND excluded.token = position.token AND excluded.steps > position.steps)
