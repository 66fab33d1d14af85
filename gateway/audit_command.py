"""`tagwarden audit`: whether the audit log is as it was written, what it says, and its head.

The log is read straight from `state.db`, also while a gateway writes it.
"""

import argparse
import json
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing

from api.problems import printable
from gateway.command_files import CommandError
from gateway.data_folder import DataFolder
from gateway.terminal import say, show_progress, warn
from history.audit import AuditLine, AuditMarksError, Head, audit_line_json, head_of, read_audit
from history.audit_check import verify_audit
from history.state import StateRefusedError, open_reader
from tags.times import format_time, parse_time

_ABOUT_ALERTS = "alert."


def audit_command(chosen: argparse.Namespace) -> int:
    """`tagwarden audit verify`, `show` or `head`."""
    path = DataFolder(chosen.data).state
    if not path.is_file():
        warn(f"{chosen.data}: no gateway has kept anything here", "red")
        return 1
    try:
        with closing(open_reader(path)) as connection:
            connection.row_factory = None
            connection.execute("BEGIN")
            return _VERBS[chosen.verb](chosen, connection)
    except (CommandError, StateRefusedError, AuditMarksError, ValueError) as error:
        warn(str(error), "red")
        return 1
    except sqlite3.Error as error:
        warn(f"{path}: the audit log can not be read: {error}", "red")
        return 1


def _verify(chosen: argparse.Namespace, connection: sqlite3.Connection) -> int:
    kept = None if chosen.head is None else Head.parse(chosen.head)
    told = verify_audit(connection, kept, lambda done, total: show_progress(done, total, "audit"))
    if told.fault is not None:
        warn(f"audit: line {told.fault.line} {printable(told.fault.wrong)}", "red")
        return 1
    kept_from = f", kept from line {told.expired + 1} on" if told.expired else ""
    say(f"audit: {told.lines} lines{kept_from}, each as it was written; head {told.head}", "green")
    return 0


def _head(_: argparse.Namespace, connection: sqlite3.Connection) -> int:
    say(str(head_of(connection)))
    return 0


def _show(chosen: argparse.Namespace, connection: sqlite3.Connection) -> int:
    since_ns = _time_ns("--since", chosen.since)
    until_ns = _time_ns("--until", chosen.until)
    for line in _wanted(read_audit(connection), chosen.alert, since_ns, until_ns):
        say(json.dumps(audit_line_json(line), ensure_ascii=False) if chosen.json else _text(line))
    return 0


def _time_ns(option: str, text: str | None) -> int | None:
    try:
        return None if text is None else parse_time(text)
    except ValueError as error:
        raise CommandError(f"{option}: {error}") from error


def _wanted(
    lines: Iterable[AuditLine],
    alert: str | None,
    since_ns: int | None,
    until_ns: int | None,
) -> Iterable[AuditLine]:
    for line in lines:
        if alert is not None and (line.target != alert or not _is_about_an_alert(line)):
            continue
        if since_ns is not None and line.at_ns < since_ns:
            continue
        if until_ns is None or line.at_ns < until_ns:
            yield line


def _is_about_an_alert(line: AuditLine) -> bool:
    return line.action.startswith(_ABOUT_ALERTS)


def _text(line: AuditLine) -> str:
    """One line for people, whatever signs are in it."""
    words = [format_time(line.at_ns), line.actor, line.action, line.target]
    shown = f"{line.number:>6}  " + "  ".join(printable(word) for word in words)
    return f"{shown}  {printable(line.why)}" if line.why else shown


_Verb = Callable[[argparse.Namespace, sqlite3.Connection], int]
_VERBS: dict[str, _Verb] = {"verify": _verify, "show": _show, "head": _head}
