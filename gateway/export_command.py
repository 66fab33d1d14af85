"""`tagwarden export`: what is kept, as CSV, JSON lines or Parquet, also while the gateway runs."""

import argparse
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from api.tables import csv_text
from gateway.command_files import CommandError, reason_of, until_ns_of, whole_file
from gateway.control import ControlError, ask
from gateway.data_folder import DataFolder
from gateway.terminal import say, show_progress, warn
from history.day_question import read_position
from history.exports import (
    DAY_KINDS,
    Column,
    Row,
    Span,
    Value,
    columns_of,
    count_of_day,
    count_of_state,
    rows_of_day,
    rows_of_state,
)
from history.registered import registered_assets
from history.state import StateRefusedError, open_reader
from inventory.csv_assets import COLUMNS, assets_csv
from tags.times import SECOND_NS, format_time

_FORMATS = (".csv", ".jsonl", ".parquet")
_ROWS_A_WRITE = 1_000
_DAY_NS = 86_400 * SECOND_NS
_TIME_NS_END = 2**63 - 1
_EPOCH = date(1970, 1, 1)


def export_command(chosen: argparse.Namespace) -> int:
    """`tagwarden export`."""
    try:
        _require_data(chosen.data)
        _tell_gateway(chosen)
        return _export_days(chosen) if chosen.closed_days else _export(chosen)
    except (CommandError, StateRefusedError) as error:
        warn(f"tagwarden: {error}", "red")
    except BrokenPipeError:
        pass
    except OSError as error:
        where = chosen.out or "standard output"
        warn(f"tagwarden: {where}: can not be written: {reason_of(error)}", "red")
    except sqlite3.Error as error:
        warn(f"tagwarden: {chosen.data}: can not be read: {error}", "red")
    return 1


def _require_data(data: Path) -> None:
    if not DataFolder(data).state.is_file():
        raise CommandError(f"{data}: no gateway has kept anything here")


def _tell_gateway(chosen: argparse.Namespace) -> None:
    """Let the running gateway write into its audit log what is taken; else there is nobody to."""
    named = {"since": chosen.since, "until": chosen.until, "day": chosen.day}
    request = {
        "do": "note_export",
        "kind": chosen.kind,
        "format": "parquet" if chosen.closed_days else _format_of(chosen).removeprefix("."),
        "filters": {name: str(value) for name, value in named.items() if value is not None},
    }
    try:
        answer = ask(DataFolder(chosen.data).socket, request)
    except ControlError as error:
        answer = {"error": str(error)}
    if answer is not None and "error" in answer:
        warn(f"tagwarden: this export is not in the audit log: {answer['error']}", "yellow")


def _export(chosen: argparse.Namespace) -> int:
    suffix = _format_of(chosen)
    if chosen.kind == "assets":
        if chosen.since or chosen.until or chosen.day:
            raise CommandError("assets are exported as they are now: leave the times away")
        return _export_assets(chosen, suffix)
    data, span = DataFolder(chosen.data), _span_of(chosen)
    total = _count(data, chosen.kind, span)
    rows = _noted(_rows(data, chosen.kind, span), total)
    return _write(chosen, suffix, columns_of(chosen.kind), rows)


def _write(
    chosen: argparse.Namespace, suffix: str, columns: tuple[Column, ...], rows: Iterable[Row]
) -> int:
    if suffix == ".parquet":
        written = _write_parquet(chosen.out, chosen.kind, columns, rows, {})
    else:
        with whole_file(chosen.out) as out:
            written = (_write_csv if suffix == ".csv" else _write_json)(out, columns, rows)
    if chosen.out is not None:
        say(f"{chosen.out}: {written} {chosen.kind}", "green")
    return 0


def _format_of(chosen: argparse.Namespace) -> str:
    if chosen.out is None:
        return ".jsonl" if chosen.json else ".csv"
    suffix = str(chosen.out.suffix).lower()
    if suffix not in _FORMATS:
        raise CommandError(f"{chosen.out}: end it in {', '.join(_FORMATS)}")
    if chosen.json and suffix != ".jsonl":
        raise CommandError(f"{chosen.out}: --json writes JSON lines; end it in .jsonl")
    return suffix


def _span_of(chosen: argparse.Namespace) -> Span:
    if chosen.day is not None:
        if chosen.since or chosen.until:
            raise CommandError("--day: is a span of its own; leave --since and --until away")
        return _span_of_day(chosen.day)
    since_ns = None if chosen.since is None else _time_of(chosen.since, "--since")
    until_ns = None if chosen.until is None else _time_of(chosen.until, "--until")
    if since_ns is not None and until_ns is not None and until_ns <= since_ns:
        raise CommandError(f"--until: must be later than --since {chosen.since}")
    return Span(since_ns, until_ns)


def _span_of_day(day: str) -> Span:
    try:
        first_ns = (date.fromisoformat(day) - _EPOCH).days * _DAY_NS
    except ValueError as error:
        raise CommandError(f"--day: {day!r} is not a day such as 2026-01-31") from error
    if not 0 <= first_ns < _TIME_NS_END - _DAY_NS:
        raise CommandError(f"--day: {day} is not between 1970 and 2262")
    return Span(first_ns, first_ns + _DAY_NS)


def _time_of(text: str, option: str) -> int:
    """In ns, within what a file can hold."""
    return max(0, min(until_ns_of(text, option), _TIME_NS_END))


def _days_in(data: DataFolder, span: Span) -> list[Path]:
    """The day files that a span touches, in order."""
    since_ns, until_ns = span.bounds
    first = (_EPOCH + timedelta(max(0, since_ns // _DAY_NS))).isoformat() if since_ns > 0 else ""
    days = sorted(data.sightings.glob("????-??-??.db"))
    return [path for path in days if path.stem >= first and _begin_ns(path) < until_ns]


def _begin_ns(path: Path) -> int:
    return (date.fromisoformat(path.stem) - _EPOCH).days * _DAY_NS


def _rows(data: DataFolder, kind: str, span: Span) -> Iterator[Row]:
    if kind not in DAY_KINDS:
        yield from rows_of_state(data.state, kind, span)
        return
    for path in _days_in(data, span):
        yield from rows_of_day(path, kind, span)


def _count(data: DataFolder, kind: str, span: Span) -> int:
    if kind not in DAY_KINDS:
        return count_of_state(data.state, kind)
    return sum(count_of_day(path, kind) for path in _days_in(data, span))


def _noted(rows: Iterable[Row], total: int) -> Iterator[Row]:
    """The same rows, with a bar on the terminal."""
    done = 0
    for done, row in enumerate(rows, 1):
        yield row
        if done % _ROWS_A_WRITE == 0 and done < total:
            show_progress(done, total, "export")
    if done:
        show_progress(1, 1, "export")


def _write_csv(out: TextIO, columns: tuple[Column, ...], rows: Iterable[Row]) -> int:
    names = [column.name for column in columns]
    head = csv_text(names, ())
    out.write(head)
    written = 0
    for block in _blocks(rows):
        shown = (dict(zip(names, _shown(columns, row), strict=True)) for row in block)
        out.write(csv_text(names, shown)[len(head) :])
        written += len(block)
    return written


def _write_json(out: TextIO, columns: tuple[Column, ...], rows: Iterable[Row]) -> int:
    names = [column.name for column in columns]
    written = 0
    for row in rows:
        fields = dict(zip(names, _shown(columns, row), strict=True))
        out.write(json.dumps(fields, ensure_ascii=False) + "\n")
        written += 1
    return written


def _shown(columns: tuple[Column, ...], row: Row) -> Iterator[Any]:
    return (_cell(column, value) for column, value in zip(columns, row, strict=True))


def _cell(column: Column, value: Value) -> Any:  # noqa: ANN401 - any JSON value
    match value, column.kind:
        case None, _:
            return None
        case int(), "time":
            return format_time(value)
        case _, "flag":
            return bool(value)
        case str(), "json":
            return json.loads(value)
        case _:
            return value


def _blocks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    each = iter(rows)
    while block := list(islice(each, _ROWS_A_WRITE)):
        yield block


def _export_assets(chosen: argparse.Namespace, suffix: str) -> int:
    with closing(open_reader(DataFolder(chosen.data).state)) as reader:
        assets = registered_assets(reader)
    if suffix == ".csv":
        with whole_file(chosen.out) as out:
            out.write(assets_csv(assets))
        if chosen.out is not None:
            say(f"{chosen.out}: {len(assets)} assets", "green")
        return 0
    columns = tuple(Column(name, "text") for name in COLUMNS)
    shown = ({**{name: getattr(each, name) for name in COLUMNS}} for each in assets)
    rows = (
        tuple(" ".join(each["tags"]) if name == "tags" else each[name] for name in COLUMNS)
        for each in shown
    )
    return _write(chosen, suffix, columns, rows)


def _parquet() -> Any:  # noqa: ANN401 - a module that needs an extra
    try:
        return import_module("history.parquet")
    except ImportError as error:
        raise CommandError(
            "Parquet needs pyarrow: pip install 'tagwarden[parquet]'",
        ) from error


def _write_parquet(
    path: Path, kind: str, columns: tuple[Column, ...], rows: Iterable[Row], more: dict[str, str]
) -> int:
    """Write a file that appears once it is whole and read back; how many rows."""
    parquet = _parquet()
    says = {"tagwarden.kind": kind, "tagwarden.version": version("tagwarden"), **more}
    part = path.with_name(f"{path.name}.part")
    try:
        written = int(parquet.write_parquet(part, columns, rows, says))
        found = parquet.rows_in(part)
        if found != written:
            raise CommandError(f"{path}: {found} of {written} rows can be read back")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return written


def _export_days(chosen: argparse.Namespace) -> int:
    """One Parquet file for each day that is over and was not exported as it is now."""
    if chosen.kind != "sightings" or chosen.out is None:
        raise CommandError("--closed-days: is for sightings, and needs a folder in --out")
    data, folder = DataFolder(chosen.data), Path(chosen.out)
    folder.mkdir(parents=True, exist_ok=True)
    today = datetime.now(UTC).date().isoformat()
    days = [path for path in _days_in(data, _span_of(chosen)) if path.stem < today]
    for path in days:
        _export_day(path, folder / f"{path.stem}.parquet")
    if not days:
        say(f"{folder}: no day is over yet")
    return 0


def _export_day(day: Path, out: Path) -> None:
    rows, position = count_of_day(day, "sightings"), read_position(day)
    state = {"tagwarden.position": str(position), "tagwarden.rows": str(rows)}
    if out.exists() and state.items() <= _parquet().said_by(out).items():
        say(f"{out}: as it was, {rows} sightings", "dim")
        return
    noted = _noted(rows_of_day(day, "sightings"), rows)
    written = _write_parquet(out, "sightings", columns_of("sightings"), noted, state)
    each = out.stat().st_size / max(written, 1)
    say(f"{out}: {written} sightings, {each:.1f} bytes each", "green")
