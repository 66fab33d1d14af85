"""Gaps in what is known of an asset: spans in which nobody can say where it was. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

import msgspec

from history.outages import GATEWAY, Outage
from readers.maintenance import WHOLE_READER

GapReason = Literal[
    "departed",
    "outside",
    "zone_gone",
    "unbound",
    "never_seen",
    "reader_down",
    "gateway_down",
]
"""Why: it was not seen any more, seen outside all zones, or its zone was taken out of the site
file; its tag was taken off; it was not seen yet. Or it was in a zone which a reader that covers
it could not hear, or nobody, since the gateway was down."""

ALWAYS_NS = 2**63 - 1
_LEFT: dict[str | None, GapReason] = {
    None: "departed",
    "departed": "departed",
    "outside": "outside",
    "zone_gone": "zone_gone",
}

Covers = Mapping[str, frozenset[tuple[str, int]]]
"""The read points that cover each zone."""


class Stay(NamedTuple):
    """A visit that was known when it began: `to_ns` is None while it goes on."""

    zone: str
    from_ns: int
    to_ns: int | None
    ended: str | None


class Gap(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Nobody knows where it was from `from_ns` on; `to_ns` None: nobody knows yet.

    `zone` is where it was last, `readers` those that should have heard it and could not.
    """

    from_ns: int
    to_ns: int | None
    reason: GapReason
    zone: str | None
    readers: tuple[str, ...] = ()


class _Why(NamedTuple):
    reason: GapReason
    zone: str | None
    readers: tuple[str, ...] = ()


def gaps_of(
    stays: Sequence[Stay],
    outages: Sequence[Outage],
    covers: Covers,
    known_ns: int | None,
) -> list[Gap]:
    """Return the gaps of an asset that is known since `known_ns`, oldest first.

    `stays` come in order of their beginning; where two overlap, the asset is where the later
    one is. Another reason, zone or set of readers makes another gap, so that the
    beginning of a gap stays one when an outage of another reader is learned of.
    """
    gaps: list[Gap] = []
    for (from_ns, why), (to_ns, _) in pairwise(_reasons(stays, outages, covers, known_ns)):
        if why is None:
            continue
        before = gaps[-1] if gaps else None
        if before and before.to_ns == from_ns and _why_of(before) == why:
            gaps[-1] = msgspec.structs.replace(before, to_ns=_or_open(to_ns))
        else:
            gaps.append(_gap(why, from_ns, to_ns))
    return gaps


def _reasons(
    stays: Sequence[Stay],
    outages: Sequence[Outage],
    covers: Covers,
    known_ns: int | None,
) -> Iterator[tuple[int, _Why | None]]:
    """Each time at which something may change, with what makes a gap from then on."""
    turns = _Turns(stays, outages)
    known = [] if known_ns is None else [known_ns]
    for time_ns in sorted({*turns.times, *known}):
        turns.pass_to(time_ns)
        stay = turns.stay()
        if stay is not None:
            yield time_ns, _unheard(stay, turns.outages(), covers)
        else:
            is_known = known_ns is not None and known_ns <= time_ns
            yield time_ns, _away(turns.last, is_known=is_known)
    yield ALWAYS_NS, None


class _Turns:
    """Which stays and outages go on, as time passes from one beginning or end to the next."""

    def __init__(self, stays: Sequence[Stay], outages: Sequence[Outage]) -> None:
        self._stays = stays
        self._stays_on: set[int] = set()
        self._outages_on: set[int] = set()
        self.last: Stay | None = None
        self._turns = _turns_of(stays)
        self._outages = [each for each in outages if each.to_ns != each.from_ns]
        self._breaks = _turns_of(self._outages)
        self.times = [turn[0] for turn in [*self._turns, *self._breaks]]

    def pass_to(self, time_ns: int) -> None:
        """Let begin and end what does so up to a time."""
        while self._turns and self._turns[-1][0] <= time_ns:
            _, begins, index = self._turns.pop()
            self._turn(index, begins=bool(begins))
        while self._breaks and self._breaks[-1][0] <= time_ns:
            _, begins, index = self._breaks.pop()
            (self._outages_on.add if begins else self._outages_on.discard)(index)

    def stay(self) -> Stay | None:
        """Return the newest stay that goes on."""
        return self._stays[max(self._stays_on)] if self._stays_on else None

    def outages(self) -> list[Outage]:
        """Return the outages that go on, in their order."""
        return [self._outages[index] for index in sorted(self._outages_on)]

    def _turn(self, index: int, *, begins: bool) -> None:
        stay = self._stays[index]
        if not begins:
            self._stays_on.discard(index)
            return
        self.last = stay
        if stay.to_ns != stay.from_ns:
            self._stays_on.add(index)


def _turns_of(spans: Sequence[Stay | Outage]) -> list[tuple[int, int, int]]:
    """When each begins (1) and ends (0), with its index; the first is the last of the list."""
    begins = [(each.from_ns, 1, index) for index, each in enumerate(spans)]
    ends = [(each.to_ns, 0, index) for index, each in enumerate(spans) if each.to_ns is not None]
    return sorted([*begins, *ends], reverse=True)


def _away(last: Stay | None, *, is_known: bool) -> _Why | None:
    if last is None:
        return _Why("never_seen", None) if is_known else None
    return _Why(_LEFT.get(last.ended, "unbound"), last.zone)


def _unheard(stay: Stay, outages: Sequence[Outage], covers: Covers) -> _Why | None:
    points = covers.get(stay.zone, frozenset())
    readers = tuple(sorted({each.reader for each in outages if concerns(each, points)}))
    if any(each.reader == GATEWAY for each in outages):
        return _Why("gateway_down", stay.zone, readers)
    return _Why("reader_down", stay.zone, readers) if readers else None


def concerns(outage: Outage, points: frozenset[tuple[str, int]]) -> bool:
    """Whether one of the read points could not hear; of a gateway that was down, see apart."""
    if outage.antenna != WHOLE_READER:
        return (outage.reader, outage.antenna) in points
    return any(reader == outage.reader for reader, _ in points)


def _why_of(gap: Gap) -> _Why:
    return _Why(gap.reason, gap.zone, gap.readers)


def _gap(why: _Why, from_ns: int, to_ns: int) -> Gap:
    return Gap(
        from_ns=from_ns,
        to_ns=_or_open(to_ns),
        reason=why.reason,
        zone=why.zone,
        readers=why.readers,
    )


def _or_open(to_ns: int) -> int | None:
    return None if to_ns == ALWAYS_NS else to_ns
