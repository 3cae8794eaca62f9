-- ?1 the version, ?2 the text. Putting one again makes it young again, so that it is not swept out.
INSERT INTO configuration_file (version, text, put_at_ms)
VALUES (?1, ?2, CAST(unixepoch('subsec') * 1000 AS INTEGER))
ON CONFLICT (version) DO UPDATE SET put_at_ms = excluded.put_at_ms
