-- A database as version 1 of the schema had it, with a trip and a bill.
CREATE TABLE IF NOT EXISTS segment (
    city TEXT NOT NULL,
    trip TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    distance INTEGER NOT NULL CHECK (distance >= 0),
    duration INTEGER NOT NULL CHECK (duration >= 0),
    PRIMARY KEY (city, trip, sequence)
) STRICT, WITHOUT ROWID;

-- The sums over a trip's segments, kept up to date by a trigger.
CREATE TABLE IF NOT EXISTS trip (
    city TEXT NOT NULL,
    trip TEXT NOT NULL,
    distance INTEGER NOT NULL,
    duration INTEGER NOT NULL,
    segments INTEGER NOT NULL,
    PRIMARY KEY (city, trip),
    CONSTRAINT too_many_segments CHECK (segments <= 20000)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER IF NOT EXISTS segment_counts AFTER INSERT ON segment
BEGIN
    INSERT INTO trip (city, trip, distance, duration, segments)
    VALUES (NEW.city, NEW.trip, NEW.distance, NEW.duration, 1)
    ON CONFLICT (city, trip) DO UPDATE SET
        distance = distance + NEW.distance,
        duration = duration + NEW.duration,
        segments = segments + 1;
END;

CREATE TRIGGER IF NOT EXISTS segment_stays BEFORE UPDATE ON segment
BEGIN
    SELECT RAISE(ABORT, 'segment_conflict');
END;

CREATE TABLE IF NOT EXISTS quote (
    city TEXT NOT NULL,
    quote TEXT NOT NULL,
    document TEXT NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    PRIMARY KEY (city, quote)
) STRICT;

CREATE INDEX IF NOT EXISTS quote_expiry ON quote (expires_at_ms);

-- A new quote sweeps out a few that have expired: always more than one, so that they cannot pile up, and never many.
CREATE TRIGGER IF NOT EXISTS quote_sweeps AFTER INSERT ON quote
BEGIN
    DELETE FROM quote WHERE rowid IN (
        SELECT rowid FROM quote
        WHERE expires_at_ms <= CAST(unixepoch('subsec') * 1000 AS INTEGER)
        ORDER BY expires_at_ms
        LIMIT 4
    );
END;

CREATE TABLE IF NOT EXISTS bill (
    city TEXT NOT NULL,
    trip TEXT NOT NULL,
    request TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (city, trip)
) STRICT;

CREATE TABLE IF NOT EXISTS ledger (
    city TEXT NOT NULL,
    trip TEXT NOT NULL,
    currency TEXT NOT NULL,
    top_up INTEGER NOT NULL,
    scenario TEXT NOT NULL,
    billed_at INTEGER NOT NULL,
    PRIMARY KEY (city, trip)
) STRICT, WITHOUT ROWID;

INSERT INTO segment VALUES ('110000', 't', 1, 1700000000, 100, 10), ('110000', 't', 2, 1700000000, 100, 10);

INSERT INTO bill VALUES ('110000', 't', 'request of old', '{"bill":"old"}');

PRAGMA journal_mode = WAL;

PRAGMA user_version = 1;
