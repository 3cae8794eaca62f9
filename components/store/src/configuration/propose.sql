-- ?1 the number, ?2 how long from now on it is in force, in ms, ?3 the manifest. Kept unless there is one of this number, or a
-- later one.
INSERT INTO generation (number, at_ms, manifest)
SELECT ?1, CAST(unixepoch('subsec') * 1000 AS INTEGER) + ?2, ?3
WHERE ?1 > coalesce((SELECT max(number) FROM generation), -1)
ON CONFLICT DO NOTHING
