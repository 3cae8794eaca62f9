CREATE TABLE IF NOT EXISTS bill (
    city TEXT NOT NULL,
    trip TEXT NOT NULL,
    request TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (city, trip)
) STRICT
