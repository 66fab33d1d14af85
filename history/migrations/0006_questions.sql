-- Visits that answer quickly and can be shipped, what nobody could hear, and what other stores got.
-- `changed_seq` is the number of the newest output that began, ended or renamed the visit.
ALTER TABLE visits ADD COLUMN changed_seq INTEGER NOT NULL DEFAULT 0;
UPDATE visits SET changed_seq = seq;
CREATE INDEX visits_by_change ON visits (changed_seq);
-- How long it lasted, in classes of eight times the length of the one before; null while it goes
-- on. A visit of a class that touches a time began at most the length of its class before it, so
-- that a question seeks in a few short ranges, however far the history reaches back.
ALTER TABLE visits ADD COLUMN length_class INTEGER GENERATED ALWAYS AS (CASE
    WHEN to_ns IS NULL THEN NULL
    WHEN to_ns - from_ns < 64000000000 THEN 0           -- a minute
    WHEN to_ns - from_ns < 512000000000 THEN 1          -- 9 minutes
    WHEN to_ns - from_ns < 4096000000000 THEN 2         -- an hour
    WHEN to_ns - from_ns < 32768000000000 THEN 3        -- 9 hours
    WHEN to_ns - from_ns < 262144000000000 THEN 4       -- 3 days
    WHEN to_ns - from_ns < 2097152000000000 THEN 5      -- 24 days
    ELSE 6 END) VIRTUAL;
CREATE INDEX visits_by_length ON visits (zone, length_class, from_ns);
DROP INDEX visits_by_zone;
CREATE INDEX visits_by_zone ON visits (zone);

-- The visit in which each tag was last, whether it goes on or not: all of them in one walk. It is
-- the one that began last in the order of commits, as the triggers have it from now on.
CREATE TABLE last_visits (
    tag     TEXT PRIMARY KEY,
    visit   INTEGER NOT NULL,
    asset   TEXT,
    zone    TEXT NOT NULL,
    from_ns INTEGER NOT NULL,
    to_ns   INTEGER,
    ended   TEXT
) WITHOUT ROWID;
INSERT INTO last_visits
SELECT tag, id, asset, zone, from_ns, to_ns, ended FROM (
    SELECT *, row_number() OVER (
        PARTITION BY tag ORDER BY id DESC
    ) AS age FROM visits WHERE ended IS NOT 'late'
) WHERE age = 1;
CREATE TRIGGER visit_begins AFTER INSERT ON visits WHEN NEW.ended IS NOT 'late' BEGIN
    INSERT OR REPLACE INTO last_visits
    VALUES (NEW.tag, NEW.id, NEW.asset, NEW.zone, NEW.from_ns, NEW.to_ns, NEW.ended);
END;
CREATE TRIGGER visit_changes AFTER UPDATE OF asset, zone, to_ns, ended ON visits BEGIN
    UPDATE last_visits
    SET asset = NEW.asset, zone = NEW.zone, to_ns = NEW.to_ns, ended = NEW.ended
    WHERE tag = NEW.tag AND visit = NEW.id;
END;
CREATE TRIGGER visit_is_forgotten AFTER DELETE ON visits BEGIN
    DELETE FROM last_visits WHERE tag = OLD.tag AND visit = OLD.id;
END;

-- An open visit goes by the name of its zone. Other stores have it under the former one.
CREATE TABLE renamed_visits (
    id      INTEGER PRIMARY KEY,
    seq     INTEGER NOT NULL,
    visit   INTEGER NOT NULL,
    tag     TEXT NOT NULL,
    zone    TEXT NOT NULL,
    from_ns INTEGER NOT NULL
);
CREATE INDEX renamed_visits_by_seq ON renamed_visits (seq);

-- When nobody could hear: a reader that was not online, one antenna of it, or the whole gateway
-- (`reader` is empty, `antenna` 0 for all of a reader). It lasts while to_ns is null.
CREATE TABLE outages (
    id      INTEGER PRIMARY KEY,
    seq     INTEGER,
    reader  TEXT NOT NULL,
    antenna INTEGER NOT NULL,
    state   TEXT NOT NULL,
    reason  TEXT NOT NULL,
    from_ns INTEGER NOT NULL,
    to_ns   INTEGER
);
CREATE UNIQUE INDEX outages_open ON outages (reader, antenna) WHERE to_ns IS NULL;
CREATE INDEX outages_by_reader ON outages (reader, from_ns);
CREATE INDEX outages_by_time ON outages (from_ns);

-- Which tags an asset ever carried.
CREATE INDEX bindings_by_asset ON bindings (asset, bound_ns);

-- By their newest change: that is how other stores get them.
CREATE INDEX alerts_by_change ON alerts (seq);

-- What another store still has to get: of each part (a day of sightings, or the decisions) the
-- numbers behind `after`, up to `until` or, where that is null, without end.
CREATE TABLE shipments (
    store TEXT NOT NULL,
    part  TEXT NOT NULL,
    after INTEGER NOT NULL,
    until INTEGER,
    PRIMARY KEY (store, part, after)
) WITHOUT ROWID;
-- Lines that another store refused for good, until somebody sends them again or drops them.
CREATE TABLE set_aside (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    store  TEXT NOT NULL,
    at_ns  INTEGER NOT NULL,
    reason TEXT NOT NULL,
    line   TEXT NOT NULL
);
