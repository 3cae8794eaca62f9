SELECT text FROM journal_document WHERE city = ?1 AND kind = ?2 AND version = ?3
