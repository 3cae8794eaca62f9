-- Puts another document in the place of a bill's. ?1 its number, ?2 the document.
UPDATE journal SET content = ?2, redacted = 1 WHERE number = ?1
