-- ?3 the trip, ?4 the fingerprint, ?5 the document. A row comes back when the bill was kept.
INSERT INTO bill (city, trip, request, document)
SELECT city, ?3, ?4, ?5 FROM admitted
WHERE TRUE -- without it, SQLite reads ON CONFLICT as the start of a join
ON CONFLICT DO NOTHING
RETURNING 1
