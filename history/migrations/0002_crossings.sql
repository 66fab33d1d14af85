-- Crossings of portals, how sure a movement is, and how a visit ended.
CREATE TABLE crossings (
    seq        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    time_ns    INTEGER NOT NULL,
    decided_ns INTEGER NOT NULL,
    tag        TEXT NOT NULL,
    asset      TEXT,
    portal     TEXT NOT NULL,
    direction  TEXT NOT NULL,
    confidence REAL NOT NULL,
    lean       TEXT,
    late       INTEGER NOT NULL
);
CREATE INDEX crossings_by_asset ON crossings (asset, time_ns);
CREATE INDEX crossings_by_tag ON crossings (tag, time_ns);
CREATE INDEX crossings_by_portal ON crossings (portal, time_ns);
CREATE INDEX crossings_by_time ON crossings (time_ns);

ALTER TABLE movements ADD COLUMN confidence REAL;
ALTER TABLE movements ADD COLUMN crossed INTEGER NOT NULL DEFAULT 0;

-- moved, outside, departed, handed_over (the tag changed its asset) or zone_gone; null where
-- that was not yet kept: then it counts as departed.
ALTER TABLE visits ADD COLUMN ended TEXT;
