-- Who writes a city. One that is not here may be written by anybody.
CREATE TABLE IF NOT EXISTS fence (
    city TEXT NOT NULL,
    owner TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    retry_after_s INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (city)
) STRICT, WITHOUT ROWID
