"""What differs between two replays of one recording: lines of decisions, matched by content."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from tags.times import SECOND_NS, parse_time

NEAR_NS = 10 * SECOND_NS
"""The same thing, decided up to this much earlier or later, is one thing that has shifted."""

Kind = Literal["movement", "crossing", "alert"]
KINDS: tuple[Kind, ...] = ("movement", "crossing", "alert")

_KIND_OF: dict[str, Kind] = {kind: kind for kind in KINDS}
_CONTENT: dict[Kind, tuple[str, ...]] = {
    "movement": ("tag", "kind", "from", "to", "late"),
    "crossing": ("tag", "portal", "direction"),
    "alert": ("transition", "rule", "asset", "tag", "from", "to", "portal"),
}


class Decision(NamedTuple):
    """One line of a replay: what was decided about whom, and when."""

    kind: Kind
    time_ns: int
    decided_ns: int
    id: str
    subject: str
    what: str
    content: tuple[object, ...]


class Shift(NamedTuple):
    """The same decision in both, at other times; a positive shift means later in B."""

    a: Decision
    b: Decision

    @property
    def time_ns(self) -> int:
        """By how much it happened later."""
        return self.b.time_ns - self.a.time_ns

    @property
    def decided_ns(self) -> int:
        """By how much it was decided later."""
        return self.b.decided_ns - self.a.decided_ns


class Differences(NamedTuple):
    """The decisions of A and B, each in exactly one group; groups are in order of time."""

    same: Sequence[Decision]
    shifted: Sequence[Shift]
    only_a: Sequence[Decision]
    only_b: Sequence[Decision]

    def of(self, kind: Kind) -> "Differences":
        """Those of one kind."""
        return Differences(
            [each for each in self.same if each.kind == kind],
            [each for each in self.shifted if each.a.kind == kind],
            [each for each in self.only_a if each.kind == kind],
            [each for each in self.only_b if each.kind == kind],
        )


def decision_of(line: Mapping[str, Any]) -> Decision | None:
    """A line of a replay; None for what is neither movement, crossing nor alert."""
    kind = _KIND_OF.get(line["type"])
    if kind is None:
        return None
    time_ns = parse_time(line["time"])
    return Decision(
        kind=kind,
        time_ns=time_ns,
        decided_ns=parse_time(line["decided"]) if line.get("decided") else time_ns,
        id=str(line["id"]),
        subject=str(line.get("asset") or line.get("tag") or "site"),
        what=_what(kind, line),
        content=(kind, *(line.get(field) for field in _CONTENT[kind])),
    )


def _what(kind: Kind, line: Mapping[str, Any]) -> str:
    if kind == "crossing":
        return f"{line['direction']} through {line['portal']}"
    way = f"{line['from'] or 'nowhere'} → {line['to'] or 'nowhere'}"
    if kind == "alert":
        known = bool(line["from"] or line["to"])
        return f"{line['transition']} “{line['rule']}”" + (f": {way}" if known else "")
    return f"{line['kind']}: {way}" + (", late" if line["late"] else "")


def differences(a: Iterable[Decision], b: Iterable[Decision]) -> Differences:
    """Match two replays: same content at the same times, else the nearest within `NEAR_NS`."""
    by_content: dict[tuple[object, ...], tuple[list[Decision], list[Decision]]] = {}
    for side, decisions in enumerate((a, b)):
        for decision in decisions:
            by_content.setdefault(decision.content, ([], []))[side].append(decision)
    parts = [_matched(ours, theirs) for ours, theirs in by_content.values()]
    return Differences(
        same=sorted((each for part in parts for each in part.same), key=_order),
        shifted=sorted((each for part in parts for each in part.shifted), key=_order),
        only_a=sorted((each for part in parts for each in part.only_a), key=_order),
        only_b=sorted((each for part in parts for each in part.only_b), key=_order),
    )


def _order(found: Decision | Shift) -> tuple[int, str, str]:
    decision = found.a if isinstance(found, Shift) else found
    return decision.time_ns, decision.subject, decision.what


def _matched(a: list[Decision], b: list[Decision]) -> Differences:
    """Match decisions of one content."""
    same = Counter(map(_times, a)) & Counter(map(_times, b))
    kept, rest_a = _parted(a, same)
    _, rest_b = _parted(b, same)
    pairs = _nearest(rest_a, rest_b)
    taken_a = {ours for ours, _ in pairs}
    taken_b = {theirs for _, theirs in pairs}
    return Differences(
        same=kept,
        shifted=[Shift(rest_a[ours], rest_b[theirs]) for ours, theirs in pairs],
        only_a=[each for at, each in enumerate(rest_a) if at not in taken_a],
        only_b=[each for at, each in enumerate(rest_b) if at not in taken_b],
    )


def _times(decision: Decision) -> tuple[int, int]:
    return decision.time_ns, decision.decided_ns


def _parted(
    decisions: Iterable[Decision],
    same: Counter[tuple[int, int]],
) -> tuple[list[Decision], list[Decision]]:
    """The decisions at the times that both have, and the rest, in order of time."""
    left = same.copy()
    kept: list[Decision] = []
    rest: list[Decision] = []
    for decision in sorted(decisions, key=_times):
        known = left[_times(decision)] > 0
        left[_times(decision)] -= known
        (kept if known else rest).append(decision)
    return kept, rest


def _nearest(a: Sequence[Decision], b: Sequence[Decision]) -> list[tuple[int, int]]:
    """Pairs of places, the closest in time first; both are in order of time."""
    times_ns = [decision.time_ns for decision in b]
    near: list[tuple[int, int, int]] = []
    for ours, decision in enumerate(a):
        theirs = bisect_left(times_ns, decision.time_ns - NEAR_NS)
        while theirs < len(b) and times_ns[theirs] <= decision.time_ns + NEAR_NS:
            near.append((abs(times_ns[theirs] - decision.time_ns), ours, theirs))
            theirs += 1
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, ours, theirs in sorted(near):
        if ours not in pairs and theirs not in taken:
            pairs[ours] = theirs
            taken.add(theirs)
    return sorted(pairs.items())
