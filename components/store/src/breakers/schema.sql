-- What the instances of this node know of what does not answer, by kind of call. Moments are milliseconds since 1970.
CREATE TABLE IF NOT EXISTS breaker (
    kind TEXT NOT NULL,
    generation INTEGER NOT NULL,
    is_open INTEGER NOT NULL,
    since_ms INTEGER NOT NULL,
    failed_ms INTEGER NOT NULL,
    lease_ms INTEGER NOT NULL,
    holder INTEGER NOT NULL,
    opened INTEGER NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (kind)
) STRICT, WITHOUT ROWID
