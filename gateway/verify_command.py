"""`tagwarden verify`: whether what is stored is what was heard and decided.

Everything is read at one moment, also while a gateway writes; nothing is changed.
"""

import argparse
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import msgspec

from api.problems import printable
from gateway.data_folder import DataFolder
from gateway.followers import NAME
from gateway.terminal import Style, say, show_progress, warn
from gateway.verification import Finding, Progress, finding
from gateway.verify_fold import Fold
from gateway.verify_sightings import DayFiles, check_sightings
from gateway.verify_tables import check_former_visits, check_state, check_tables, guarded
from history.audit_check import verify_audit
from history.state import (
    StateRefusedError,
    follower_position,
    open_in_memory,
    open_reader,
)
from history.store import StoreError


def verify_command(chosen: argparse.Namespace) -> int:
    """`tagwarden verify`; 1 if anything is wrong."""
    folder = DataFolder(chosen.data)
    if not folder.state.is_file():
        warn(f"{chosen.data}: no gateway has kept anything here", "red")
        return 1
    try:
        findings = _tell(verify(folder), as_json=chosen.json)
    except (sqlite3.Error, StateRefusedError, StoreError, OSError) as error:
        warn(f"{folder.state}: can not be read: {error}", "red")
        return 1
    return 0 if all(each.is_good for each in findings) else 1


def verify(folder: DataFolder, progress: Progress = show_progress) -> Iterator[Finding]:
    """All checks of a data folder, one after the other. Raises what the files raise at once."""
    with closing(DayFiles(folder.sightings)) as files, closing(open_reader(folder.state)) as state:
        state.execute("BEGIN")
        yield guarded("state.db", lambda: _integrity(state))
        yield files.check_integrity()
        fold = Fold(state)
        with closing(fold.scratch):
            heard = guarded("sightings", lambda: _sightings(state, files, fold, progress))
            yield _journal(fold)
            if fold.after is not None:
                yield finding("checkpoints", _compared(fold), fold.wrong_checkpoints)
                yield from check_tables(state, fold)
                yield from check_state(state, fold) if fold.is_whole else ()
                yield heard
        yield guarded("visits and movements", lambda: check_former_visits(state))
        yield guarded("audit", lambda: _audit(state, progress))


def _integrity(connection: sqlite3.Connection) -> Finding:
    """What SQLite says of the file, and whether its marks add up."""
    told = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(20)")]
    wrong = [] if told == ["ok"] else [printable(each) for each in told]
    kept, marked = connection.execute(
        "SELECT (SELECT coalesce(sum(length(entries)), 0) FROM journal),"
        " (SELECT value FROM marks WHERE name = 'journal_bytes')"
    ).fetchone()
    if kept != marked:
        wrong.append(f"the journal takes {kept} bytes, and {marked} are marked")
    with closing(open_in_memory()) as fresh:
        there, made = _schema(connection), _schema(fresh)
    wrong += [f"{name} is not there" for name in sorted(made.keys() - there.keys())]
    changed = [name for name in made if name in there and there[name] != made[name]]
    wrong += [f"{name} is not as this version makes it" for name in sorted(changed)]
    return finding("state.db", "sound", wrong)


def _schema(connection: sqlite3.Connection) -> dict[str, str]:
    """The statement that made each table, index and trigger, without its spaces."""
    rows = connection.execute("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL")
    return {f"{kind} {name}": "".join(sql.split()) for kind, name, sql in rows}


def _sightings(
    state: sqlite3.Connection, files: DayFiles, fold: Fold, progress: Progress
) -> Finding:
    followed = follower_position(state, NAME)
    return check_sightings(files, fold.run(progress), followed, fold.began_ns)


def _journal(fold: Fold) -> Finding:
    if fold.after is None:
        return Finding(
            "journal",
            "its beginning has expired and no checkpoint has it behind it, so what was decided"
            " can not be decided again",
        )
    since = f"behind group {fold.after}" if fold.after else "from its beginning"
    return finding("journal", f"{fold.groups} groups {since}, decided once more", fold.wrong)


def _compared(fold: Fold) -> str:
    if not fold.compared:
        return "none lies behind another one, so that it could be compared"
    return f"{len(fold.compared)} compared with the journal"


def _audit(connection: sqlite3.Connection, progress: Progress) -> Finding:
    connection.row_factory = None
    told = verify_audit(connection, None, lambda done, total: progress(done, total, "audit"))
    wrong = [] if told.fault is None else [f"line {told.fault.line} {printable(told.fault.wrong)}"]
    return finding("audit", f"{told.lines} lines, each as it was written", wrong)


def _tell(findings: Iterator[Finding], *, as_json: bool) -> list[Finding]:
    """Tell each as it is found, or all of them as one JSON object."""
    told: list[Finding] = []
    for each in findings:
        told.append(each)
        if not as_json:
            for line in each.lines():
                say(f"{'ok    ' if each.is_good else 'wrong '} {line}", _style(each))
    if as_json:
        checks = [msgspec.to_builtins(each) | {"ok": each.is_good} for each in told]
        good = all(each.is_good for each in told)
        say(json.dumps({"ok": good, "checks": checks}, ensure_ascii=False))
    return told


def _style(each: Finding) -> Style:
    return "green" if each.is_good else "red"
