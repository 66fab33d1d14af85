"""Data quality of a recording, and the report of it for a terminal."""

import argparse
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from gateway.blueprints import blueprint_of
from gateway.command_files import CommandError, refuse_input, whole_file
from gateway.entries import ClockOffset, Entry, ReadGroup
from gateway.site import Site
from gateway.terminal import say
from readers.health import ReaderHealth
from tags.reads import Read
from tags.times import SECOND_NS
from zones.blind import BlindPoint, blind_points
from zones.clock import EventClock
from zones.findings import (
    CrossRead,
    Findings,
    PointQuality,
    TagQuality,
    findings_json,
    findings_of,
)
from zones.floorplan import ANY_ANTENNA, FloorPlan
from zones.ghosts import Ghost
from zones.quality import PRESENCE_GAP_S, EpochFold, Quality, Tally
from zones.tracks import HOLD_NS

EPOCH_NS = SECOND_NS
ROWS_SHOWN = 30
POINTS_SHOWN = 3
GUIDE = "docs/how-to/data-quality.md"

_FIGURE = re.compile(r"-|[\d,.]+( %| s)?")
_Rows = list[tuple[str, ...]]


class RecordedQuality:
    """Listens to the entries of a recording on their way to the pipeline."""

    def __init__(self, plan: FloorPlan) -> None:
        self._quality = Quality(plan, EPOCH_NS)
        self._fold = EpochFold(self._quality, HOLD_NS)
        self._clock = EventClock()
        self._now_ns = 0
        self._healths: dict[str, ReaderHealth] = {}
        self._healths_while_read: dict[str, ReaderHealth] = {}

    def listen(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Give the entries on as they are."""
        for entry in entries:
            match entry:
                case ReadGroup(reads=reads):
                    # What becomes of readers after the last read is no matter of quality.
                    self._healths_while_read = dict(self._healths)
                    for read in reads:
                        self._take(read)
                case ReaderHealth(reader=reader):
                    self._healths[reader] = entry
                case ClockOffset(reader=reader, offset_ns=offset_ns):
                    self._clock.set_offset(reader, offset_ns)
                case _:
                    pass
            yield entry

    def findings(self) -> Findings:
        """The report; ask for it once, at the end."""
        self._fold.finish()
        blind = blind_points(self._quality, self._healths_while_read, self._now_ns)
        return findings_of(self._quality, blind)

    def _take(self, read: Read) -> None:
        self._now_ns = max(self._now_ns, read.arrival_ns)
        time_ns = self._clock.event_ns(read)
        key = (read.reader, read.antenna)
        if read.rssi_dbm is None:
            tally = Tally(read.tag, key, time_ns, time_ns, read.count)
        else:
            cdb, count = round(read.rssi_dbm * 100), read.count
            tally = Tally(read.tag, key, time_ns, time_ns, count, cdb * count, count, cdb)
        self._fold.fold(tally, self._now_ns)


def quality_of(chosen: argparse.Namespace, site: Site) -> RecordedQuality | None:
    """Who listens to a replay, if its quality is asked for. Raises CommandError."""
    if chosen.quality_out is not None:
        inputs = (chosen.recording, chosen.site, chosen.assets, chosen.rules)
        refuse_input(chosen.quality_out, inputs, "--quality-out")
    elif not chosen.quality:
        return None
    return RecordedQuality(blueprint_of(site).plan)


def refuse_quality(chosen: argparse.Namespace) -> None:
    """Raise CommandError where quality is asked for beside a comparison."""
    if chosen.quality or chosen.quality_out is not None:
        raise CommandError("--quality: reports on one site file; give it with --site")


def events_file(chosen: argparse.Namespace) -> Path | None:
    """Where events go: a report on the terminal stands in their place."""
    return Path(os.devnull) if chosen.quality and chosen.out is None else chosen.out


def tell_quality(chosen: argparse.Namespace, findings: Findings) -> None:
    """The report in words, as JSON in a file, or both. Raises CommandError."""
    if chosen.quality:
        for line in report_lines(findings):
            say(line)
    if chosen.quality_out is not None:
        with whole_file(chosen.quality_out) as out:
            out.write(json.dumps(findings_json(findings), ensure_ascii=False, indent=1) + "\n")


def report_lines(findings: Findings) -> Iterator[str]:
    """The report as lines, a section for each question."""
    if not findings.read_points:
        yield "no reads"
        return
    yield from _headlines(findings)
    yield from _section("Read points", _points(findings.read_points))
    yield from _overheard(findings.read_points)
    yield from _section("Cross-reads", _cross(findings.cross_reads), findings.omitted)
    yield from _section("Blind antennas", _blind(findings.blind))
    yield from _section("Ghost EPCs", _ghosts(findings.ghosts), findings.omitted)
    yield from _section("Worst tags", _tags(findings.worst_tags), findings.omitted)
    if findings.tags_untold:
        yield f"  {_many(findings.tags_untold, 'tag')} read too seldom to tell"
    yield ""
    yield f"What to do about each finding: {GUIDE}"


def _headlines(findings: Findings) -> Iterator[str]:
    span_s = ((findings.last_ns or 0) - (findings.first_ns or 0)) / SECOND_NS
    yield f"{_many(findings.reads, 'read')} of {_many(findings.tags, 'tag')} in {span_s:,.1f} s"
    yield (
        f"answers: while a tag was there, the share of epochs ({findings.epoch_s:g} s) in which "
        f"it was read; unheard for {PRESENCE_GAP_S} s it was not there"
    )
    if findings.reads_left_out:
        yield f"{_many(findings.reads_left_out, 'read')} left out: too late, or of too many tags"


def _section(title: str, rows: _Rows, omitted: Mapping[str, int] | None = None) -> Iterator[str]:
    """A table below its title; the first row is its head."""
    yield ""
    yield title
    if len(rows) == 1:
        yield "  none"
        return
    shown = rows[: ROWS_SHOWN + 1]
    yield from _columns(shown)
    left = {} if omitted is None else omitted
    more = len(rows) - len(shown) + left.get(title.lower().replace(" ", "_"), 0)
    if more:
        yield f"  … and {more:,} more"


def _columns(rows: _Rows) -> Iterator[str]:
    columns = [_aligned(column) for column in zip(*rows, strict=True)]
    for row in zip(*columns, strict=True):
        yield f"  {'  '.join(row)}".rstrip()


def _aligned(cells: tuple[str, ...]) -> list[str]:
    """Cells of one width; figures stand to the right."""
    width = max(map(len, cells))
    if all(_FIGURE.fullmatch(cell) for cell in cells[1:]):
        return [cell.rjust(width) for cell in cells]
    return [cell.ljust(width) for cell in cells]


def _points(points: list[PointQuality]) -> _Rows:
    names = "read point", "zone", "reads", "reads/s", "tags", "answers"
    rows: _Rows = [(*names, "RSSI 10/50/90 % dBm", "louder elsewhere")]
    for each in points:
        name = f"{each.reader}/{each.antenna}"
        counts = f"{each.reads:,}", f"{each.reads_per_s:.1f}", f"{each.tags:,}"
        heard = _percent(each.read_share), _levels(each), _elsewhere(each)
        rows.append((name, each.zone or "(none)", *counts, *heard))
    return rows


def _overheard(points: list[PointQuality]) -> Iterator[str]:
    for each in points:
        if each.overhears:
            point = f"{each.reader}/{each.antenna}"
            yield f"  {point} mainly hears tags that are louder in {each.louder_in}"


def _cross(pairs: list[CrossRead]) -> _Rows:
    rows: _Rows = [("louder", "quieter", "both heard", "tag epochs", "louder in", "by dB")]
    for each in pairs:
        margin = "-" if each.margin_db is None else f"{each.margin_db:.1f}"
        shares = _percent(each.share), f"{each.epochs:,}", _percent(each.louder_share)
        rows.append((each.louder, each.quieter, *shares, margin))
    return rows


def _blind(points: list[BlindPoint]) -> _Rows:
    rows: _Rows = [("read point", "zone", "why")]
    for each in points:
        name = each.reader if each.antenna == ANY_ANTENNA else f"{each.reader}/{each.antenna}"
        rows.append((name, each.zone or "(none)", each.detail))
    return rows


def _ghosts(ghosts: list[Ghost]) -> _Rows:
    rows: _Rows = [("tag", "read point", "reads", "why")]
    for each in ghosts:
        why = ", ".join(each.reasons)
        doubt = why if each.resembles is None else f"{why} {each.resembles}"
        rows.append((each.tag, f"{each.reader}/{each.antenna}", str(each.reads), doubt))
    return rows


def _tags(tags: list[TagQuality]) -> _Rows:
    names = "tag", "zone", "reads", "reads/s", "answers", "missed epochs"
    rows: _Rows = [(*names, "surely away after", "answers by antenna")]
    for each in tags:
        counts = f"{each.reads:,}", f"{each.reads_per_s:.1f}", _percent(each.read_share)
        sure = "-" if each.sure_after_s is None else f"{each.sure_after_s:g} s"
        figures = *counts, f"{each.missed_epochs:,}", sure
        rows.append((each.tag, each.zone or "(none)", *figures, _by_antenna(each)))
    return rows


def _by_antenna(tag: TagQuality) -> str:
    best = sorted(tag.points, key=lambda each: (-each.reads, each.reader, each.antenna))
    listed = [
        f"{each.reader}/{each.antenna} {_percent(each.read_share)}" for each in best[:POINTS_SHOWN]
    ]
    return ", ".join(listed) + (" …" if len(best) > POINTS_SHOWN else "")


def _elsewhere(point: PointQuality) -> str:
    share = _percent(point.louder_elsewhere)
    return share if point.louder_in is None else f"{share}, most in {point.louder_in}"


def _levels(point: PointQuality) -> str:
    levels = (point.rssi_dbm_p10, point.rssi_dbm_p50, point.rssi_dbm_p90)
    return " / ".join("-" if level is None else f"{level:.0f}" for level in levels)


def _percent(share: float | None) -> str:
    """A share in whole percent; only all is 100 %, and only nothing is 0 %."""
    if share is None:
        return "-"
    percent = round(share * 100)
    if 0 < share < 1:
        percent = min(99, max(1, percent))
    return f"{percent} %"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}" + ("" if count == 1 else "s")
