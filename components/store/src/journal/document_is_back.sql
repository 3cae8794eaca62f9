-- Notes that the shared store was given a document after the loss ?4. ?1 the city, ?2 and ?3 which one it is.
UPDATE journal_document SET given = max(given, ?4) WHERE city = ?1 AND kind = ?2 AND version = ?3
