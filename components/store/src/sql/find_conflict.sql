-- The first segment of ?3 that is there already and says something else.
SELECT min(segment.sequence)
FROM json_each(?3) AS new
JOIN segment ON segment.city = ?1 AND segment.trip = ?2 AND segment.sequence = new.value ->> 0
WHERE (segment.started_at, segment.distance, segment.duration)
    IS NOT (new.value ->> 1, new.value ->> 2, new.value ->> 3)
