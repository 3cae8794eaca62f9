-- What this node has accepted, and the store that it shares with others may not have: bills, each with what it is posted with, and
-- segments that the store did not take, of which `revision` is NULL. Entries stay as they are, but for who rode. `checksum` is of
-- what was entered, and `chain` is made of it and of that of the entry before. One of which `binds` is 0 was superseded or refused.
-- A copy is what the shared store has instead. `bucket` is the shared store's, which is told apart so that what was sent to one that has
-- lost something can wait again.
CREATE TABLE IF NOT EXISTS journal (
    number INTEGER NOT NULL PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    city TEXT NOT NULL,
    trip TEXT NOT NULL,
    revision INTEGER CHECK (revision >= 1),
    binds INTEGER NOT NULL DEFAULT 1,
    copy INTEGER NOT NULL DEFAULT 0,
    bucket INTEGER NOT NULL DEFAULT 0,
    redacted INTEGER NOT NULL DEFAULT 0,
    checksum INTEGER NOT NULL,
    chain INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    fingerprint TEXT,
    billed_at INTEGER,
    day TEXT,
    currency TEXT,
    top_up INTEGER,
    top_up_document TEXT,
    due_reason TEXT,
    due_at INTEGER,
    seen INTEGER,
    whole_since INTEGER,
    documents TEXT,
    content TEXT NOT NULL
) STRICT

CREATE UNIQUE INDEX IF NOT EXISTS journal_bill ON journal (city, trip, revision) WHERE revision IS NOT NULL AND binds = 1

CREATE INDEX IF NOT EXISTS journal_void ON journal (city, trip) WHERE revision IS NOT NULL AND binds = 0

CREATE INDEX IF NOT EXISTS journal_sent ON journal (city, bucket, number) WHERE binds = 1 AND copy = 0

-- What the shared store may not have yet. `secured` is 1 for what was answered as being here, and 2 for what the store has had as it is: it
-- waits again because the store has lost something, or on because nobody has heard how far the store was then. Until when it is
-- somebody's who drives it in saves work, and nothing depends on it.
CREATE TABLE IF NOT EXISTS journal_waiting (
    number INTEGER NOT NULL PRIMARY KEY,
    city TEXT NOT NULL,
    trip TEXT NOT NULL,
    leased_until_ms INTEGER NOT NULL,
    secured INTEGER NOT NULL DEFAULT 0
) STRICT

CREATE INDEX IF NOT EXISTS journal_waiting_trip ON journal_waiting (city, trip, number)

-- What became of entries that the shared store does not have as they are, for people to look at: they gave way to another bill, or
-- will never be taken.
CREATE TABLE IF NOT EXISTS journal_outcome (
    number INTEGER NOT NULL PRIMARY KEY,
    outcome TEXT NOT NULL CHECK (outcome IN ('superseded', 'refused')),
    why TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    by_revision INTEGER,
    by_fingerprint TEXT,
    by_content TEXT,
    by_checksum INTEGER
) STRICT

-- The documents that bills of the journal name. `loss` is the last loss of its bucket, and `given` the one after which the shared store was
-- given it again.
CREATE TABLE IF NOT EXISTS journal_document (
    city TEXT NOT NULL,
    kind TEXT NOT NULL,
    version TEXT NOT NULL,
    bucket INTEGER NOT NULL,
    text TEXT NOT NULL,
    loss INTEGER NOT NULL DEFAULT 0,
    given INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (city, kind, version)
) STRICT

CREATE INDEX IF NOT EXISTS journal_document_bucket ON journal_document (city, bucket)

CREATE INDEX IF NOT EXISTS journal_document_lost ON journal_document (city) WHERE loss > given

CREATE TRIGGER IF NOT EXISTS journal_document_is_lost AFTER INSERT ON loss
BEGIN
    UPDATE journal_document SET loss = NEW.number WHERE city = NEW.city AND bucket = NEW.bucket;
END

-- One row: how large all of it is.
CREATE TABLE IF NOT EXISTS journal_size (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    bytes INTEGER NOT NULL
) STRICT

-- What does not wait gives way when it is a day old, or when there is more than a gibibyte, the oldest first and a little at a time:
-- always more than comes, so that it cannot pile up. What people should look at stays for 90 days. The newest entry always stays, so
-- that no number is given twice.
CREATE TRIGGER IF NOT EXISTS journal_is_entered AFTER INSERT ON journal
BEGIN
    INSERT INTO journal_size (one, bytes) VALUES (1, NEW.bytes)
    ON CONFLICT (one) DO UPDATE SET bytes = bytes + excluded.bytes;
    INSERT INTO journal_waiting (number, city, trip, leased_until_ms)
    SELECT NEW.number, NEW.city, NEW.trip, NEW.at_ms + 3000 WHERE NEW.copy = 0;
    DELETE FROM journal WHERE number IN (
        SELECT number
        FROM (SELECT number, at_ms FROM journal ORDER BY number LIMIT 64) AS oldest
        WHERE number < NEW.number
            AND (at_ms < NEW.at_ms - 86400000 OR (SELECT bytes FROM journal_size) > 1073741824)
            AND number NOT IN (SELECT number FROM journal_waiting)
            AND NOT EXISTS (
                SELECT 1 FROM journal_outcome AS o WHERE o.number = oldest.number AND o.at_ms > NEW.at_ms - 7776000000
            )
        ORDER BY number
        LIMIT 4
    );
END

-- What does not bind anybody does not wait either.
CREATE TRIGGER IF NOT EXISTS journal_is_withdrawn AFTER UPDATE OF binds ON journal WHEN NEW.binds = 0
BEGIN
    DELETE FROM journal_waiting WHERE number = NEW.number;
END

CREATE TRIGGER IF NOT EXISTS journal_gives_way AFTER DELETE ON journal
BEGIN
    UPDATE journal_size SET bytes = bytes - OLD.bytes;
    DELETE FROM journal_outcome WHERE number = OLD.number;
END

-- Whoever gave way does not bind anybody any more; what counts instead is known of the trip from now on.
CREATE TRIGGER IF NOT EXISTS journal_outcome_is_noted AFTER INSERT ON journal_outcome
BEGIN
    UPDATE journal SET binds = 0 WHERE number = NEW.number;
    INSERT INTO journal (
        at_ms, city, trip, revision, copy, checksum, chain, bytes, fingerprint, billed_at, day, documents, content
    )
    SELECT
        NEW.at_ms, city, trip, NEW.by_revision, 1, NEW.by_checksum,
        ((SELECT chain FROM journal ORDER BY number DESC LIMIT 1) * 31 + NEW.by_checksum) % 2147483647,
        length(NEW.by_content), NEW.by_fingerprint, 0, '', '[]', NEW.by_content
    FROM journal
    WHERE number = NEW.number AND NEW.outcome = 'superseded';
END

-- What was sent to what was lost waits again. It was answered, so it is secured; and the store has taken it as it is, so it need not be
-- proven once more.
CREATE TRIGGER IF NOT EXISTS journal_is_recalled AFTER UPDATE OF recalled ON loss WHEN NEW.recalled > OLD.recalled
BEGIN
    UPDATE journal SET whole_since = NULL
    WHERE city = NEW.city AND bucket = NEW.bucket AND number > OLD.recalled AND number <= NEW.recalled AND binds = 1 AND copy = 0
        AND number NOT IN (SELECT number FROM journal_waiting);
    INSERT INTO journal_waiting (number, city, trip, leased_until_ms, secured)
    SELECT number, city, trip, 0, 2
    FROM journal
    WHERE city = NEW.city AND bucket = NEW.bucket AND number > OLD.recalled AND number <= NEW.recalled AND binds = 1 AND copy = 0
    ON CONFLICT (number) DO NOTHING;
END

-- The store has taken it as it is, so it need not be proven once more.
CREATE TRIGGER IF NOT EXISTS journal_is_there AFTER UPDATE OF secured ON journal_waiting WHEN NEW.secured = 2
BEGIN
    UPDATE journal SET whole_since = NULL WHERE number = NEW.number AND whole_since IS NOT NULL;
END
