"""`tagwarden replay --compare`: one recording under two site files, and what differs."""

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from gateway.blueprints import blueprint_of
from gateway.command_files import (
    CommandError,
    assets_of,
    recorded_site,
    refuse_input,
    until_ns_of,
    whole_file,
)
from gateway.differences import (
    KINDS,
    Decision,
    Differences,
    Shift,
    decision_of,
    differences,
)
from gateway.entries import Entry, ReadGroup
from gateway.replay import recorded_entries, replay, replay_pipeline, unused_reads
from gateway.scores import splice_cells
from gateway.site import Site
from gateway.tables import columns
from gateway.terminal import say, show_progress, warn
from gateway.truth import Extent, TruthError, Whereabouts, read_truth, stays_in
from inventory.assets import Asset
from readers.wire.recording import OnBad
from tags.times import SECOND_NS, format_time
from zones.scoring import Score, Shown, score, total

SHOWN_MAX = 12
"""Differences of one group that are listed; of the others only how many of each there are."""

_GROUPS = {"movement": "movements", "crossing": "crossings", "alert": "alerts"}


class Side(NamedTuple):
    """What a recording came to under one site file."""

    site: Site
    decisions: list[Decision]
    shown: dict[str, list[Shown]]
    extents: dict[str, Extent]
    reads: int
    unused: list[str]


OnReads = Callable[[int], None]


def side_of(
    entries: Iterable[Entry],
    site: Site,
    assets: tuple[Asset, ...],
    on_reads: OnReads,
) -> Side:
    """Replay a recording under a site file and keep what was decided."""
    pipeline = replay_pipeline()
    side = Side(site, [], {}, {}, 0, [])
    reads = 0
    for entry, lines in replay(pipeline, entries, site, assets):
        if isinstance(entry, ReadGroup):
            reads += len(entry.reads)
            _extend(side.extents, entry)
            on_reads(len(entry.reads))
        for line in lines:
            _keep(side, line)
    return side._replace(reads=reads, unused=unused_reads(pipeline))


def _keep(side: Side, line: dict[str, Any]) -> None:
    decision = decision_of(line)
    if decision is None:
        return
    side.decisions.append(decision)
    if decision.kind == "movement" and not line["late"]:
        shown = side.shown.setdefault(line["tag"], [])
        shown.append(Shown(decision.decided_ns, line["to"]))


def _extend(extents: dict[str, Extent], group: ReadGroup) -> None:
    for read in group.reads:
        known = extents.get(read.tag)
        if known is None:
            extents[read.tag] = Extent(read.time_ns, read.time_ns, (read.reader,))
            continue
        readers = known.readers if read.reader in known.readers else (*known.readers, read.reader)
        first_ns, last_ns = min(known.first_ns, read.time_ns), max(known.last_ns, read.time_ns)
        extents[read.tag] = Extent(first_ns, last_ns, readers)


def score_of(side: Side, whereabouts: Whereabouts, name: str) -> Score:
    """Score one side against the truth; every tag was where the truth says, if it names none.

    Raises TruthError.
    """
    plan = blueprint_of(side.site).plan
    tags = [tag for tag in side.extents if whereabouts.tag in {None, tag}]
    if not tags:
        of_whom = "" if whereabouts.tag is None else f" of the tag {whereabouts.tag}"
        raise TruthError(f"{name}: there is no read{of_whom} in it")
    return total(
        score(side.shown.get(tag, ()), stays_in(plan, whereabouts, side.extents[tag], name))
        for tag in tags
    )


def report(found: Differences, sides: tuple[Side, Side], names: tuple[str, str]) -> Iterator[str]:
    """What differs, for a person; times are those of the wall clock of site A."""
    zone = ZoneInfo(sides[0].site.settings.site.timezone)
    yield f"A = {names[0]}"
    yield f"B = {names[1]}"
    yield ""
    yield from columns([("", "A", "B", "same", "shifted", "only A", "only B"), *_totals(found)])
    for kind in KINDS:
        part = found.of(kind)
        if part.only_a or part.only_b or part.shifted:
            yield ""
            yield _GROUPS[kind]
            yield from _group("only in A", [_told(each, zone) for each in part.only_a])
            yield from _group("only in B", [_told(each, zone) for each in part.only_b])
            yield from _group("shifted", [_told_shift(each, zone) for each in part.shifted])
    if not (found.only_a or found.only_b or found.shifted):
        yield ""
        same = "the same at the same times" if found.same else "nothing"
        yield f"A and B decide {same}."


def _totals(found: Differences) -> Iterator[tuple[str, ...]]:
    for kind in KINDS:
        same, shifted, only_a, only_b = map(len, found.of(kind))
        both = same + shifted
        counts = (both + only_a, both + only_b, same, shifted, only_a, only_b)
        yield (_GROUPS[kind], *map(str, counts))


def _local_time(time_ns: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(time_ns / SECOND_NS, zone).isoformat(timespec="milliseconds")


class _Told(NamedTuple):
    line: str
    what: str


def _told(decision: Decision, zone: ZoneInfo) -> _Told:
    time = _local_time(decision.time_ns, zone)
    return _Told(f"{time}  {decision.subject}  {decision.what}", decision.what)


def _told_shift(shift: Shift, zone: ZoneInfo) -> _Told:
    line, what = _told(shift.a, zone)
    happened = [] if not shift.time_ns else [f"happened {_seconds(shift.time_ns)}"]
    decided = [] if not shift.decided_ns else [f"decided {_seconds(shift.decided_ns)}"]
    return _Told(f"{line}  B: {', '.join((*happened, *decided))}", what)


def _seconds(shift_ns: int) -> str:
    seconds = abs(shift_ns) / SECOND_NS
    return f"{seconds:.3g} s {'later' if shift_ns > 0 else 'earlier'}"


def _group(title: str, told: Sequence[_Told]) -> Iterator[str]:
    if not told:
        return
    yield f"  {title} ({len(told)})"
    for each in told[:SHOWN_MAX]:
        yield f"    {each.line}"
    counts = Counter(each.what for each in told[SHOWN_MAX:])
    if counts:
        yield f"    and {counts.total()} more:"
    for what, count in counts.most_common(SHOWN_MAX):
        yield f"      {count} x {what}"


def score_lines(scores: tuple[Score, Score]) -> Iterator[str]:
    """The scores of A and B side by side."""
    yield from columns([("", "A", "B"), *zip(_SCORES, *map(splice_cells, scores), strict=True)])


_SCORES = ("right zone", "false moves/min", "latency p50", "latency p95", "missed")


def difference_lines(found: Differences) -> Iterator[dict[str, Any]]:
    """Each difference as an object for a machine, in order of time within its group."""
    for side, decisions in (("only_a", found.only_a), ("only_b", found.only_b)):
        for decision in decisions:
            yield {"difference": side, **_body(decision)}
    for shift in found.shifted:
        times = {
            "id_b": shift.b.id,
            "time_b": format_time(shift.b.time_ns),
            "decided_b": format_time(shift.b.decided_ns),
        }
        yield {"difference": "shifted", **_body(shift.a), **times}


def _body(decision: Decision) -> dict[str, Any]:
    return {
        "type": decision.kind,
        "id": decision.id,
        "time": format_time(decision.time_ns),
        "decided": format_time(decision.decided_ns),
        "subject": decision.subject,
        "what": decision.what,
    }


def compare_command(chosen: argparse.Namespace) -> int:
    """`tagwarden replay --compare`; errors are those of `replay`."""
    paths: tuple[Path, Path] = tuple(chosen.compare)
    if chosen.rules is not None:
        raise CommandError("--rules: compare two site files, each with its own rules, instead")
    if chosen.out is not None:
        inputs = (chosen.recording, *paths, chosen.assets, chosen.truth)
        refuse_input(chosen.out, inputs)
    truth = None if chosen.truth is None else read_truth(chosen.truth)
    whereabouts = None if truth is None else truth.about(chosen.recording)
    if truth is not None and whereabouts is None:
        raise CommandError(f"{truth.file}: says nothing about {chosen.recording}")
    bad, sides = _sides(chosen, (recorded_site(paths[0]), recorded_site(paths[1])))
    found = differences(sides[0].decisions, sides[1].decisions)
    scores = [] if whereabouts is None else _scores(sides, whereabouts, str(chosen.recording))
    _tell(found, sides, (str(paths[0]), str(paths[1])))
    for line in scores:
        say(line)
    _write(chosen.out, found)
    return 1 if bad else 0


def _scores(sides: tuple[Side, Side], whereabouts: Whereabouts, name: str) -> list[str]:
    a, b = (score_of(side, whereabouts, name) for side in sides)
    return ["", *score_lines((a, b))]


def _sides(chosen: argparse.Namespace, sites: tuple[Site, Site]) -> tuple[bool, tuple[Side, Side]]:
    """Replay under both; whether something was wrong with the recording or the assets."""
    until_ns = None if chosen.until is None else until_ns_of(chosen.until)
    assets, problems = assets_of(chosen.assets)
    bad = list(problems)
    progress = _Progress(2 * chosen.recording.stat().st_size)
    sides: list[Side] = []
    for site, told in zip(sites, (bad, []), strict=True):
        entries = recorded_entries(chosen.recording, _noting(told), until_ns)
        sides.append(side_of(entries, site, assets, progress.note))
    progress.end()
    for problem in bad:
        warn(problem, "yellow")
    return bool(bad), (sides[0], sides[1])


def _noting(told: list[str]) -> OnBad:
    return lambda error: told.append(str(error))


class _Progress:
    """Reads count as 80 bytes of a recording."""

    def __init__(self, total_bytes: int) -> None:
        self._total = total_bytes
        self._done = 0

    def note(self, reads: int) -> None:
        self._done = min(self._total - 1, self._done + reads * 80)
        show_progress(self._done, self._total, "replay")

    def end(self) -> None:
        show_progress(self._total, self._total, "replay")


def _tell(found: Differences, sides: tuple[Side, Side], names: tuple[str, str]) -> None:
    for line in report(found, sides, names):
        say(line)
    for letter, side in zip("AB", sides, strict=True):
        for unused in side.unused:
            warn(f"{letter}: {unused}", "yellow")


def _write(path: Path | None, found: Differences) -> None:
    if path is None:
        return
    with whole_file(path) as out:
        for line in difference_lines(found):
            out.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
    say("")
    count = len(found.only_a) + len(found.only_b) + len(found.shifted)
    say(f"{path}: {count} difference{'' if count == 1 else 's'}")
