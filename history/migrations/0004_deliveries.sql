-- The outbox with leases, urgency and a log of the tries, numbered so that it can be listed.
-- `priority` 0 goes first. A try counts from `begun_ns`, which is later than `created_ns` where
-- a message was given up and somebody had it sent again. Before `asked_ns` the receiver wants
-- to be left alone. `worker` has the row until `locked_until_ns`. `tries` and `parts` (which of
-- several receivers need no further try) are JSON.
CREATE TABLE outbox_now (
    number          INTEGER PRIMARY KEY AUTOINCREMENT,
    id              TEXT NOT NULL UNIQUE,
    alert           TEXT NOT NULL,
    ordinal         INTEGER NOT NULL,
    channel         TEXT NOT NULL,
    type            TEXT NOT NULL,
    body            TEXT NOT NULL,
    state           TEXT NOT NULL,
    priority        INTEGER NOT NULL DEFAULT 1,
    attempts        INTEGER NOT NULL DEFAULT 0,
    created_ns      INTEGER NOT NULL,
    begun_ns        INTEGER NOT NULL,
    due_ns          INTEGER NOT NULL,
    asked_ns        INTEGER NOT NULL DEFAULT 0,
    worker          TEXT,
    locked_until_ns INTEGER,
    delivered_ns    INTEGER,
    ended_ns        INTEGER,
    last_error      TEXT,
    tries           TEXT NOT NULL DEFAULT '[]',
    parts           TEXT NOT NULL DEFAULT '[]'
);
INSERT INTO outbox_now (id, alert, ordinal, channel, type, body, state, attempts, created_ns,
    begun_ns, due_ns, delivered_ns, ended_ns, last_error)
SELECT id, alert, ordinal, channel, type, body, state, attempts, created_ns,
    created_ns, due_ns, delivered_ns,
    CASE WHEN state <> 'waiting' THEN coalesce(delivered_ns, max(created_ns, due_ns)) END,
    last_error
FROM outbox ORDER BY rowid;
DROP TABLE outbox;
ALTER TABLE outbox_now RENAME TO outbox;
CREATE INDEX outbox_waiting ON outbox (channel, priority, due_ns) WHERE state = 'waiting';
CREATE INDEX outbox_leased ON outbox (worker) WHERE worker IS NOT NULL;
CREATE INDEX outbox_by_alert ON outbox (alert, channel, ordinal);
CREATE INDEX outbox_by_state ON outbox (state, channel);
CREATE INDEX outbox_by_channel ON outbox (channel);
CREATE INDEX outbox_by_time ON outbox (created_ns);
CREATE INDEX outbox_ended ON outbox (state, ended_ns) WHERE ended_ns IS NOT NULL;

-- When a channel last took a message, and when and why it last did not.
CREATE TABLE channels (
    name         TEXT PRIMARY KEY,
    succeeded_ns INTEGER,
    failed_ns    INTEGER,
    failure      TEXT
) WITHOUT ROWID;
