"""Fixes that close together, tested against the shapes of a floor plan in arrays."""

from collections.abc import Mapping, Sequence
from itertools import islice

import numpy as np

from zones.position_course import Case, Measured
from zones.position_memory import Spot, TimedFix
from zones.position_rules import PositionRules
from zones.shapes import NOWHERE, Spots, ZoneShapes


class PositionSurvey:
    """What the shapes say about fixes; they are asked once for all that are due."""

    def __init__(self, shapes: ZoneShapes, rules: PositionRules) -> None:
        self._shapes = shapes
        self._rules = rules

    def measure(
        self,
        cases: Sequence[Case],
        by_tag: Mapping[str, Sequence[TimedFix]],
    ) -> list[list[Measured]]:
        """For each case the fixes of its tag in the order of events, whatever that of arrival."""
        counts = [len(by_tag[case.tag]) for case in cases]
        timed = [each for case in cases for each in sorted(by_tag[case.tag], key=_order)]
        anchors = [
            anchor
            for case, count in zip(cases, counts, strict=True)
            for anchor in [self._rules.anchor_of(case.zone)] * count
        ]
        spots = self._spots(timed)
        starts = _starts(cases, counts, spots)
        gaps_m = self._gaps_m(spots, anchors)
        ways = self._ways(starts, spots)
        rows = map(Measured, spots, anchors, gaps_m, starts, ways)
        return [list(islice(rows, count)) for count in counts]

    def _spots(self, timed: Sequence[TimedFix]) -> list[Spot]:
        """The fixes, each with the innermost zone that holds it."""
        shapes = self._shapes
        arrays = shapes.spots_at(
            [(each.x_m, each.y_m, each.fix.z_m, each.fix.floor) for each in timed],
        )
        zones = shapes.holding(arrays).innermost(len(timed)).tolist()
        return [
            Spot(
                time_ns=each.event_ns,
                x_m=each.x_m,
                y_m=each.y_m,
                zone=None if zone == NOWHERE else shapes.names[zone],
                fix=each.fix,
            )
            for each, zone in zip(timed, zones, strict=True)
        ]

    def _gaps_m(self, spots: Sequence[Spot], anchors: Sequence[int]) -> list[float]:
        """How far each is outside of its anchor; nothing where there is none."""
        places = np.array(anchors, dtype=np.int64)
        gaps_m = np.zeros(len(spots))
        tied = np.flatnonzero(places != NOWHERE)
        gaps_m[tied] = self._shapes.distances(places[tied], self._arrays(spots).at(tied))
        return list(gaps_m.tolist())

    def _ways(
        self,
        starts: Sequence[Spot | None],
        spots: Sequence[Spot],
    ) -> list[tuple[int, ...]]:
        """The shapes that the ways from each start to each spot touch, if they can be crossed."""
        ways: list[tuple[int, ...]] = [()] * len(spots)
        if not self._shapes.has_crossable:
            return ways
        known = [(at, start) for at, start in enumerate(starts) if start is not None]
        begins = self._arrays([start for _, start in known])
        found = self._shapes.ways_through(begins, self._arrays([spots[at] for at, _ in known]))
        for line, zone in zip(found.points.tolist(), found.zones.tolist(), strict=True):
            at = known[line][0]
            ways[at] = (*ways[at], zone)
        return ways

    def _arrays(self, spots: Sequence[Spot]) -> Spots:
        return self._shapes.spots_at([spot.site_place for spot in spots])


def _starts(
    cases: Sequence[Case],
    counts: Sequence[int],
    spots: Sequence[Spot],
) -> list[Spot | None]:
    """Where each way begins: at the fix of the tag before."""
    starts: list[Spot | None] = []
    for case, count in zip(cases, counts, strict=True):
        first = len(starts)
        starts += [case.memory.last, *spots[first : first + count - 1]][:count]
    return starts


def _order(timed: TimedFix) -> tuple[int | str | float, ...]:
    """By time; what happened at one time has an order too, but not that of arrival."""
    fix = timed.fix
    accuracy_m = -1.0 if fix.accuracy_m is None else fix.accuracy_m
    height_m = 0.0 if fix.z_m is None else fix.z_m
    return (
        timed.event_ns,
        fix.source,
        timed.x_m,
        timed.y_m,
        accuracy_m,
        height_m,
        fix.floor or "",
    )
