-- Configurations of this node, each in force from a moment on. The manifest is a JSON object: path -> version of a file.
CREATE TABLE IF NOT EXISTS generation (
    number INTEGER NOT NULL CHECK (number >= 0),
    at_ms INTEGER NOT NULL,
    manifest TEXT NOT NULL CHECK (json_valid(manifest)),
    PRIMARY KEY (number)
) STRICT

CREATE TABLE IF NOT EXISTS configuration_file (
    version TEXT NOT NULL,
    text TEXT NOT NULL,
    put_at_ms INTEGER NOT NULL,
    PRIMARY KEY (version)
) STRICT

-- The newest three stay, and the files that they name. Others go when they are an hour old: those of a generation that is
-- about to be proposed are put before it is.
CREATE TRIGGER IF NOT EXISTS generation_sweeps AFTER INSERT ON generation
BEGIN
    DELETE FROM generation WHERE number NOT IN (SELECT number FROM generation ORDER BY number DESC LIMIT 3);
    DELETE FROM configuration_file
    WHERE put_at_ms < CAST(unixepoch('subsec') * 1000 AS INTEGER) - 3600000
        AND version NOT IN (SELECT named.value FROM generation, json_each(generation.manifest) AS named);
END
