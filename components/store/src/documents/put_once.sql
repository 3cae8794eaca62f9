-- ?3 the kind, ?4 the version, ?5 the text. A row comes back when the document was not there before.
INSERT INTO document (city, kind, version, document)
SELECT city, ?3, ?4, ?5 FROM admitted
WHERE TRUE -- without it, SQLite reads ON CONFLICT as the start of a join
ON CONFLICT DO NOTHING
RETURNING 1
