-- ?3 the trip, ?4 the request, ?5 the segments: a JSON array of [sequence, started_at, distance, duration], ?6 the time to live
-- in seconds. A view takes them, so that its trigger can do in this one statement all that has to happen together.
INSERT INTO batch (city, trip, segments, ttl_s, once)
SELECT city, ?3, ?5, ?6, ?4 FROM fresh
RETURNING 1
