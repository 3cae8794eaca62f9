SELECT text FROM journal_document WHERE kind = ?1 AND version = ?2
