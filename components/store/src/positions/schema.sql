-- How far each bucket of the shared store has come, as far as this node knows, and when it was heard of or looked at last. A token is a
-- number up to 2^64 - 1, as text; a mark one up to 9999.
CREATE TABLE IF NOT EXISTS position (
    city TEXT NOT NULL,
    bucket INTEGER NOT NULL,
    life INTEGER NOT NULL,
    steps INTEGER NOT NULL,
    token TEXT NOT NULL,
    mark INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (city, bucket)
) STRICT, WITHOUT ROWID

CREATE INDEX IF NOT EXISTS position_heard ON position (at_ms)

-- What the shared store knows this node by: it counts the steps of each.
CREATE TABLE IF NOT EXISTS node (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    name TEXT NOT NULL
) STRICT

INSERT INTO node (one, name) VALUES (1, lower(hex(randomblob(8)))) ON CONFLICT DO NOTHING

-- What was lost: a bucket leads another life than this node knew. `recalled` is the highest number of the journal that waits again because
-- of it.
CREATE TABLE IF NOT EXISTS loss (
    number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    city TEXT NOT NULL,
    bucket INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    recalled INTEGER NOT NULL DEFAULT 0,
    is_recalled INTEGER NOT NULL DEFAULT 0
) STRICT

CREATE INDEX IF NOT EXISTS loss_to_recall ON loss (number) WHERE is_recalled = 0

-- Whichever instance notes it first: a loss is one for the node. What was recalled 90 days ago goes, a little at a time.
CREATE TRIGGER IF NOT EXISTS position_begins_another_life AFTER UPDATE OF life ON position WHEN NEW.life > OLD.life
BEGIN
    INSERT INTO loss (city, bucket, at_ms) VALUES (NEW.city, NEW.bucket, CAST(unixepoch('subsec') * 1000 AS INTEGER));
    DELETE FROM loss WHERE number IN (
        SELECT number FROM (SELECT number, at_ms, is_recalled FROM loss ORDER BY number LIMIT 4)
        WHERE is_recalled = 1 AND at_ms < CAST(unixepoch('subsec') * 1000 AS INTEGER) - 7776000000
    );
END
