"""Data quality: what reads say about antennas and tags, folded epoch by epoch into sums."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from tags.times import SECOND_NS
from zones.bins import UNHEARD_CDB
from zones.floorplan import POINTS_MAX, FloorPlan, PointKey, ReadPoint

PRESENCE_GAP_S = 30
"""Unheard for longer, a tag was away; unheard for less, it was missed."""

TAGS_MAX = 100_000
POINTS_OF_TAG_MAX = 64
TALLIES_MAX = 500_000
"""Tallies that one open epoch has room for."""

RIVALRIES_MAX = 10_000
RIVALS_MAX = 8
"""Of the zones that hear a tag within one epoch so many, the loudest, are compared."""

_LEVEL_DBM_MIN, _LEVEL_DBM_MAX = -150, 50


class Tally(msgspec.Struct, gc=False, array_like=True):
    """What one antenna heard of a tag within one epoch.

    `count` reads from `first_ns` to `last_ns`; the levels (hundredths of a dBm)
    are of those `cdb_reads` of them that had an RSSI, `cdb_max` is UNHEARD_CDB
    where none had.
    """

    tag: str
    key: PointKey
    first_ns: int
    last_ns: int
    count: int
    cdb_sum: int = 0
    cdb_reads: int = 0
    cdb_max: int = UNHEARD_CDB


class Steps(msgspec.Struct, gc=False, array_like=True):
    """From one epoch with a read to the next one with a read, while a tag was present.

    `taken` steps led over `epochs` epochs: on that many the tag was asked, on so
    many of them it answered.
    """

    taken: int = 0
    epochs: int = 0
    newest: int | None = None

    def hear(self, epoch: int, gap_max: int) -> None:
        """Note an epoch with a read; epochs come in rising order."""
        if self.newest is not None and epoch - self.newest <= gap_max:
            self.taken += 1
            self.epochs += epoch - self.newest
        self.newest = epoch


class TagAtPoint(msgspec.Struct, gc=False, array_like=True):
    """What one antenna heard of one tag."""

    reads: int = 0
    epochs: int = 0
    cdb_sum: int = 0
    cdb_reads: int = 0
    steps: Steps = msgspec.field(default_factory=Steps)


class TagSums(msgspec.Struct, gc=False):
    """What all antennas heard of one tag; `loudest` counts epochs by zone."""

    first_ns: int
    last_ns: int
    first_key: PointKey
    reads: int = 0
    epochs: int = 0
    steps: Steps = msgspec.field(default_factory=Steps)
    points: dict[PointKey, TagAtPoint] = {}
    loudest: dict[str, int] = {}


class PointSums(msgspec.Struct, gc=False):
    """What one antenna heard of all tags.

    `epochs` are those in which it heard anything, `heard` counts each tag in each
    of them once. `louder` says in how many of `heard` another zone heard the tag
    louder, by zone. `levels` counts reads by the nearest whole dBm; the
    reads of one tag and epoch count at their mean.
    """

    first_ns: int
    last_ns: int
    reads: int = 0
    epochs: int = 0
    heard: int = 0
    newest: int | None = None
    cdb_sum: int = 0
    cdb_reads: int = 0
    levels: dict[int, int] = {}
    louder: dict[str, int] = {}


class Rivalry(msgspec.Struct, gc=False, array_like=True):
    """Epochs in which two zones heard a tag, and by how much the first was louder."""

    epochs: int = 0
    margin_cdb_sum: int = 0
    margins: int = 0


class _Level(NamedTuple):
    """How loud a zone heard a tag within an epoch; sorts with the loudest first."""

    minus_cdb: int
    zone: str


class Quality:
    """Folds epochs of `epoch_ns`, one after another, into sums of bounded size.

    Reads of tags beyond `tags_max` count at their antenna and nowhere else;
    `reads_left_out` says how many those are. The order of tallies within an epoch
    changes nothing.
    """

    def __init__(self, plan: FloorPlan, epoch_ns: int, tags_max: int = TAGS_MAX) -> None:
        self.plan = plan
        self.epoch_ns = epoch_ns
        self.gap_max = max(1, PRESENCE_GAP_S * SECOND_NS // epoch_ns)
        self.tags: dict[str, TagSums] = {}
        self.points: dict[PointKey, PointSums] = {}
        self.zone_epochs: dict[str, int] = {}
        self.rivals: dict[tuple[str, str], Rivalry] = {}
        """By the louder and the quieter zone."""
        self.reads = 0
        self.reads_left_out = 0
        self._tags_max = tags_max
        self._related: dict[tuple[str, str], bool] = {}

    def add(self, epoch: int, tallies: Iterable[Tally]) -> None:
        """Add an epoch, later than all before it; at most one tally for a tag and an antenna."""
        by_tag: dict[str, list[Tally]] = {}
        for tally in tallies:
            by_tag.setdefault(tally.tag, []).append(tally)
        for tag in sorted(by_tag):
            of_tag = by_tag[tag]
            if len(of_tag) > 1:
                of_tag.sort(key=_key_of)
            self._add_tag(epoch, tag, of_tag)

    def leave_out(self, reads: int) -> None:
        """Count reads for which there is no room."""
        self.reads += reads
        self.reads_left_out += reads

    def _add_tag(self, epoch: int, tag: str, tallies: list[Tally]) -> None:
        known = [tally for tally in tallies if self._add_to_point(epoch, tally)]
        if not known:
            return
        sums = self.tags.get(tag) or self._new_tag(tag, known[0])
        loudest = self._compare(known)
        if sums is None:
            self.reads_left_out += sum(tally.count for tally in known)
            return
        if loudest is not None:
            _count(sums.loudest, loudest)
        self._add_to_tag(epoch, sums, known)
        for tally in known:
            self._add_to_pair(epoch, sums, tally)

    def _add_to_tag(self, epoch: int, sums: TagSums, tallies: list[Tally]) -> None:
        sums.epochs += 1
        sums.steps.hear(epoch, self.gap_max)
        for tally in tallies:
            if tally.first_ns < sums.first_ns:
                sums.first_ns, sums.first_key = tally.first_ns, tally.key
            if tally.last_ns > sums.last_ns:  # noqa: PLR1730 - max() costs a call for each tally
                sums.last_ns = tally.last_ns
            sums.reads += tally.count

    def _new_tag(self, tag: str, tally: Tally) -> TagSums | None:
        if len(self.tags) >= self._tags_max:
            return None
        sums = TagSums(tally.first_ns, tally.last_ns, tally.key)
        self.tags[tag] = sums
        return sums

    def _add_to_point(self, epoch: int, tally: Tally) -> bool:
        """Whether there was room for the antenna."""
        self.reads += tally.count
        sums = self.points.get(tally.key)
        if sums is None:
            if len(self.points) >= POINTS_MAX:
                self.reads_left_out += tally.count
                return False
            sums = self.points[tally.key] = PointSums(tally.first_ns, tally.last_ns)
        if sums.newest != epoch:
            sums.newest = epoch
            sums.epochs += 1
        sums.heard += 1
        sums.reads += tally.count
        if tally.first_ns < sums.first_ns:  # noqa: PLR1730 - as above
            sums.first_ns = tally.first_ns
        if tally.last_ns > sums.last_ns:  # noqa: PLR1730 - as above
            sums.last_ns = tally.last_ns
        if tally.cdb_reads:
            _add_levels(sums, tally)
        return True

    def _add_to_pair(self, epoch: int, sums: TagSums, tally: Tally) -> None:
        pair = sums.points.get(tally.key)
        if pair is None:
            if len(sums.points) >= POINTS_OF_TAG_MAX:
                return
            pair = sums.points[tally.key] = TagAtPoint()
        pair.reads += tally.count
        pair.epochs += 1
        pair.cdb_sum += tally.cdb_sum
        pair.cdb_reads += tally.cdb_reads
        pair.steps.hear(epoch, self.gap_max)

    # Which zone heard it louder; what is weaker than its antenna must hear at least is left out

    def _compare(self, tallies: list[Tally]) -> str | None:
        """Compare the zones that heard a tag within one epoch; the loudest of them."""
        levels = self._levels_by_zone(tallies)
        for zone in levels:
            _count(self.zone_epochs, zone)
        if len(levels) <= 1:
            return next(iter(levels), None)
        ranked = sorted(_Level(-cdb, zone) for zone, cdb in levels.items())[:RIVALS_MAX]
        self._note_rivals(ranked)
        self._note_louder(tallies, ranked)
        return ranked[0].zone

    def _levels_by_zone(self, tallies: list[Tally]) -> dict[str, int]:
        levels: dict[str, int] = {}
        for _, zone, level_cdb in self._evidence(tallies):
            levels[zone] = max(level_cdb, levels.get(zone, level_cdb))
        return levels

    def _evidence(self, tallies: list[Tally]) -> Iterator[tuple[PointKey, str, int]]:
        """What says something for a zone: read point, zone, level (hundredths of a dBm)."""
        for tally in tallies:
            point = self.plan.point(tally.key)
            level_cdb = _level_of(tally, point)
            if point.zone is not None and level_cdb >= point.rssi_cdb_min:
                yield tally.key, point.zone, level_cdb

    def _note_rivals(self, ranked: list[_Level]) -> None:
        for number, louder in enumerate(ranked):
            for quieter in ranked[number + 1 :]:
                pair = (louder.zone, quieter.zone)
                room = pair in self.rivals or len(self.rivals) < RIVALRIES_MAX
                if room and not self._are_related(*pair):
                    _note_rivalry(self.rivals.setdefault(pair, Rivalry()), louder, quieter)

    def _note_louder(self, tallies: list[Tally], ranked: list[_Level]) -> None:
        for key, zone, level_cdb in self._evidence(tallies):
            rival = next((each for each in ranked if not self._are_related(each.zone, zone)), None)
            if rival is not None and -rival.minus_cdb > level_cdb:
                _count(self.points[key].louder, rival.zone)

    def _are_related(self, one: str, other: str) -> bool:
        """Whether one of the zones lies in the other: then both may hear the same tag."""
        pair = (one, other)
        if pair not in self._related:
            within = self.plan.within
            self._related[pair] = within(one, (other,)) or within(other, (one,))
        return self._related[pair]


class EpochFold:
    """Folds reads into tallies, and gives the epochs to a Quality in their order.

    An epoch is given away once the clock has passed its end by `hold_ns`. What comes
    for it later is left out.
    """

    def __init__(self, quality: Quality, hold_ns: int) -> None:
        self.quality = quality
        self._hold_ns = hold_ns
        self._open: dict[int, dict[tuple[str, PointKey], Tally]] = {}
        self._closed = -(1 << 63)
        self._due_ns = 0

    def fold(self, tally: Tally, now_ns: int) -> None:
        """Add what was heard at one moment (`first_ns`); the clock `now_ns` only rises."""
        if now_ns >= self._due_ns:
            self._close(now_ns)
        epoch = tally.first_ns // self.quality.epoch_ns
        if epoch <= self._closed:
            self.quality.leave_out(tally.count)
            return
        tallies = self._open.setdefault(epoch, {})
        if len(tallies) >= TALLIES_MAX and (tally.tag, tally.key) not in tallies:
            self.quality.leave_out(tally.count)
            return
        known = tallies.setdefault((tally.tag, tally.key), tally)
        if known is not tally:
            _merge(known, tally)

    def finish(self) -> None:
        """Give away what is still open."""
        for epoch in sorted(self._open):
            self._give(epoch)

    def _close(self, now_ns: int) -> None:
        newest = (now_ns - self._hold_ns) // self.quality.epoch_ns - 1
        for epoch in sorted(epoch for epoch in self._open if epoch <= newest):
            self._give(epoch)
        self._closed = max(self._closed, newest)
        self._due_ns = (newest + 2) * self.quality.epoch_ns + self._hold_ns

    def _give(self, epoch: int) -> None:
        self._closed = max(self._closed, epoch)
        self.quality.add(epoch, self._open.pop(epoch).values())


def _level_of(tally: Tally, point: ReadPoint) -> int:
    """The strongest read, with the bias of its antenna added as the estimators do."""
    return tally.cdb_max + point.bias_cdb if tally.cdb_reads else UNHEARD_CDB


def _key_of(tally: Tally) -> PointKey:
    return tally.key


def _merge(known: Tally, more: Tally) -> None:
    known.first_ns = min(known.first_ns, more.first_ns)
    known.last_ns = max(known.last_ns, more.last_ns)
    known.count += more.count
    known.cdb_sum += more.cdb_sum
    known.cdb_reads += more.cdb_reads
    known.cdb_max = max(known.cdb_max, more.cdb_max)


def _add_levels(sums: PointSums, tally: Tally) -> None:
    sums.cdb_sum += tally.cdb_sum
    sums.cdb_reads += tally.cdb_reads
    level_dbm = (tally.cdb_sum // tally.cdb_reads + 50) // 100
    if not _LEVEL_DBM_MIN <= level_dbm <= _LEVEL_DBM_MAX:
        level_dbm = _LEVEL_DBM_MIN if level_dbm < _LEVEL_DBM_MIN else _LEVEL_DBM_MAX
    sums.levels[level_dbm] = sums.levels.get(level_dbm, 0) + tally.cdb_reads


def _note_rivalry(rivalry: Rivalry, louder: _Level, quieter: _Level) -> None:
    rivalry.epochs += 1
    if -quieter.minus_cdb != UNHEARD_CDB:
        rivalry.margins += 1
        rivalry.margin_cdb_sum += quieter.minus_cdb - louder.minus_cdb


def _count(counts: dict[str, int], name: str) -> None:
    counts[name] = counts.get(name, 0) + 1
