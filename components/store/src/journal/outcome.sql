-- Notes what became of an entry, once. ?1 the number, ?2 'superseded' or 'refused', ?3 why, ?4 to ?7 what counts instead: revision,
-- fingerprint, document, checksum.
INSERT INTO journal_outcome (number, outcome, why, at_ms, by_revision, by_fingerprint, by_content, by_checksum)
SELECT number, ?2, ?3, CAST(unixepoch('subsec') * 1000 AS INTEGER), ?4, ?5, ?6, ?7 FROM journal WHERE number = ?1
ON CONFLICT (number) DO NOTHING
