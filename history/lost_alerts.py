"""Open alerts of which the table lost the row, as it does with a page that is torn."""

import sqlite3
from collections.abc import Iterable

import msgspec

from alerts.alert import Alert, state_of

_TOLD = """
SELECT min(seq), max(seq) FROM audit
WHERE target = :id AND action GLOB 'alert.*' AND NOT EXISTS (SELECT 1 FROM alerts WHERE id = :id)
"""
_PUT_BACK = """
INSERT OR IGNORE INTO alerts (id, raised_seq, seq, rule, subject, asset, tag, severity, state,
    time_ns, open, record, called_ns, acknowledged_ns)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 1, ?11,
    (SELECT max(at_ns) FROM annunciations WHERE alert = ?1), ?12)
"""


def lost_alerts(
    connection: sqlite3.Connection, alerts: Iterable[Alert]
) -> list[tuple[Alert, int, int]]:
    """Those of some open alerts that are in no row; with the numbers of their raise and change.

    That they were committed is known from the audit log. One that is not there either was never
    raised: another version decides otherwise when it replays.
    """
    told = ((alert, *connection.execute(_TOLD, {"id": alert.id}).fetchone()) for alert in alerts)
    return [(alert, raised, changed) for alert, raised, changed in told if raised is not None]


def put_back(connection: sqlite3.Connection, lost: Iterable[tuple[Alert, int, int]]) -> None:
    """Write their rows anew, within the caller's transaction; one that is open already stays."""
    for alert, raised_seq, seq in lost:
        row = (
            alert.id,
            raised_seq,
            seq,
            alert.rule,
            alert.subject,
            alert.asset,
            alert.tag,
            alert.severity,
            state_of(alert),
            alert.time_ns,
            msgspec.msgpack.encode(alert),
            None if alert.acknowledged is None else alert.acknowledged.at_ns,
        )
        connection.execute(_PUT_BACK, row)
