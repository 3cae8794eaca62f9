-- ?1 city, ?2 trip, ?3 the segments: a JSON array of [sequence, started_at, distance, duration], ?4 the time to live in
-- seconds. A view takes them, so that its trigger can do in this one statement all that has to happen together.
INSERT INTO batch (city, trip, segments, ttl_s) VALUES (?1, ?2, ?3, ?4)
