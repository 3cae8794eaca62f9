-- The requests that were carried out, for as long as their signatures may be accepted.
CREATE TABLE IF NOT EXISTS nonce (
    city TEXT NOT NULL,
    trip TEXT NOT NULL,
    key_id TEXT NOT NULL,
    nonce TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    PRIMARY KEY (city, trip, key_id, nonce)
) STRICT, WITHOUT ROWID

CREATE INDEX IF NOT EXISTS nonce_expiry ON nonce (expires_at_ms)

-- Where requests arrive: a JSON array of the key, the nonce, the attempt and the time to live in seconds, or NULL for one that
-- may be carried out any number of times. Whoever inserts here has looked whether it is fresh: one that is there already is of
-- the same attempt, or has expired.
CREATE VIEW IF NOT EXISTS entering AS SELECT '' AS city, '' AS trip, NULL AS once

CREATE TRIGGER IF NOT EXISTS nonce_is_entered INSTEAD OF INSERT ON entering
BEGIN
    INSERT INTO nonce (city, trip, key_id, nonce, attempt, expires_at_ms)
    SELECT
        NEW.city, NEW.trip, NEW.once ->> 0, NEW.once ->> 1, NEW.once ->> 2,
        CAST(unixepoch('subsec') * 1000 AS INTEGER) + (NEW.once ->> 3) * 1000
    WHERE NEW.once IS NOT NULL
    ON CONFLICT (city, trip, key_id, nonce) DO UPDATE SET attempt = excluded.attempt, expires_at_ms = excluded.expires_at_ms;
END

-- A new nonce sweeps out a few that have expired: always more than one, so that they cannot pile up, and never many.
CREATE TRIGGER IF NOT EXISTS nonce_sweeps AFTER INSERT ON nonce
BEGIN
    DELETE FROM nonce WHERE (city, trip, key_id, nonce) IN (
        SELECT city, trip, key_id, nonce FROM nonce
        WHERE expires_at_ms <= CAST(unixepoch('subsec') * 1000 AS INTEGER)
        ORDER BY expires_at_ms
        LIMIT 4
    );
END
