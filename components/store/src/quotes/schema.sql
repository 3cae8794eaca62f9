CREATE TABLE IF NOT EXISTS quote (
    city TEXT NOT NULL,
    quote TEXT NOT NULL,
    document TEXT NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    PRIMARY KEY (city, quote)
) STRICT

CREATE INDEX IF NOT EXISTS quote_expiry ON quote (expires_at_ms)

-- A new quote sweeps out a few that have expired: always more than one, so that they cannot pile up, and never many.
CREATE TRIGGER IF NOT EXISTS quote_sweeps AFTER INSERT ON quote
BEGIN
    DELETE FROM quote WHERE rowid IN (
        SELECT rowid FROM quote
        WHERE expires_at_ms <= CAST(unixepoch('subsec') * 1000 AS INTEGER)
        ORDER BY expires_at_ms
        LIMIT 4
    );
END
