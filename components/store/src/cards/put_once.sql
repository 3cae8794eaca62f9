INSERT INTO card (city, version, document) VALUES (?1, ?2, ?3)
ON CONFLICT DO NOTHING
