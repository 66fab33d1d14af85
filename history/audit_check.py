"""Whether the audit log is as it was written, and what is wrong with the first line that is not."""

import sqlite3
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import msgspec

from alerts.alert import Alert
from history.audit import (
    BEGINNING,
    ERASED,
    EXPIRED,
    AuditLine,
    AuditMarksError,
    Head,
    OpenAlerts,
    alert_detail,
    expired_of,
    hash_of,
    head_of,
    read_audit,
    told_by,
)
from history.state import last_seq

PROGRESS_LINES = 5_000

_alert_decoder = msgspec.msgpack.Decoder(Alert)

Progress = Callable[[int, int], None]
"""Told every now and then how many lines of how many were looked at."""


class Fault(NamedTuple):
    """What is wrong, and at which line or alert."""

    line: int
    wrong: str


class Verdict(NamedTuple):
    """What became of a check: how far it went, and the first fault; None if all is well.

    The log is kept behind line `expired`.
    """

    lines: int
    head: Head
    fault: Fault | None
    expired: int = 0


def _no_progress(_done: int, _total: int) -> None:
    """Tell nobody."""


def verify_audit(
    connection: sqlite3.Connection,
    kept: Head | None = None,
    progress: Progress = _no_progress,
) -> Verdict:
    """Read the whole log and compare it with its hashes, its marks and the table of alerts.

    `kept` is the head as somebody noted it elsewhere at an earlier time. The connection
    should be in a read transaction, so that all is of one moment.
    """
    try:
        head, expired = head_of(connection), expired_of(connection)
    except AuditMarksError as error:
        return Verdict(0, Head(0, BEGINNING), Fault(0, f"can not be judged: {error}"))
    walk = _Walk(connection, kept, head, progress)
    walk.last = expired
    fault = (
        walk.wrong_anchor(expired)
        or walk.through(read_audit(connection, expired.lines))
        or _wrong_end(walk.last, head, kept)
        or _wrong_beginning(expired, walk.expired)
        or _wrong_table(connection, walk)
    )
    return Verdict(walk.last.lines, head, fault, expired.lines)


class _Walk:
    """From line to line, up to the first that is wrong."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        kept: Head | None,
        head: Head,
        progress: Progress,
    ) -> None:
        self._connection = connection
        self.last = Head(0, BEGINNING)
        self.open = OpenAlerts()
        self.expired = Head(0, BEGINNING)
        self._kept = kept
        self._total = head.lines
        self._progress = progress

    def through(self, lines: Iterable[AuditLine]) -> Fault | None:
        """Look at the lines in order; what is wrong with the first that is."""
        for line in lines:
            fault = fault_of(line, self.last) or self._wrong_copy(line) or self._wrong_alert(line)
            if fault is not None:
                return fault
            self.last = Head(line.number, line.hash)
            if line.number % PROGRESS_LINES == 0:
                self._progress(line.number, self._total)
        return None

    def wrong_anchor(self, expired: Head) -> Fault | None:
        """Whether the line behind which the log is kept is the one that was kept elsewhere."""
        if self._kept is None or self._kept.lines != expired.lines or self._kept == expired:
            return None
        return Fault(expired.lines, "is not the line whose hash was kept elsewhere")

    def _wrong_copy(self, line: AuditLine) -> Fault | None:
        if self._kept is None or self._kept.lines != line.number or self._kept.hash == line.hash:
            return None
        return Fault(line.number, "is not the line whose hash was kept elsewhere")

    def _wrong_alert(self, line: AuditLine) -> Fault | None:
        try:
            self.open.take(line)
            if line.action == EXPIRED:
                detail = msgspec.json.decode(line.detail)
                self.expired = Head(detail["through"], bytes.fromhex(detail["hash"]))
            return self._wrong_close(line)
        except (msgspec.DecodeError, KeyError, TypeError, ValueError, AttributeError):
            return Fault(line.number, "holds what the gateway never writes")

    def _wrong_close(self, line: AuditLine) -> Fault | None:
        """Where an alert was closed by this line: whether the table has it as it was then."""
        if line.action != "alert.cleared":
            return None
        row = self._connection.execute(
            "SELECT seq, record FROM alerts WHERE id = ? AND seq = ?",
            (line.target, line.seq),
        ).fetchone()
        if row is None or _agree(told_by(line), _as_told(*row)):
            return None
        return _differently(line.number, line.target)


def fault_of(line: AuditLine, last: Head) -> Fault | None:
    """What is wrong with a line that comes after `last`; None if nothing."""
    if line.number != last.lines + 1:
        return Fault(last.lines + 1, f"is missing; the line after {last.lines} is {line.number}")
    try:
        wanted = hash_of(line)
    except (TypeError, ValueError, AttributeError):
        return Fault(line.number, "holds what the gateway never writes")
    if wanted != line.hash:
        return Fault(line.number, "was altered: what it says does not give its hash")
    if line.previous != last.hash:
        return Fault(line.number, f"does not follow line {last.lines}: one of them was exchanged")
    return None


def _wrong_end(last: Head, head: Head, kept: Head | None) -> Fault | None:
    """What is wrong where the log ends."""
    wanted = max(head.lines, 0 if kept is None else kept.lines)
    if last.lines < wanted:
        return Fault(last.lines + 1, f"is missing; the log ends before it, but had {wanted} lines")
    if last.lines > head.lines:
        return Fault(head.lines + 1, f"was put in; the gateway wrote {head.lines} lines")
    if last.hash != head.hash:
        return Fault(last.lines, "is not the last line that the gateway wrote")
    return None


def _wrong_beginning(marked: Head, told: Head) -> Fault | None:
    """Whether the log begins where the last line about that says."""
    if marked == told:
        return None
    if marked.lines > told.lines:
        return Fault(told.lines + 1, "is missing; the log does not say that it was past keeping")
    return Fault(marked.lines, "is not the one behind which the log says that it is kept")


def _wrong_table(connection: sqlite3.Connection, walk: _Walk) -> Fault | None:
    """Where the open alerts of the table are not those that the log tells of."""
    after = connection.execute("SELECT value FROM marks WHERE name = 'audit_after'").fetchone()[0]
    told = walk.open.details
    rows = connection.execute(
        "SELECT id, seq, record FROM alerts WHERE open AND seq > ? AND seq <= ?",
        (after, last_seq(connection)),
    ).fetchall()
    found = {str(row[0]): _as_told(row[1], row[2]) for row in rows}
    nameless = [alert for alert in found if alert.startswith(ERASED) and alert not in told]
    if len(nameless) > walk.open.erased:
        return _differently(walk.last.lines, nameless[-1])
    for alert in (*told, *(alert for alert in found if alert not in nameless)):
        if not _agree(told.get(alert), found.get(alert)):
            return _differently(walk.last.lines, alert)
    return None


def _differently(line: int, alert: str) -> Fault:
    return Fault(line, f"and the table of alerts tell of alert {alert} differently")


def _as_told(seq: int, record: bytes) -> dict[str, Any]:
    detail = alert_detail(_alert_decoder.decode(record)) | {"seq": seq}
    return dict(msgspec.json.decode(msgspec.json.encode(detail)))


def _agree(told: dict[str, Any] | None, found: dict[str, Any] | None) -> bool:
    """Whether log and table say the same of an alert; whom it was told to is in the log only.

    Fields that a later version added are not in older lines.
    """
    if told is None or found is None:
        return False
    return all(found[name] == value for name, value in told.items() if name in found)
