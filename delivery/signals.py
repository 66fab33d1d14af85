"""Messages that no alert causes: a test of a channel, and the heartbeat that says all is well."""

import sqlite3
from collections.abc import Collection

from alerts.alert import Alert, Evidence
from alerts.shown import alert_json
from delivery.outbox import AT_ONCE_NS, Message, body_of, put_message
from tags.times import SECOND_NS

TEST = "alert.test"
HEARTBEAT = "heartbeat"
_NOTHING = Evidence((), {}, {}, "")


def put_test(connection: sqlite3.Connection, channel: str, by: str, now_ns: int) -> str:
    """Have a test message sent to one channel, before all that waits to be tried; its id.

    It looks like any alert, with `test: true`, so that what a receiver does with it is what it
    would do with a real one.
    """
    name = f"test:{now_ns}"
    alert = Alert(
        id=name,
        rule="test",
        rule_version="",
        kind="test",
        severity="critical",  # so that no channel finds it too unimportant
        asset=None,
        tag="",
        from_zone=None,
        to_zone=None,
        portal=None,
        time_ns=now_ns,
        decided_ns=now_ns,
        raised_at_ns=now_ns,
        late=False,
        evidence=_NOTHING,
        latched=False,
        detail=f"test of channel {channel}, asked for by {by}",
        test=True,
    )
    body = body_of(TEST, now_ns, alert_json(alert))
    message = Message(subject=name, ordinal=1, type=TEST, body=body, due_ns=AT_ONCE_NS - 1)
    return put_message(connection, message, channel, now_ns)


def put_heartbeat(
    connection: sqlite3.Connection,
    channel: str,
    interval_ns: int,
    now_ns: int,
    in_flight: Collection[str] = (),
) -> str:
    """Have a heartbeat sent to one channel instead of any that was not sent yet; its id.

    Beats have numbers, so that one of a restarted gateway is the same message. Those before it
    are forgotten but for the newest that was given up, which shows what is wrong.
    """
    subject = f"{HEARTBEAT}:{channel}"
    marks = ", ".join("?" * len(in_flight))
    connection.execute(
        f"""
        DELETE FROM outbox WHERE alert = ? AND channel = ?
          AND ordinal <> ? AND id NOT IN ({marks})
          AND number NOT IN (SELECT max(number) FROM outbox INDEXED BY outbox_by_alert
                             WHERE alert = ? AND channel = ? AND state = 'dead'
                             HAVING count(*) > 0)
        """,  # noqa: S608 - made of constants and question marks
        (subject, channel, now_ns // interval_ns, *in_flight, subject, channel),
    )
    data = {"channel": channel, "interval_s": interval_ns / SECOND_NS}
    message = Message(
        subject=subject,
        ordinal=now_ns // interval_ns,
        type=HEARTBEAT,
        body=body_of(HEARTBEAT, now_ns, data),
    )
    return put_message(connection, message, channel, now_ns)


def beats_after(interval_ns: int, now_ns: int) -> int:
    """When the next heartbeat is due (ns)."""
    return (now_ns // interval_ns + 1) * interval_ns
