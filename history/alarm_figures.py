"""The figures of alarm management: whether those who watch can keep up with what they are told.

As in ISA-18.2 / IEC 62682: the rate of annunciated alarms in spans of ten minutes, floods,
standing and chattering alarms, and how long after its last call somebody took an alarm on. An
alarm is annunciated when it is raised or reopened and was neither shelved, suppressed, out of
service nor a test; what was put aside counts when it is announced after all.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any

import msgspec

from alerts.alert import Alert
from tags.times import SECOND_NS, format_time

SPAN_NS = 600 * SECOND_NS
RATE_MAX = 10
"""More annunciated alarms within ten minutes are more than one person can deal with."""

FLOOD_FROM, FLOOD_BELOW = 10, 5
"""A flood begins with a span of that many alarms, and ends with one of fewer than that many."""

STANDING_NS = 24 * 3600 * SECOND_NS
TOP_RULES = 10
FLOODS_TOLD = 20

_alert_decoder = msgspec.msgpack.Decoder(Alert)


def figures_of(
    reader: sqlite3.Connection,
    since_ns: int,
    until_ns: int,
    now_ns: int,
) -> dict[str, Any]:
    """The figures of a span of time, and of the open alerts as they are now.

    Spans of ten minutes are counted from `since_ns`; the last one may be shorter.
    """
    spans = _spans(reader, since_ns, until_ns)
    total = sum(spans)
    return {
        "since": format_time(since_ns),
        "until": format_time(until_ns),
        "annunciated": total,
        "per_ten_minutes": _rate(spans, total, since_ns, until_ns),
        "floods": _floods(spans, since_ns, until_ns),
        **_open_now(reader, now_ns),
        "acknowledgement": _acknowledgement(reader, since_ns, until_ns),
        "by_rule": _by_rule(reader, since_ns, until_ns, total),
        "by_severity": _by_severity(reader, since_ns, until_ns),
    }


def _spans(reader: sqlite3.Connection, since_ns: int, until_ns: int) -> list[int]:
    """How many alarms were annunciated in each span of ten minutes."""
    counts = [0] * max(1, -(-(until_ns - since_ns) // SPAN_NS))
    rows = reader.execute(
        "SELECT (at_ns - :since) / :span, count(*) FROM annunciations"
        " WHERE at_ns >= :since AND at_ns < :until GROUP BY 1",
        {"since": since_ns, "until": until_ns, "span": SPAN_NS},
    )
    for span, count in rows:
        counts[span] = count
    return counts


def _rate(spans: Sequence[int], total: int, since_ns: int, until_ns: int) -> dict[str, Any]:
    peak = max(spans)
    return {
        "mean": round(total * SPAN_NS / max(until_ns - since_ns, 1), 3),
        "peak": peak,
        "peak_time": format_time(since_ns + spans.index(peak) * SPAN_NS) if peak else None,
        "share_over_ten": round(sum(count > RATE_MAX for count in spans) / len(spans), 4),
    }


def _floods(spans: Sequence[int], since_ns: int, until_ns: int) -> dict[str, Any]:
    floods: list[tuple[int, int]] = []
    first: int | None = None
    for at, count in enumerate((*spans, 0)):
        if first is None and count >= FLOOD_FROM:
            first = at
        elif first is not None and count < FLOOD_BELOW:
            floods.append((first, at))
            first = None
    flooded = sum(end - begin for begin, end in floods)
    return {
        "count": len(floods),
        "share_of_time": round(flooded / len(spans), 4),
        "newest": [
            {
                "since": format_time(since_ns + begin * SPAN_NS),
                "until": format_time(min(until_ns, since_ns + end * SPAN_NS)),
                "annunciated": sum(spans[begin:end]),
            }
            for begin, end in reversed(floods[-FLOODS_TOLD:])
        ],
    }


def _open_now(reader: sqlite3.Connection, now_ns: int) -> dict[str, int]:
    rows = reader.execute("SELECT record FROM alerts WHERE open ORDER BY raised_seq")
    alerts = [_alert_decoder.decode(row[0]) for row in rows]
    return {
        "open": len(alerts),
        "standing": sum(is_standing(alert, now_ns) for alert in alerts),
        "chattering": sum(alert.chattering for alert in alerts),
        "unacknowledged": sum(alert.acknowledged is None for alert in alerts),
    }


def is_standing(alert: Alert, now_ns: int) -> bool:
    """Whether it is open for more than a day."""
    return now_ns - alert.raised_at_ns > STANDING_NS


def _acknowledgement(reader: sqlite3.Connection, since_ns: int, until_ns: int) -> dict[str, Any]:
    """How long it took, of what was acknowledged within the span."""
    took_s = [
        row[0] / SECOND_NS
        for row in reader.execute(
            "SELECT max(0, acknowledged_ns - called_ns) AS took FROM alerts"
            " WHERE acknowledged_ns >= ? AND acknowledged_ns < ? AND called_ns IS NOT NULL"
            " ORDER BY took",
            (since_ns, until_ns),
        )
    ]
    return {
        "count": len(took_s),
        "median_s": quantile(took_s, 0.5),
        "p90_s": quantile(took_s, 0.9),
    }


def quantile(rising: Sequence[float], share: float) -> float | None:
    """The value that this share of the values does not exceed, interpolated; None of none."""
    if not rising:
        return None
    place = share * (len(rising) - 1)
    low = int(place)
    high = min(low + 1, len(rising) - 1)
    return round(rising[low] + (rising[high] - rising[low]) * (place - low), 3)


def _by_rule(
    reader: sqlite3.Connection,
    since_ns: int,
    until_ns: int,
    total: int,
) -> list[dict[str, Any]]:
    rows = reader.execute(
        "SELECT rule, count(*) AS times FROM annunciations WHERE at_ns >= ? AND at_ns < ?"
        " GROUP BY rule ORDER BY times DESC, rule LIMIT ?",
        (since_ns, until_ns, TOP_RULES),
    )
    return [
        {"rule": rule, "annunciated": times, "share": round(times / total, 4)}
        for rule, times in rows
    ]


def _by_severity(reader: sqlite3.Connection, since_ns: int, until_ns: int) -> dict[str, int]:
    rows = reader.execute(
        "SELECT severity, count(*) FROM annunciations WHERE at_ns >= ? AND at_ns < ?"
        " GROUP BY severity",
        (since_ns, until_ns),
    )
    return {"critical": 0, "warning": 0, "info": 0} | {row[0]: row[1] for row in rows}
