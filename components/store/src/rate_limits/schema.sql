-- How much this site lets whom ask. `level_m` is what is in the bucket, in thousandths of a token, `current` and `previous` what was
-- granted in the present window and the one before. `granted` is what the last step took.
CREATE TABLE IF NOT EXISTS rate_limit (
    name TEXT NOT NULL,
    granted INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    level_m INTEGER NOT NULL CHECK (level_m >= 0),
    window_ms INTEGER NOT NULL,
    start_ms INTEGER NOT NULL,
    current INTEGER NOT NULL,
    previous INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    PRIMARY KEY (name)
) STRICT

CREATE INDEX IF NOT EXISTS rate_limit_expiry ON rate_limit (expires_at_ms)

-- A new one sweeps out a few that are as if they had never been: always more than one, so that they cannot pile up, and never many.
CREATE TRIGGER IF NOT EXISTS rate_limit_sweeps AFTER INSERT ON rate_limit
BEGIN
    DELETE FROM rate_limit WHERE rowid IN (
        SELECT rowid FROM rate_limit
        WHERE expires_at_ms <= CAST(unixepoch('subsec') * 1000 AS INTEGER)
        ORDER BY expires_at_ms
        LIMIT 4
    );
END
