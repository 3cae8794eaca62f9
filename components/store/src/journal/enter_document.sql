INSERT INTO journal_document (kind, version, text) VALUES (?1, ?2, ?3) ON CONFLICT (kind, version) DO NOTHING
