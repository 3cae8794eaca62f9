DELETE FROM journal_waiting WHERE number = ?1
