-- Whoever entered it answers it as being here, and does not post it any more. On a connection that waits for the disk, all that was written
-- before is there then. A row comes back when it waits.
UPDATE journal_waiting SET secured = max(secured, 1), leased_until_ms = CAST(unixepoch('subsec') * 1000 AS INTEGER) WHERE number = ?1
RETURNING 1
