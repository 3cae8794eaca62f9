-- One row however long the trip: rows cross into the component one by one.
SELECT json_group_array(json_array(sequence, started_at, distance, duration))
FROM (
    SELECT sequence, started_at, distance, duration FROM segment WHERE city = ?1 AND trip = ?2 ORDER BY sequence
)
