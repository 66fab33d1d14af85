"""What became of messages, and how the channels do: the outbox as people ask for it."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

import msgspec

from history.paging import Listing, Page, PageRequest, list_page
from tags.times import format_time

_COLUMNS = (
    "number, id, channel, alert, ordinal, type, state, attempts, created_ns, due_ns,"
    " locked_until_ns, delivered_ns, ended_ns, last_error, tries"
)

DELIVERIES = Listing(
    name="outbox",
    columns=_COLUMNS,
    key="number",
    terms={
        "channel": "channel = :channel",
        "state": "state = :state",
        "alert": "alert = :alert",
        "since_ns": "created_ns >= :since_ns",
        "until_ns": "created_ns < :until_ns",
    },
    sought=frozenset({"channel", "state", "alert", "since_ns"}),
)


class DeliveryFilter(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Messages; the times are those at which they were written, half-open."""

    channel: str | None = None
    state: str | None = None
    alert: str | None = None
    since_ns: int | None = None
    until_ns: int | None = None


def deliveries_in(
    connection: sqlite3.Connection, wanted: DeliveryFilter, request: PageRequest
) -> Page:
    """List messages in the order of writing, without their bodies. Raises QuestionError."""
    rows, cursor = list_page(connection, DELIVERIES, wanted, request)
    return Page([_delivery_json(row) for row in rows], cursor)


def delivery_in(connection: sqlite3.Connection, delivery: str) -> dict[str, Any] | None:
    """One message with its body; None if there is none of this id (any more)."""
    row = connection.execute(
        f"SELECT {_COLUMNS}, body FROM outbox WHERE id = ?",  # noqa: S608 - a constant
        (delivery,),
    ).fetchone()
    return None if row is None else _delivery_json(row) | {"body": json.loads(row["body"])}


def channel_figures(
    connection: sqlite3.Connection, channels: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """What channels owe and have given up, and how their last tries went, by name."""
    figures = {}
    for name in channels:
        waiting, oldest_ns = connection.execute(
            "SELECT count(*), min(created_ns) FROM outbox WHERE state = 'waiting' AND channel = ?",
            (name,),
        ).fetchone()
        succeeded_ns, failed_ns, failure = connection.execute(
            "SELECT succeeded_ns, failed_ns, failure FROM channels WHERE name = ?", (name,)
        ).fetchone() or (None, None, None)
        figures[name] = {
            "waiting": waiting,
            "oldest": _time(oldest_ns),
            "dead": _rows_of(connection, name, "dead"),
            "last_success": _time(succeeded_ns),
            "last_error": failed_ns and {"time": _time(failed_ns), "reason": failure},
        }
    return figures


def outbox_rows(
    connection: sqlite3.Connection, channels: Sequence[str]
) -> dict[tuple[str, ...], float]:
    """How many messages wait or are dead, by channel and state."""
    return {
        (name, state): _rows_of(connection, name, state)
        for name in channels
        for state in ("waiting", "dead")
    }


def _rows_of(connection: sqlite3.Connection, channel: str, state: str) -> int:
    row = connection.execute(
        "SELECT count(*) FROM outbox WHERE state = ? AND channel = ?", (state, channel)
    ).fetchone()
    return int(row[0])


def _delivery_json(row: sqlite3.Row) -> dict[str, Any]:
    waits = row["state"] == "waiting"
    return {
        "id": row["id"],
        "seq": row["number"],
        "channel": row["channel"],
        "alert": row["alert"],
        "ordinal": row["ordinal"],
        "type": row["type"],
        "state": row["state"],
        "attempts": row["attempts"],
        "created": format_time(row["created_ns"]),
        "due": format_time(max(row["due_ns"], row["created_ns"])) if waits else None,
        "leased_until": _time(row["locked_until_ns"]),
        "delivered": _time(row["delivered_ns"]),
        "ended": _time(row["ended_ns"]),
        "last_error": row["last_error"],
        "tries": [_try_json(one) for one in json.loads(row["tries"])],
    }


def _try_json(one: dict[str, Any]) -> dict[str, Any]:
    return {"time": _time(one["at_ns"]), "outcome": one["outcome"], "reason": one["reason"]}


def _time(at_ns: int | None) -> str | None:
    return None if at_ns is None else format_time(at_ns)
