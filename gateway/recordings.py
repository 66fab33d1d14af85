"""A recording as entries: what the pipeline is given when somebody replays it."""

import os
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import msgspec

from gateway.entries import (
    GROUP_READS,
    Entry,
    GatewayStarted,
    Observed,
    ReadGroup,
    SiteChanged,
    Tick,
    arrival_of,
)
from readers.health import ReaderHealth
from readers.wire.recording import OnBad, RecordingError, parse_recording
from tags.reads import Fix, Read
from zones.bins import BIN_NS
from zones.tracks import HOLD_NS

REST_NS = HOLD_NS + BIN_NS
"""So long after its last row a recording ends: then that row has been judged, too."""
OnProgress = Callable[[int, int], None]


class Span(NamedTuple):
    """The readers that a CSV names, and its first and last arrival (ns)."""

    readers: tuple[str, ...]
    first_ns: int
    last_ns: int


def span_of(path: Path) -> Span | None:
    """Look a CSV through; None if there is no good row in it. Raises RecordingError."""
    readers: dict[str, None] = {}
    first_ns = last_ns = None
    for row in _rows(path, lambda _error: None):
        if isinstance(row, Read):
            readers[row.reader] = None
        first_ns = row.arrival_ns if first_ns is None else min(first_ns, row.arrival_ns)
        last_ns = max(last_ns or 0, row.arrival_ns)
    if first_ns is None or last_ns is None:
        return None
    return Span(tuple(sorted(readers)), first_ns, last_ns)


def csv_entries(
    path: Path,
    span: Span,
    on_bad: OnBad,
    until_ns: int | None = None,
) -> Iterator[Entry]:
    """The entries of a CSV.

    Its readers are healthy from its first to its last row; the clock stops when
    the last row has had its hold, or at `until_ns`.
    """
    for reader in span.readers:
        yield ReaderHealth(reader=reader, state="online", since_ns=span.first_ns)
    if not span.readers:
        # A group of positions has the time of its last; the recording begins with the first.
        yield Tick(span.first_ns)
    rows = _rows(path, on_bad)
    if until_ns is not None:
        rows = (row for row in rows if row.arrival_ns <= until_ns)
    seq = 0
    while group := list(islice(rows, GROUP_READS)):
        seq += 1
        yield _entry(path.name, seq, group)
    if until_ns is None or until_ns >= span.last_ns:
        for reader in span.readers:
            yield ReaderHealth(
                reader=reader,
                state="offline",
                since_ns=span.last_ns,
                reason="the recording ends here",
            )
    yield Tick(span.last_ns + REST_NS if until_ns is None else until_ns)


def jsonl_entries(path: Path, until_ns: int | None = None) -> Iterator[Entry]:
    """The entries of a recording of everything, one JSON object a line. Raises RecordingError.

    Site files in it are left out: a replay says which one holds. Where readers say how they
    are, a gateway listened: it starts with the first of them, unless the recording says when.
    The clock stops when the last entry has had its hold, or at `until_ns`.
    """
    started = False
    newest_ns = None
    for entry in _recorded(path):
        arrival_ns = arrival_of(entry)
        if until_ns is not None and arrival_ns > until_ns:
            continue
        newest_ns = max(newest_ns or 0, arrival_ns)
        if not started and isinstance(entry, ReaderHealth):
            yield GatewayStarted(arrival_ns, None)
        started = started or isinstance(entry, GatewayStarted | ReaderHealth)
        yield entry
    if until_ns is not None:
        yield Tick(until_ns)
    elif newest_ns is not None:
        yield Tick(newest_ns + REST_NS)


def _recorded(path: Path) -> Iterator[Entry]:
    decoder = msgspec.json.Decoder(Entry)
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                entry: Entry = decoder.decode(line)
            except msgspec.DecodeError as error:
                raise RecordingError(os.fspath(path), number, str(error)) from error
            if not isinstance(entry, SiteChanged):
                yield entry


def _entry(source: str, seq: int, rows: list[Read | Fix]) -> Entry:
    """Rows of one kind as one entry."""
    fixes = [row for row in rows if isinstance(row, Fix)]
    if fixes:
        return Observed(fixes[-1].arrival_ns, fixes)
    return ReadGroup(source, seq, [row for row in rows if isinstance(row, Read)])


def _rows(path: Path, on_bad: OnBad) -> Iterator[Read | Fix]:
    with path.open(encoding="utf-8", errors="replace", newline="") as lines:
        yield from parse_recording(lines, os.fspath(path), on_bad)
