-- One row however long the trip: rows cross into the component one by one.
SELECT json_group_array(json_array(sequence, started_at, distance, duration))
FROM (
    SELECT sequence, started_at, segment.distance, segment.duration
    FROM trip JOIN segment USING (city, trip)
    WHERE city = ?1 AND trip = ?2 AND expires_at_ms > CAST(unixepoch('subsec') * 1000 AS INTEGER)
    ORDER BY sequence
)
