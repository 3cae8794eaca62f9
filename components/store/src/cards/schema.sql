-- Rate cards that were priced with.
CREATE TABLE IF NOT EXISTS card (
    city TEXT NOT NULL,
    version TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (city, version)
) STRICT
