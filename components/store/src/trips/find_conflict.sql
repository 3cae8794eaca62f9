-- The first segment of ?3 that is there already and says something else.
SELECT min(segment.sequence)
FROM trip
JOIN json_each(?3) AS new
JOIN segment USING (city, trip)
WHERE city = ?1 AND trip = ?2 AND expires_at_ms > CAST(unixepoch('subsec') * 1000 AS INTEGER) AND segment.sequence = new.value ->> 0
    AND (segment.started_at, segment.distance, segment.duration)
        IS NOT (new.value ->> 1, new.value ->> 2, new.value ->> 3)
