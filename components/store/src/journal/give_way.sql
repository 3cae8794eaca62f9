-- What is another bill of a revision than the shared store has gives way to it. ?1 the city, ?2 the trip, ?3 the revision, ?4 its
-- fingerprint, ?5 its document, ?6 its checksum. Its number comes back.
INSERT INTO journal_outcome (number, outcome, why, at_ms, by_revision, by_fingerprint, by_content, by_checksum)
SELECT number, 'superseded', '', CAST(unixepoch('subsec') * 1000 AS INTEGER), ?3, ?4, ?5, ?6
FROM journal
WHERE city = ?1 AND trip = ?2 AND revision = ?3 AND revision IS NOT NULL AND binds = 1 AND (fingerprint, content) IS NOT (?4, ?5)
ON CONFLICT (number) DO NOTHING
RETURNING number
