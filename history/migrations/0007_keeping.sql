-- What each kind is kept by. An alert that was cleared is kept from its last change on
-- (`closed_ns`, null while it is open), all others from when they ended.
ALTER TABLE alerts ADD COLUMN closed_ns INTEGER;
UPDATE alerts SET closed_ns = coalesce(
    (SELECT max(at_ns) FROM audit WHERE target = alerts.id AND action = 'alert.cleared'),
    max(time_ns, coalesce(called_ns, time_ns), coalesce(acknowledged_ns, time_ns))
) WHERE NOT open;
CREATE INDEX alerts_by_close ON alerts (closed_ns) WHERE closed_ns IS NOT NULL;
CREATE INDEX annunciations_by_alert ON annunciations (alert);
CREATE INDEX visits_by_end ON visits (to_ns) WHERE to_ns IS NOT NULL;
CREATE INDEX renamed_visits_by_visit ON renamed_visits (visit);
CREATE INDEX outages_by_end ON outages (to_ns) WHERE to_ns IS NOT NULL;
CREATE INDEX checkouts_by_close ON checkouts (closed_ns) WHERE closed_ns IS NOT NULL;
CREATE INDEX outings_by_end ON outings (ended_ns) WHERE ended_ns IS NOT NULL;

-- The audit log begins behind line `audit_expired`, whose hash is the anchor of the rest. The
-- last line with the action `audit.expired` says the same, so that the marks can not be moved.
INSERT INTO marks VALUES
    ('audit_expired', 0),
    ('audit_anchor', zeroblob(32));
DROP TRIGGER audit_is_not_shortened;
CREATE TRIGGER audit_is_not_shortened BEFORE DELETE ON audit
WHEN OLD.number > coalesce((SELECT value FROM marks WHERE name = 'audit_expired'), 0) BEGIN
    SELECT RAISE(ABORT, 'a line of the audit log is never removed');
END;
