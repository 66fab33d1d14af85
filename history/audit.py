"""The audit log: who did what, when and why, in lines of which each carries the hash of the last.

A line can not be changed, left out, put in or moved without its neighbours telling.
What is cut off at the end is told by the marks of the database, which say how many
lines there are and what the hash of the last one is; and by a copy of these two that
somebody keeps elsewhere (`tagwarden audit head`).
"""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from alerts.alert import Alert, AlertChange, Evidence
from alerts.shown import alert_json
from history.outputs import AssetRemoved, AssetStored, Audited, Numbered
from inventory.assets import Asset
from inventory.custody import CustodyChanged
from tags.times import format_time

GATEWAY = "gateway"
"""The actor where no person was."""

BEGINNING = bytes(32)
"""What stands for the hash of the line before the first."""

EXPIRED = "audit.expired"
"""The action of a line that says behind which line the log is kept from now on."""

COLUMNS = "number, seq, at_ns, actor, action, target, why, detail, previous, hash"

ERASURE = "erasure."
"""How the actions of lines begin that say that somebody was erased; `alerts` are the former ids."""

ERASED = "erased-"
"""How names made of chance begin, and the ids of alerts about somebody who was erased."""

_HEAD = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})")
_NO_EVIDENCE = Evidence((), {}, {}, "")
_encoder = msgspec.json.Encoder(order="sorted")


Told = AlertChange | CustodyChanged | Audited | AssetStored | AssetRemoved
"""The outputs that stand in the log."""

_NO_TERMS = {"type", "arrival_ns", "by", "id", "note"}


class AuditMarksError(Exception):
    """The marks that say where the audit log begins and ends are gone."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class AuditEntry(NamedTuple):
    """What is to be written: `seq` is that of the output that tells of it, None for others."""

    seq: int | None
    at_ns: int
    actor: str
    action: str
    target: str
    why: str
    detail: dict[str, Any]


class AuditLine(NamedTuple):
    """A line as it is kept; `detail` is JSON with its keys in order."""

    number: int
    seq: int | None
    at_ns: int
    actor: str
    action: str
    target: str
    why: str
    detail: str
    previous: bytes
    hash: bytes


class Head(NamedTuple):
    """How many lines there are, and the hash of the last one."""

    lines: int
    hash: bytes

    def __str__(self) -> str:
        """As people keep it: `LINES:HASH`, the hash in hex."""
        return f"{self.lines}:{self.hash.hex()}"

    @classmethod
    def parse(cls, text: str) -> "Head":
        """Read what was kept. Raises ValueError."""
        match = _HEAD.fullmatch(text.strip().lower())
        if match is None:
            raise ValueError(f"{text!r} is no head of an audit log, LINES:HASH")
        return cls(int(match[1]), bytes.fromhex(match[2]))


def append_audit(connection: sqlite3.Connection, entries: Sequence[AuditEntry]) -> None:
    """Write entries behind the last line, within the caller's transaction."""
    if not entries:
        return
    lines = list(chained(head_of(connection), entries))
    connection.executemany(
        f"INSERT INTO audit ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - a constant
        lines,
    )
    last = lines[-1]
    connection.executemany(
        "UPDATE marks SET value = ? WHERE name = ?",
        [(last.number, "audit_lines"), (last.hash, "audit_head")],
    )


def head_of(connection: sqlite3.Connection) -> Head:
    """What the marks say of the end of the log. Raises AuditMarksError."""
    return _marked(connection, "audit_lines", "audit_head")


def _marked(connection: sqlite3.Connection, number: str, digest_of: str) -> Head:
    marks = dict(
        connection.execute(
            "SELECT name, value FROM marks WHERE name IN (?, ?)", (number, digest_of)
        ).fetchall(),
    )
    lines, digest = marks.get(number), marks.get(digest_of)
    if not isinstance(lines, int) or not isinstance(digest, bytes):
        raise AuditMarksError
    return Head(lines, digest)


def expired_of(connection: sqlite3.Connection) -> Head:
    """The newest line that was past keeping: the log begins behind it. Raises AuditMarksError."""
    return _marked(connection, "audit_expired", "audit_anchor")


def chained(head: Head, entries: Iterable[AuditEntry]) -> Iterator[AuditLine]:
    """The lines that these entries make behind the head, in order."""
    number, previous = head
    for entry in entries:
        number += 1
        told = (*entry[:6], _encoder.encode(entry.detail).decode())
        digest = _digest((number, *told, previous.hex()))
        yield AuditLine(number, *told, previous, digest)
        previous = digest


def hash_of(line: AuditLine) -> bytes:
    """What the hash of a line has to be.

    SHA-256 of the UTF-8 text of a JSON array without spaces: number, seq, at_ns, actor,
    action, target, why, detail (its text, as a string), and the hash before it in hex.
    """
    return _digest((*line[:8], line.previous.hex()))


def _digest(told: tuple[object, ...]) -> bytes:
    return sha256(_encoder.encode(told)).digest()


def audit_entries(outputs: Iterable[Numbered]) -> list[AuditEntry]:
    """What the log says of outputs; nothing of those that nobody answers for."""
    return [
        _entry_of(numbered.seq, numbered.output)
        for numbered in outputs
        if isinstance(numbered.output, Told)
    ]


def _entry_of(seq: int, output: Told) -> AuditEntry:
    match output:
        case AlertChange():
            return _of_alert(seq, output)
        case CustodyChanged():
            return _of_custody(seq, output)
        case Audited(at_ns=at_ns, actor=actor, action=action, target=target, why=why):
            return AuditEntry(seq, at_ns, actor or GATEWAY, action, target, why, output.detail)
        case AssetStored(asset=asset, at_ns=at_ns, by=by):
            detail = _asset_detail(asset)
            return AuditEntry(seq, at_ns, by or GATEWAY, "asset.stored", asset.id, "", detail)
        case AssetRemoved(asset=asset_id, at_ns=at_ns, by=by):
            return AuditEntry(seq, at_ns, by or GATEWAY, "asset.removed", asset_id, "", {})


def _of_custody(seq: int, change: CustodyChanged) -> AuditEntry:
    """A step of a check-out, with those of its terms that say something."""
    terms: dict[str, Any] = msgspec.to_builtins(change.terms)
    detail = {name: value for name, value in terms.items() if value and name not in _NO_TERMS}
    action = f"checkout.{change.step}"
    actor = change.actor or GATEWAY
    return AuditEntry(seq, change.at_ns, actor, action, change.terms.id, change.why, detail)


def _asset_detail(asset: Asset) -> dict[str, Any]:
    return {"tags": list(asset.tags), "category": asset.category, "group": asset.group}


def _of_alert(seq: int, change: AlertChange) -> AuditEntry:
    actor = change.actor or GATEWAY
    action = f"alert.{change.transition}"
    detail = alert_detail(change.alert)
    detail["notify"] = list(change.notify)
    if change.announces is not None:
        detail["announces"] = change.announces
    return AuditEntry(seq, change.at_ns, actor, action, change.alert.id, _why(change), detail)


def _why(change: AlertChange) -> str:
    alert = change.alert
    if change.transition == "acknowledged" and alert.acknowledged is not None:
        return change.why or alert.acknowledged.note
    if change.transition == "shelved" and alert.shelved is not None:
        return change.why or alert.shelved.reason
    return change.why


def alert_detail(alert: Alert) -> dict[str, Any]:
    """An alert as the log tells it: as everywhere, but of its evidence the SHA-256 only."""
    evidence = sha256(_encoder.encode(alert.evidence)).hexdigest()
    shown = alert_json(msgspec.structs.replace(alert, evidence=_NO_EVIDENCE))
    del shown["evidence"], shown["seq"]
    return {
        **shown,
        "subject": alert.subject,
        "transitions": alert.transitions,
        "evidence_sha256": evidence,
    }


class OpenAlerts:
    """The open alerts, folded line by line out of the log: id to detail, in order of raising.

    `erased` of them go by ids that the log does not tell, since whom they are about was erased.
    """

    def __init__(self) -> None:
        self.details: dict[str, dict[str, Any]] = {}
        self.erased = 0

    def take(self, line: AuditLine) -> None:
        """Take the next line in; those that are about no alert change nothing."""
        if line.action.startswith(ERASURE):
            former: list[str] = msgspec.json.decode(line.detail)["alerts"]
            gone = [self.details.pop(alert, None) for alert in former]
            self.erased += len(gone) - gone.count(None)
        if not line.action.startswith("alert."):
            return
        detail = told_by(line)
        if detail["state"] == "cleared":
            self.details.pop(line.target, None)
        else:
            self.details[line.target] = detail


def told_by(line: AuditLine) -> dict[str, Any]:
    """The alert after a line about one, with the `seq` of its change."""
    detail: dict[str, Any] = msgspec.json.decode(line.detail)
    return detail | {"seq": line.seq}


def open_alerts_of(lines: Iterable[AuditLine]) -> dict[str, dict[str, Any]]:
    """Fold the open alerts out of lines of the log, in their order: id to detail, with `seq`."""
    fold = OpenAlerts()
    for line in lines:
        fold.take(line)
    return fold.details


def read_audit(connection: sqlite3.Connection, after: int = 0) -> Iterator[AuditLine]:
    """The lines behind a number, in order, as they are kept."""
    rows = connection.execute(
        f"SELECT {COLUMNS} FROM audit WHERE number > ? ORDER BY number",  # noqa: S608 - a constant
        (after,),
    )
    for row in rows:
        yield AuditLine(*row)


def audit_line_json(line: AuditLine) -> dict[str, Any]:
    """A line as HTTP shows it."""
    return {
        "number": line.number,
        "seq": line.seq,
        "time": format_time(line.at_ns),
        "actor": line.actor,
        "action": line.action,
        "target": line.target,
        "why": line.why,
        "detail": msgspec.json.decode(line.detail),
        "hash": line.hash.hex(),
    }
