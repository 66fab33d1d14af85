-- Who did what, when and why, in a chain of hashes; and what the figures of alarms count.
-- `number` rises by one from 1; `seq` is that of the output, null for what is none. `hash` is
-- the SHA-256 of the other columns, in which `previous` is the hash of the line before.
CREATE TABLE audit (
    number   INTEGER PRIMARY KEY,
    seq      INTEGER,
    at_ns    INTEGER NOT NULL,
    actor    TEXT NOT NULL,
    action   TEXT NOT NULL,
    target   TEXT NOT NULL,
    why      TEXT NOT NULL,
    detail   TEXT NOT NULL,
    previous BLOB NOT NULL,
    hash     BLOB NOT NULL
);
CREATE INDEX audit_by_target ON audit (target, number);
CREATE INDEX audit_by_actor ON audit (actor, number);
CREATE INDEX audit_by_action ON audit (action, number);
CREATE INDEX audit_by_time ON audit (at_ns);
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN
    SELECT RAISE(ABORT, 'a line of the audit log is never changed');
END;
CREATE TRIGGER audit_is_not_shortened BEFORE DELETE ON audit BEGIN
    SELECT RAISE(ABORT, 'a line of the audit log is never removed');
END;
INSERT INTO marks VALUES
    ('audit_lines', 0),           -- how many lines were written
    ('audit_head', zeroblob(32)); -- hash of the last one
-- Alerts that did not change after this number of the commit sequence are not in the log.
INSERT INTO marks SELECT 'audit_after', value FROM marks WHERE name = 'last_seq';

-- When people were called: what was raised or reopened, or told later, and no test.
CREATE TABLE annunciations (
    seq      INTEGER PRIMARY KEY,
    at_ns    INTEGER NOT NULL,
    alert    TEXT NOT NULL,
    rule     TEXT NOT NULL,
    severity TEXT NOT NULL
);
CREATE INDEX annunciations_by_time ON annunciations (at_ns);
-- When an alert called people last, null where it never did; and when somebody took it on.
ALTER TABLE alerts ADD COLUMN called_ns INTEGER;
ALTER TABLE alerts ADD COLUMN acknowledged_ns INTEGER;
CREATE INDEX alerts_by_acknowledgement ON alerts (acknowledged_ns)
    WHERE acknowledged_ns IS NOT NULL;
