-- state.db: journal, what was decided from it, and what people keep in the gateway.
-- Times are nanoseconds since the Unix epoch. `seq` is the one commit sequence.
CREATE TABLE marks (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO marks VALUES
    ('last_seq', 0),          -- newest commit sequence number given out
    ('events_expired', 0),    -- newest one that the stream can not repeat any more
    ('journal_position', 0),  -- newest journal group, also when it has expired
    ('journal_bytes', 0);     -- what the kept groups take
CREATE TRIGGER seq_rises BEFORE UPDATE ON marks
WHEN NEW.name = 'last_seq' AND NEW.value <= OLD.value BEGIN
    SELECT RAISE(ABORT, 'this commit sequence number was given out before');
END;

CREATE TABLE journal (
    position INTEGER PRIMARY KEY,
    now_ns   INTEGER NOT NULL,
    entries  BLOB NOT NULL
);
CREATE TRIGGER journal_grows AFTER INSERT ON journal BEGIN
    UPDATE marks SET value = value + length(NEW.entries) WHERE name = 'journal_bytes';
    UPDATE marks SET value = NEW.position WHERE name = 'journal_position';
END;
CREATE TRIGGER journal_shrinks AFTER DELETE ON journal BEGIN
    UPDATE marks SET value = value - length(OLD.entries) WHERE name = 'journal_bytes';
END;
CREATE TABLE checkpoints (
    position INTEGER NOT NULL,
    part     INTEGER NOT NULL,
    parts    INTEGER NOT NULL,
    format   INTEGER NOT NULL,
    slice    BLOB NOT NULL,
    PRIMARY KEY (position, part)
);
CREATE TABLE followers (
    name     TEXT PRIMARY KEY,
    position INTEGER NOT NULL
);
CREATE TABLE site_versions (
    hash        TEXT PRIMARY KEY,
    text        TEXT NOT NULL,
    accepted_ns INTEGER NOT NULL,
    accepted_by TEXT NOT NULL
);

CREATE TABLE events (
    seq  INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE movements (
    seq        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    time_ns    INTEGER NOT NULL,
    decided_ns INTEGER NOT NULL,
    tag        TEXT NOT NULL,
    asset      TEXT,
    kind       TEXT NOT NULL,
    from_zone  TEXT,
    to_zone    TEXT,
    operation  TEXT,
    late       INTEGER NOT NULL
);
CREATE INDEX movements_by_asset ON movements (asset, time_ns);
CREATE INDEX movements_by_tag ON movements (tag, time_ns);
CREATE INDEX movements_by_time ON movements (time_ns);

-- A visit goes on while to_ns is null. Where a tag changes its asset during a visit, the
-- visit is cut in two, so that each asset keeps the part that is its own.
CREATE TABLE visits (
    id      INTEGER PRIMARY KEY,
    seq     INTEGER NOT NULL,
    tag     TEXT NOT NULL,
    asset   TEXT,
    zone    TEXT NOT NULL,
    from_ns INTEGER NOT NULL,
    to_ns   INTEGER
);
CREATE UNIQUE INDEX visits_open ON visits (tag) WHERE to_ns IS NULL;
CREATE INDEX visits_open_in_zone ON visits (zone) WHERE to_ns IS NULL;
CREATE INDEX visits_open_of_asset ON visits (asset, from_ns) WHERE to_ns IS NULL;
CREATE INDEX visits_by_zone ON visits (zone, from_ns);
CREATE INDEX visits_by_asset ON visits (asset, from_ns);
CREATE INDEX visits_by_tag ON visits (tag, from_ns);

CREATE TABLE assets (
    id        TEXT PRIMARY KEY,
    added_seq INTEGER NOT NULL UNIQUE,
    seq       INTEGER NOT NULL,
    name      TEXT NOT NULL,
    category  TEXT NOT NULL,
    grouping  TEXT NOT NULL,
    sku       TEXT NOT NULL,
    serial    TEXT NOT NULL,
    lot       TEXT NOT NULL,
    owner     TEXT NOT NULL,
    home_zone TEXT NOT NULL,
    status    TEXT NOT NULL
);
CREATE TABLE bindings (
    tag        TEXT NOT NULL,
    asset      TEXT NOT NULL,
    bound_ns   INTEGER NOT NULL,
    unbound_ns INTEGER
);
CREATE UNIQUE INDEX bindings_open ON bindings (tag) WHERE unbound_ns IS NULL;
CREATE INDEX bindings_open_of_asset ON bindings (asset, tag) WHERE unbound_ns IS NULL;
CREATE INDEX bindings_by_tag ON bindings (tag, bound_ns);

CREATE TABLE alerts (
    id         TEXT PRIMARY KEY,
    raised_seq INTEGER NOT NULL UNIQUE,
    seq        INTEGER NOT NULL,
    rule       TEXT NOT NULL,
    subject    TEXT NOT NULL,
    asset      TEXT,
    tag        TEXT NOT NULL,
    severity   TEXT NOT NULL,
    state      TEXT NOT NULL,
    time_ns    INTEGER NOT NULL,
    open       INTEGER NOT NULL,
    record     BLOB NOT NULL
);
CREATE UNIQUE INDEX alerts_open ON alerts (rule, subject) WHERE open;
CREATE INDEX alerts_open_by_raise ON alerts (raised_seq) WHERE open;
CREATE INDEX alerts_by_state ON alerts (state, raised_seq);
CREATE INDEX alerts_by_asset ON alerts (asset, raised_seq);
CREATE INDEX alerts_by_rule ON alerts (rule, raised_seq);
CREATE INDEX alerts_by_time ON alerts (time_ns);
CREATE TABLE outbox (
    id           TEXT PRIMARY KEY,
    alert        TEXT NOT NULL,
    ordinal      INTEGER NOT NULL,
    channel      TEXT NOT NULL,
    type         TEXT NOT NULL,
    body         TEXT NOT NULL,
    state        TEXT NOT NULL,
    attempts     INTEGER NOT NULL DEFAULT 0,
    created_ns   INTEGER NOT NULL,
    due_ns       INTEGER NOT NULL,
    delivered_ns INTEGER,
    last_error   TEXT
);
CREATE INDEX outbox_waiting ON outbox (channel, due_ns) WHERE state = 'waiting';
CREATE INDEX outbox_by_alert ON outbox (alert, channel, ordinal);

CREATE TABLE api_keys (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    role       TEXT NOT NULL CHECK (role IN ('ingest', 'viewer', 'guard', 'operator', 'admin')),
    digest     BLOB NOT NULL,
    created_ns INTEGER NOT NULL
);
CREATE TABLE answers (
    actor       TEXT NOT NULL,
    key         TEXT NOT NULL,
    request     TEXT NOT NULL,
    status      INTEGER NOT NULL,
    body        TEXT NOT NULL,
    answered_ns INTEGER NOT NULL,
    PRIMARY KEY (actor, key)
);
CREATE INDEX answers_by_age ON answers (answered_ns);
