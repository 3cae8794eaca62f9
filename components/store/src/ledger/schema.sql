CREATE TABLE IF NOT EXISTS ledger (
    city TEXT NOT NULL,
    trip TEXT NOT NULL,
    currency TEXT NOT NULL,
    top_up INTEGER NOT NULL,
    scenario TEXT NOT NULL,
    billed_at INTEGER NOT NULL,
    PRIMARY KEY (city, trip)
) STRICT, WITHOUT ROWID
