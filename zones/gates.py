"""What is remembered of a tag at a gate: reads to be judged, its stay, and what was judged."""

from collections.abc import Sequence

import msgspec

from tags.times import MILLISECOND_NS, SECOND_NS
from zones.direction import INSIDE, OUTSIDE, Sight
from zones.floorplan import PointKey, Portal

SIGHTS_MAX = 1024
"""Reads of one tag kept at one gate; of more, every other slot of time is left out."""

TRIM_EVERY = 64
"""Of a tag that stays on after it was looked at, so many reads at once are forgotten."""

SLOT_NS = 200 * MILLISECOND_NS
"""Thinning leaves whole slots out: the phase of reads that lie close together is kept."""

SPANS_MAX = 8
"""Times that were judged, remembered by tag and gate: what comes again is not told again."""

LOOKS = 2
"""A tag that is still there is looked at after each `linger_s`, and told at this look at last."""

Span = tuple[int, int]


class Passage(msgspec.Struct, gc=False, array_like=True):
    """What is known of one tag at one gate.

    `sights` are to be judged, `judged` were without a result. `newest_ns` is the newest of
    the first stretch of `sights`, `arrival_ns` the newest arrival. `due_ns` is the clock at
    which that stretch is over, if nothing more comes. `met_ns` is the clock at which the tag
    came, `looks` how often it was looked at since; `from_ns` is its first read since then.
    `since_ns` is the first read of the stay, `told` what was told of it. `spans` are the times
    that were judged. `level` is how often the sights were thinned.
    """

    arrival_ns: int
    sights: list[Sight] = []
    judged: list[Sight] = []
    newest_ns: int = 0
    due_ns: int = 0
    met_ns: int = 0
    looks: int = 0
    since_ns: int = 0
    told: str = ""
    spans: tuple[Span, ...] = ()
    level: int = 0
    from_ns: int = 0


PortalState = dict[str, dict[str, Passage]]
"""Passages by portal and tag."""


class Gate(msgspec.Struct, frozen=True):
    """A portal as its passages need it: sides by read point, and times in nanoseconds."""

    portal: Portal
    points: tuple[PointKey, ...]
    places: dict[PointKey, tuple[int, int]]
    gap_ns: int
    linger_ns: int
    away_ns: int

    @property
    def slack_ns(self) -> int:
        """How far the order of arrival may be off."""
        return self.gap_ns // 4

    @property
    def part_ns(self) -> int:
        """Reads further apart belong to different passages."""
        return self.gap_ns - self.slack_ns

    @property
    def window_ns(self) -> int:
        """What is older than this has no part in a decision."""
        return LOOKS * self.linger_ns


def gate_of(portal: Portal) -> Gate:
    """A portal with its settings in nanoseconds."""
    settings = portal.settings
    places = {key: (OUTSIDE, n) for n, key in enumerate(portal.points)}
    places |= {key: (INSIDE, n) for n, key in enumerate(portal.inside)}
    return Gate(
        portal=portal,
        points=portal.points,
        places=places,
        gap_ns=round(settings.gap_s * SECOND_NS),
        linger_ns=round(settings.linger_s * SECOND_NS),
        away_ns=round(settings.away_s * SECOND_NS),
    )


def begin(gate: Gate, passage: Passage, arrival_ns: int, event_ns: int) -> None:
    """A tag comes to the gate, for the first time or again."""
    passage.met_ns = arrival_ns
    passage.newest_ns = event_ns
    passage.due_ns = arrival_ns + gate.gap_ns
    passage.looks = 0
    passage.from_ns = event_ns
    note_stay(gate, passage, event_ns)


def note_stay(gate: Gate, passage: Passage, from_ns: int) -> None:
    """What begins at `from_ns` is another stay if the tag had crossed, or was away for long."""
    ended_ns = passage.spans[-1][1] if passage.spans else from_ns
    away = from_ns - ended_ns > gate.away_ns and passage.since_ns <= ended_ns
    if away or not passage.since_ns:
        passage.since_ns, passage.told = from_ns, ""


def next_look_ns(gate: Gate, passage: Passage) -> int:
    """The clock at which a passage is over, or looked at while it lasts, or forgotten."""
    if not passage.sights:
        return passage.arrival_ns + gate.away_ns
    look_ns = passage.met_ns + (passage.looks + 1) * gate.linger_ns + gate.slack_ns
    return min(passage.due_ns, look_ns)


def parted(sights: Sequence[Sight], part_ns: int) -> list[list[Sight]]:
    """The sights in order of time, parted where there was none for longer than `part_ns`."""
    stretches: list[list[Sight]] = []
    for each in sorted(sights, key=_time_of):
        if stretches and each.time_ns - stretches[-1][-1].time_ns <= part_ns:
            stretches[-1].append(each)
        else:
            stretches.append([each])
    return stretches


def recent(gate: Gate, judged: list[Sight], stretch: list[Sight]) -> list[Sight]:
    """A stretch with what came within three gaps before it, as far back as the window reaches."""
    if judged and stretch[0].time_ns - judged[-1].time_ns > 3 * gate.gap_ns:
        judged = []
    since_ns = stretch[-1].time_ns - gate.window_ns
    return [each for each in (*judged, *stretch) if each.time_ns >= since_ns]


def is_too_long(passage: Passage) -> bool:
    """Whether there are too many sights, or it is time to look for some that nothing needs."""
    count = len(passage.sights)
    return count >= SIGHTS_MAX or (count % TRIM_EVERY == 0 and passage.looks >= LOOKS)


def shorten(gate: Gate, passage: Passage) -> int:
    """Drop what no decision looks back to; if that is not enough, every other slot.

    How many sights were left out that a decision would have looked at.
    """
    since_ns = passage.newest_ns - gate.window_ns - gate.gap_ns
    sights: list[Sight] = []
    for stretch in parted(passage.sights, gate.part_ns):
        lasts = stretch[0].time_ns <= passage.newest_ns <= stretch[-1].time_ns
        sights += [each for each in stretch if not lasts or each.time_ns >= since_ns]
    wanted = len(sights)
    while len(sights) > SIGHTS_MAX * 7 // 8:
        passage.level += 1
        sights = [each for each in sights if not is_thinned_out(each.time_ns, passage.level)]
    passage.sights = sights
    return wanted - len(sights)


def is_thinned_out(time_ns: int, level: int) -> bool:
    """Whether a time lies in a slot that was left out."""
    return any(time_ns // (SLOT_NS << n) % 2 for n in range(level))


def is_old(passage: Passage, time_ns: int) -> bool:
    """Whether something later was judged already."""
    return bool(passage.spans) and time_ns < passage.spans[-1][1]


def is_judged(spans: tuple[Span, ...], time_ns: int) -> bool:
    """Whether this time was judged, or is older than anything that is remembered."""
    if len(spans) == SPANS_MAX and time_ns < spans[0][0]:
        return True
    return any(from_ns <= time_ns <= to_ns for from_ns, to_ns in spans)


def with_span(spans: tuple[Span, ...], span: Span) -> tuple[Span, ...]:
    """The newest spans with one more, in order of time."""
    return tuple(sorted((*spans, span)))[-SPANS_MAX:]


def _time_of(sight: Sight) -> int:
    return sight.time_ns
