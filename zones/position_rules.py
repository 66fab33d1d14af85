"""What one position says: stay, enter, leave, or nothing sure; and what a way leads through."""

from itertools import pairwise
from math import hypot
from typing import Literal

from tags.times import SECOND_NS
from zones.floorplan import FloorPlan
from zones.position_memory import BACK, Spot, Turn
from zones.shapes import NOWHERE

Verdict = Literal["stay", "enter", "leave", "unsure"]


class PositionRules:
    """The rules of one floor plan; pure."""

    def __init__(self, plan: FloorPlan) -> None:
        settings = plan.positions
        self._plan = plan
        self._shapes = plan.shapes
        self._speed_m_s_max = settings.speed_m_s_max
        self._jump_m_min = settings.jump_m_min
        self._gap_ns = round(settings.cross_gap_s * SECOND_NS)
        self._distinct_ns = round(settings.distinct_s * SECOND_NS)
        self.confirm_ns = round(settings.exit_confirm_s * SECOND_NS)
        self.exit_fixes = settings.exit_fixes

    def anchor_of(self, zone: str | None) -> int:
        """Place of the shape that a tag of this zone is within: its own, or the next around it."""
        if zone is None:
            return NOWHERE
        place_of = self._shapes.place_of
        if zone in place_of:
            return place_of[zone]
        outer = self._shapes.inside.get(zone, ())
        return min([place_of[name] for name in outer if name in place_of], default=NOWHERE)

    def lies_in(self, zone: str | None, outer: str | None) -> bool:
        """Whether a zone is another one or lies in it."""
        return zone == outer or outer in self._shapes.inside.get(zone or "", ())

    def verdict(self, spot: Spot, current: str | None, gap_m: float, *, outside: bool) -> Verdict:
        """What a fix says of a tag whose zone is `current` (None and `outside`: known to be out).

        `gap_m` is how far it is outside of the anchor of `current`. A fix that may still
        be within the margin, by its accuracy, proves nothing; where no zone has a shape,
        nothing is outside of them.
        """
        here = spot.zone
        if current is None:
            return self._from_nowhere(spot, outside=outside)
        if here is not None and self.lies_in(here, current):
            return "stay" if here == current else "enter"
        anchor = self.anchor_of(current)
        if anchor == NOWHERE:
            elsewhere = here is not None and not self.lies_in(current, here)
            return "leave" if elsewhere else "unsure"
        if self._is_upstairs(spot, anchor):
            return "leave"
        margin_m = self._plan.zones[self._shapes.names[anchor]].margin_m
        if gap_m <= margin_m:
            return self._within(here, current, gap_m)
        return "leave" if gap_m - spot.accuracy_m > margin_m else "unsure"

    def _from_nowhere(self, spot: Spot, *, outside: bool) -> Verdict:
        """What a fix says of a tag that is in no zone."""
        if spot.zone is not None:
            return "enter"
        if outside:
            return "stay"
        shapes = self._shapes
        unsure = not len(shapes) or shapes.is_any_within(spot.site_place, spot.accuracy_m)
        return "unsure" if unsure else "leave"

    def destination(self, spot: Spot, current: str | None) -> str | None:
        """Where a fix puts the tag that is outside of `current`.

        That does not mean that it is outside of what `current` lies in: one zone after the
        other is left by the same rule, and what is not left is where it is.
        """
        anchor = self.anchor_of(current)
        left = (current or "") if anchor == NOWHERE else self._shapes.names[anchor]
        place_of = self._shapes.place_of
        outer = self._shapes.inside.get(left, ())
        for place in sorted(place_of[name] for name in outer if name in place_of):
            gap_m = self._shapes.distance_m(place, spot.site_place)
            verdict = self.verdict(spot, self._shapes.names[place], gap_m, outside=False)
            if verdict == "enter":
                break
            if verdict != "leave":
                return self._shapes.names[place]
        return spot.zone

    def _is_upstairs(self, spot: Spot, anchor: int) -> bool:
        """Whether a fix lies in a zone of another floor, and can not be on that of the anchor.

        Floors are often no further apart than a margin is wide, so there is none between them.
        """
        if spot.zone is None or not self._are_apart(spot.zone, self._shapes.names[anchor]):
            return False
        return not self._shapes.is_on_floor_of(anchor, spot.site_place)

    def _are_apart(self, one: str, other: str) -> bool:
        """Whether two zones are drawn on different floors."""
        floors = {self._plan.zones[one].floor, self._plan.zones[other].floor}
        return len(floors) > 1 and None not in floors

    def _within(self, here: str | None, current: str, gap_m: float) -> Verdict:
        """What a fix says that lies within the anchor of `current`, or its margin."""
        if here is None or self.lies_in(current, here) or self._are_apart(here, current):
            return "stay"
        if current not in self._shapes.place_of:
            return "leave"
        places = self._shapes.place_of
        if gap_m == 0:
            return "enter" if places[here] < places[current] else "stay"
        zones = self._plan.zones
        return "enter" if zones[here].priority > zones[current].priority else "stay"

    def are_distinct(self, one: Spot, other: Spot) -> bool:
        """Whether two fixes are two pieces of evidence."""
        apart_ns = abs(other.time_ns - one.time_ns)
        return apart_ns > 0 and apart_ns >= self._distinct_ns

    def is_jump(self, one: Spot, other: Spot) -> bool:
        """Whether nothing moves as fast as from one fix to the other."""
        way_m = distance_m(one, other) - one.accuracy_m - other.accuracy_m
        seconds = abs(other.time_ns - one.time_ns) / SECOND_NS
        return way_m > self._jump_m_min and way_m > self._speed_m_s_max * seconds

    def may_cross(self, one: Spot, other: Spot) -> bool:
        """Whether the way between two fixes is known well enough to be a straight line."""
        near = 0 < other.time_ns - one.time_ns <= self._gap_ns
        return near and not self.is_jump(one, other)

    def turns(
        self,
        start: Spot,
        end: Spot,
        places: tuple[int, ...],
        current: str | None,
    ) -> tuple[Turn, ...]:
        """The zones that the way leads through, when it comes into each, and when back.

        `places` are those of the shapes that it touches. A zone that holds an end of the
        way, or that the tag is in anyway, is not crossed. Times are interpolated.
        """
        spans = {
            place: self._spans(start, end, place)
            for place in places
            if current is None or not self.lies_in(current, self._shapes.names[place])
        }
        cuts = sorted({cut for parts in spans.values() for part in parts for cut in part})
        apart_ns = end.time_ns - start.time_ns
        turns: list[Turn] = []
        for first, last in pairwise([*cuts, 1.0]):
            zone = self._innermost(spans, (first + last) / 2)
            if zone != (turns[-1].zone if turns else BACK):
                time_ns = start.time_ns + round(first * apart_ns)
                turns.append(Turn(time_ns, zone, end.time_ns, (start.fix, end.fix)))
        return tuple(turns)

    def _spans(self, start: Spot, end: Spot, place: int) -> list[tuple[float, float]]:
        ends = (start.x_m, start.y_m), (end.x_m, end.y_m)
        spans = self._shapes.spans(place, *ends)
        holds_an_end = any(first <= 0 or last >= 1 for first, last in spans)
        return [] if holds_an_end else spans

    def _innermost(self, spans: dict[int, list[tuple[float, float]]], at: float) -> str:
        through = [
            place
            for place, parts in spans.items()
            if any(first <= at <= last for first, last in parts)
        ]
        return self._shapes.names[min(through)] if through else BACK


def distance_m(one: Spot, other: Spot) -> float:
    """The straight way between two fixes."""
    return hypot(other.x_m - one.x_m, other.y_m - one.y_m)
