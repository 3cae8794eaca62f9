-- Version 1 kept trips for ever.
ALTER TABLE trip ADD COLUMN expires_at_ms INTEGER NOT NULL DEFAULT 0

-- A trip of version 1 gets a week from now.
UPDATE trip SET expires_at_ms = CAST(unixepoch('subsec') * 1000 AS INTEGER) + 604800000 WHERE expires_at_ms = 0
