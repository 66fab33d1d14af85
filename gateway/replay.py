"""`tagwarden replay`: a recording through the same pipeline, without network or clock."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from gateway.blueprints import blueprint_of, stored_blueprint
from gateway.entries import Entry, Observed, ReadGroup, SiteChanged, arrival_of
from gateway.pipeline import Blueprint, Pipeline, ReadBlueprint
from gateway.recordings import csv_entries, jsonl_entries, span_of
from gateway.site import Site
from history.outputs import Numbered, event_of
from inventory.assets import Asset
from inventory.changes import StoreAssets
from readers.wire.recording import OnBad


class ReplayError(ValueError):
    """The recording can not be replayed; the text says why."""


def recorded_entries(path: Path, on_bad: OnBad, until_ns: int | None) -> Iterator[Entry]:
    """The entries of a `.csv` or `.jsonl` recording. Raises RecordingError or ReplayError."""
    if path.suffix == ".jsonl":
        return jsonl_entries(path, until_ns)
    span = span_of(path)
    if span is None:
        raise ReplayError(f"{path}: there is no read and no position in it")
    return csv_entries(path, span, on_bad, until_ns)


_WHY = {
    "antenna_without_zone": "no zone in the site file for it",
    "rssi_below_min": "weaker than rssi_dbm_min of its antenna",
    "maintenance": "its reader, antenna or door was in maintenance",
    "late": "older than what was already decided",
    "tags_max": "more tags than limits.tags_max",
    "cells_max": "heard by too many antennas at once",
    "clock": "of a clock that had just jumped",
    "portal_late": "its passage through a portal was judged before it came",
    "portal_reads_max": "more reads of one tag at a portal than are weighed",
    "portal_tags_max": "more tags at one portal than are watched",
    "inaccurate": "a position less accurate than its limit",
    "position_invalid": "no position that can be",
    "position_missing": "a position without coordinates",
    "site_without_origin": "a position in degrees, and the site file has no origin",
    "repeated": "the same position once more",
    "fixes_max": "more positions of one tag at once than are kept",
}


def replay_pipeline(rules: Site | None = None) -> Pipeline:
    """A pipeline to replay with; `rules` is another site file, whose rules hold instead."""
    return Pipeline(_reader(rules))


def replay(
    pipeline: Pipeline,
    entries: Iterable[Entry],
    site: Site,
    assets: tuple[Asset, ...] = (),
) -> Iterator[tuple[Entry, list[dict[str, Any]]]]:
    """Each entry with the lines that were decided from it, in order of decision."""
    first = True
    for entry in entries:
        decided: list[Numbered] = []
        if first:
            first = False
            decided += pipeline.advance(start_entries(site, assets, entry)).outputs
        decided += pipeline.advance([entry]).outputs
        yield entry, [line for line in map(line_of, decided) if line is not None]


def unused_reads(pipeline: Pipeline) -> list[str]:
    """One line for each reader and reason for which its reads were no evidence for a zone."""
    counts: Counter[tuple[str, str]] = Counter()
    for locate in pipeline.locates:
        counts.update(locate.dropped)
    return [
        f"{reader}: {reads} reads: {reason}" + (f" ({_WHY[reason]})" if reason in _WHY else "")
        for (reader, reason), reads in sorted(counts.items())
        if reads
    ]


def line_of(numbered: Numbered) -> dict[str, Any] | None:
    """An output as replay prints it; None for what it does not print."""
    event = event_of(numbered)
    if event is None or event[0] == "reader":
        return None
    kind, body = event
    body.pop("raised_at", None)
    return {"type": kind, **body}


def begin_ns(entry: Entry) -> int:
    """The arrival of the first thing in an entry: that of a group is the last one's."""
    match entry:
        case ReadGroup(reads=[first, *_]) | Observed(fixes=[first, *_]):
            return first.arrival_ns
        case _:
            return arrival_of(entry)


def start_entries(site: Site, assets: tuple[Asset, ...], first: Entry) -> list[Entry]:
    """What a replay begins with: the site file and the assets, as of its first entry."""
    at_ns = begin_ns(first)
    start: list[Entry] = [SiteChanged(at_ns, "replay", site.version, site.text)]
    if assets:
        start.append(StoreAssets(arrival_ns=at_ns, by="replay", assets=assets))
    return start


def _reader(rules: Site | None) -> ReadBlueprint:
    if rules is None:
        return stored_blueprint
    others = blueprint_of(rules)

    def read(text: str) -> Blueprint:
        plan, _, tags_max, *_ = stored_blueprint(text)
        return Blueprint(plan, others.rules, tags_max, others.system, others.timetables)

    return read
