-- ?1 city, ?2 trip, ?3 the segments: a JSON array of [sequence, started_at, distance, duration].
-- A segment that is there already and says the same is left alone; one that says something else is updated, which
-- segment_stays refuses, and with it the whole statement.
INSERT INTO segment (city, trip, sequence, started_at, distance, duration)
SELECT ?1, ?2, value ->> 0, value ->> 1, value ->> 2, value ->> 3
FROM json_each(?3)
WHERE TRUE -- without it, SQLite reads ON CONFLICT as the start of a join
ON CONFLICT (city, trip, sequence) DO UPDATE SET started_at = excluded.started_at
WHERE (started_at, distance, duration) IS NOT (excluded.started_at, excluded.distance, excluded.duration)
