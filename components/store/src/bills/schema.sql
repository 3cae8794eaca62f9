-- One row for each revision, with the top-up that it owes: what `ledger` shows.
CREATE TABLE IF NOT EXISTS bill (
    city TEXT NOT NULL,
    trip TEXT NOT NULL,
    revision INTEGER NOT NULL CHECK (revision >= 1),
    fingerprint TEXT NOT NULL,
    billed_at INTEGER NOT NULL,
    day TEXT NOT NULL,
    currency TEXT,
    top_up INTEGER,
    top_up_document TEXT,
    due_reason TEXT,
    due_at INTEGER,
    document TEXT NOT NULL,
    PRIMARY KEY (city, trip, revision)
) STRICT

CREATE INDEX IF NOT EXISTS bill_day ON bill (city, day, trip, revision)

CREATE VIEW IF NOT EXISTS ledger AS
SELECT city, trip, revision, currency, top_up, top_up_document, billed_at FROM bill WHERE top_up IS NOT NULL

-- The trips of which something has to be done again.
CREATE TABLE IF NOT EXISTS due (
    city TEXT NOT NULL,
    trip TEXT NOT NULL,
    revision INTEGER NOT NULL,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (city, trip)
) STRICT, WITHOUT ROWID

CREATE INDEX IF NOT EXISTS due_at ON due (city, at, trip)

-- What became due before a revision was made is settled by it; what came due since is not. One that is older than the newest was put back,
-- and settles nothing.
CREATE TRIGGER IF NOT EXISTS bill_is_posted AFTER INSERT ON bill
WHEN NEW.revision = (SELECT max(revision) FROM bill WHERE city = NEW.city AND trip = NEW.trip)
BEGIN
    DELETE FROM due WHERE city = NEW.city AND trip = NEW.trip AND at < NEW.billed_at;
    INSERT INTO due (city, trip, revision, reason, at)
    SELECT NEW.city, NEW.trip, NEW.revision, NEW.due_reason, NEW.due_at WHERE NEW.due_at IS NOT NULL
    ON CONFLICT (city, trip) DO UPDATE SET revision = excluded.revision, reason = excluded.reason, at = excluded.at;
END

-- Where revisions arrive, each of another number, with the request that they are part of. Nothing is kept here.
CREATE VIEW IF NOT EXISTS arriving_bill AS
SELECT
    '' AS city, '' AS trip, NULL AS once, 0 AS revision, '' AS fingerprint, '' AS document, 0 AS billed_at, '' AS day,
    '' AS currency, 0 AS top_up, '' AS top_up_document, '' AS due_reason, 0 AS due_at

CREATE TRIGGER IF NOT EXISTS bill_arrives INSTEAD OF INSERT ON arriving_bill
BEGIN
    INSERT INTO entering (city, trip, once) VALUES (NEW.city, NEW.trip, NEW.once);
    INSERT INTO bill (
        city, trip, revision, fingerprint, document, billed_at, day, currency, top_up, top_up_document, due_reason, due_at
    )
    VALUES (
        NEW.city, NEW.trip, NEW.revision, NEW.fingerprint, NEW.document, NEW.billed_at, NEW.day, NEW.currency, NEW.top_up,
        NEW.top_up_document, NEW.due_reason, NEW.due_at
    );
END
