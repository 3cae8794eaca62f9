-- ?3 the trip, ?4 the request. A row comes back when its nonce is entered.
INSERT INTO entering (city, trip, once)
SELECT city, ?3, ?4 FROM fresh
RETURNING 1
