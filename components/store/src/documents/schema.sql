-- What bills and quotes were made with.
CREATE TABLE IF NOT EXISTS document (
    city TEXT NOT NULL,
    kind TEXT NOT NULL,
    version TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (city, kind, version)
) STRICT
