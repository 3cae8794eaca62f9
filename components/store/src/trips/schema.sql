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
    segments INTEGER NOT NULL CHECK (segments <= 20000),
    expires_at_ms INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (city, trip)
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

-- Where segments arrive. Nothing is kept here: see the trigger.
CREATE VIEW IF NOT EXISTS batch AS SELECT '' AS city, '' AS trip, '' AS segments, 0 AS ttl_s, NULL AS once

-- Where those go on that are in conflict with nothing, and for which there is room: `fresh` are not there yet.
CREATE VIEW IF NOT EXISTS fitting_batch AS
SELECT '' AS city, '' AS trip, '' AS segments, 0 AS ttl_s, 0 AS fresh, NULL AS once

-- New ones make a trip due that has a bill. What has expired is swept out a little at a time: always more than one call adds, so that it cannot pile up, and never
-- so much that a call is late. A request whose segments do not fit is not entered: nothing came of it.
CREATE TRIGGER IF NOT EXISTS batch_arrives INSTEAD OF INSERT ON batch
BEGIN
    DELETE FROM segment WHERE city = NEW.city AND trip = NEW.trip AND EXISTS (
        SELECT 1 FROM trip
        WHERE city = NEW.city AND trip = NEW.trip AND expires_at_ms <= CAST(unixepoch('subsec') * 1000 AS INTEGER)
    );
    DELETE FROM trip WHERE city = NEW.city AND trip = NEW.trip AND expires_at_ms <= CAST(unixepoch('subsec') * 1000 AS INTEGER);
    INSERT INTO fitting_batch (city, trip, segments, ttl_s, fresh, once)
    SELECT NEW.city, NEW.trip, NEW.segments, NEW.ttl_s, fresh, NEW.once
    FROM (
        SELECT
            count(*) FILTER (WHERE stored.sequence IS NULL) AS fresh,
            count(*) FILTER (
                WHERE (stored.started_at, stored.distance, stored.duration) IS NOT (sent.value ->> 1, sent.value ->> 2, sent.value ->> 3)
                AND stored.sequence IS NOT NULL
            ) AS conflicts
        FROM json_each(NEW.segments) AS sent
        LEFT JOIN segment AS stored
            ON stored.city = NEW.city AND stored.trip = NEW.trip AND stored.sequence = sent.value ->> 0
    )
    WHERE conflicts = 0
        AND fresh + coalesce((SELECT segments FROM trip WHERE city = NEW.city AND trip = NEW.trip), 0) <= 20000;
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

CREATE TRIGGER IF NOT EXISTS fitting_batch_is_added INSTEAD OF INSERT ON fitting_batch
BEGIN
    INSERT INTO entering (city, trip, once) VALUES (NEW.city, NEW.trip, NEW.once);
    INSERT INTO segment (city, trip, sequence, started_at, distance, duration)
    SELECT NEW.city, NEW.trip, value ->> 0, value ->> 1, value ->> 2, value ->> 3
    FROM json_each(NEW.segments)
    WHERE TRUE -- without it, SQLite reads ON CONFLICT as the start of a join
    ON CONFLICT (city, trip, sequence) DO NOTHING;
    UPDATE trip SET expires_at_ms = CAST(unixepoch('subsec') * 1000 AS INTEGER) + NEW.ttl_s * 1000
    WHERE city = NEW.city AND trip = NEW.trip;
    INSERT INTO due (city, trip, revision, reason, at)
    SELECT city, trip, max(revision), 'late-segments', unixepoch() FROM bill
    WHERE city = NEW.city AND trip = NEW.trip AND NEW.fresh > 0
    GROUP BY city, trip
    ON CONFLICT (city, trip) DO UPDATE SET revision = excluded.revision, reason = excluded.reason, at = excluded.at;
END
