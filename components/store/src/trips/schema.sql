CREATE TABLE IF NOT EXISTS segment (
    city TEXT NOT NULL,
    trip TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    distance INTEGER NOT NULL CHECK (distance >= 0),
    duration INTEGER NOT NULL CHECK (duration >= 0),
    PRIMARY KEY (city, trip, sequence)
) STRICT, WITHOUT ROWID

-- The sums over a trip's segments, kept up to date by a trigger; and when the trip is to be forgotten.
CREATE TABLE IF NOT EXISTS trip (
    city TEXT NOT NULL,
    trip TEXT NOT NULL,
    distance INTEGER NOT NULL,
    duration INTEGER NOT NULL,
    segments INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (city, trip),
    CONSTRAINT too_many_segments CHECK (segments <= 20000)
) STRICT, WITHOUT ROWID

CREATE INDEX IF NOT EXISTS trip_expiry ON trip (expires_at_ms)

CREATE TRIGGER IF NOT EXISTS segment_counts AFTER INSERT ON segment
BEGIN
    INSERT INTO trip (city, trip, distance, duration, segments)
    VALUES (NEW.city, NEW.trip, NEW.distance, NEW.duration, 1)
    ON CONFLICT (city, trip) DO UPDATE SET
        distance = distance + NEW.distance,
        duration = duration + NEW.duration,
        segments = segments + 1;
END

CREATE TRIGGER IF NOT EXISTS segment_stays BEFORE UPDATE ON segment
BEGIN
    SELECT RAISE(ABORT, 'segment_conflict');
END

-- Where segments arrive. Nothing is kept here: see the trigger.
CREATE VIEW IF NOT EXISTS batch AS SELECT '' AS city, '' AS trip, '' AS segments, 0 AS ttl_s

-- A segment that is there already and says the same is left alone; one that says something else is updated, which
-- segment_stays refuses, and with it the whole statement. What has expired is swept out a little at a time: always more
-- than one call adds, so that it cannot pile up, and never so much that a call is late.
CREATE TRIGGER IF NOT EXISTS batch_arrives INSTEAD OF INSERT ON batch
BEGIN
    DELETE FROM segment WHERE city = NEW.city AND trip = NEW.trip AND EXISTS (
        SELECT 1 FROM trip
        WHERE city = NEW.city AND trip = NEW.trip AND expires_at_ms <= CAST(unixepoch('subsec') * 1000 AS INTEGER)
    );
    DELETE FROM trip WHERE city = NEW.city AND trip = NEW.trip AND expires_at_ms <= CAST(unixepoch('subsec') * 1000 AS INTEGER);
    INSERT INTO segment (city, trip, sequence, started_at, distance, duration)
    SELECT NEW.city, NEW.trip, value ->> 0, value ->> 1, value ->> 2, value ->> 3
    FROM json_each(NEW.segments)
    WHERE TRUE -- without it, SQLite reads ON CONFLICT as the start of a join
    ON CONFLICT (city, trip, sequence) DO UPDATE SET started_at = excluded.started_at
    WHERE (started_at, distance, duration) IS NOT (excluded.started_at, excluded.distance, excluded.duration);
    UPDATE trip SET expires_at_ms = CAST(unixepoch('subsec') * 1000 AS INTEGER) + NEW.ttl_s * 1000
    WHERE city = NEW.city AND trip = NEW.trip;
    DELETE FROM segment WHERE (city, trip, sequence) IN (
        SELECT city, trip, sequence
        FROM (
            SELECT city, trip FROM trip
            WHERE expires_at_ms <= CAST(unixepoch('subsec') * 1000 AS INTEGER)
            ORDER BY expires_at_ms
            LIMIT 2
        ) JOIN segment USING (city, trip)
        LIMIT 1000
    );
    DELETE FROM trip WHERE (city, trip) IN (
        SELECT city, trip FROM trip
        WHERE expires_at_ms <= CAST(unixepoch('subsec') * 1000 AS INTEGER)
        ORDER BY expires_at_ms
        LIMIT 2
    ) AND NOT EXISTS (SELECT 1 FROM segment WHERE segment.city = trip.city AND segment.trip = trip.trip);
END
