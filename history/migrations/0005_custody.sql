-- Check-outs as they stand, and the stays outside of what was checked out. `terms` is the
-- check-out as it was opened (MessagePack); `open` until it is checked in, revoked or expired.
CREATE TABLE checkouts (
    id         TEXT PRIMARY KEY,
    opened_seq INTEGER NOT NULL UNIQUE,
    seq        INTEGER NOT NULL,
    state      TEXT NOT NULL,
    open       INTEGER NOT NULL,
    person     TEXT NOT NULL,
    asset      TEXT,
    category   TEXT,
    grouping   TEXT,
    opened_ns  INTEGER NOT NULL,
    closed_ns  INTEGER,
    closed_by  TEXT,
    closed_why TEXT,
    terms      BLOB NOT NULL
);
CREATE INDEX checkouts_by_state ON checkouts (state, opened_seq);
CREATE INDEX checkouts_by_person ON checkouts (person, opened_seq);
CREATE INDEX checkouts_by_asset ON checkouts (asset, opened_seq);
CREATE INDEX checkouts_by_time ON checkouts (opened_ns);
CREATE INDEX checkouts_open_of_asset ON checkouts (asset) WHERE open;
CREATE INDEX checkouts_open_of_group ON checkouts (grouping) WHERE open;
CREATE INDEX checkouts_open_of_category ON checkouts (category) WHERE open;

-- An asset is out while ended_ns is null. `ended` says how that ended: back (a rule saw it),
-- returned or revoked (its check-out was closed), extended (it is out under a further
-- check-out now), late (it was over before it was known).
CREATE TABLE outings (
    id        TEXT PRIMARY KEY,
    seq       INTEGER NOT NULL UNIQUE,
    checkout  TEXT NOT NULL,
    asset     TEXT NOT NULL,
    tag       TEXT NOT NULL,
    from_zone TEXT,
    to_zone   TEXT,
    portal    TEXT,
    left_ns   INTEGER NOT NULL,
    ended_ns  INTEGER,
    ended     TEXT
);
CREATE UNIQUE INDEX outings_open ON outings (asset) WHERE ended_ns IS NULL;
CREATE INDEX outings_open_of_checkout ON outings (checkout) WHERE ended_ns IS NULL;
CREATE INDEX outings_by_checkout ON outings (checkout, seq);
CREATE INDEX outings_by_asset ON outings (asset, seq);
