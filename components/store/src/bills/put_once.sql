-- Returns a row when the bill was kept.
INSERT INTO bill (city, trip, request, document) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT DO NOTHING
RETURNING 1
