-- Takes an entry back that waits and is not secured. A row comes back when it was.
UPDATE journal SET binds = 0
WHERE number = ?1 AND EXISTS (SELECT 1 FROM journal_waiting WHERE journal_waiting.number = ?1 AND secured = 0)
RETURNING 1
