-- Puts another document in the place of a revision's, wherever it is. ?1 the city, ?2 the trip, ?3 the revision, ?4 the document.
UPDATE journal SET content = ?4, redacted = 1 WHERE city = ?1 AND trip = ?2 AND revision = ?3 AND revision IS NOT NULL AND binds = 1
