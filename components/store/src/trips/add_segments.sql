-- ?3 the trip, ?4 the segments: a JSON array of [sequence, started_at, distance, duration], ?5 the time to live in
-- seconds. A view takes them, so that its trigger can do in this one statement all that has to happen together.
INSERT INTO batch (city, trip, segments, ttl_s)
SELECT city, ?3, ?4, ?5 FROM admitted
RETURNING 1
