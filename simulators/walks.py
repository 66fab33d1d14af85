"""How assets spend their day: trips along waypoints, standing still in between."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from simulators.layout import Point


class Leg(NamedTuple):
    """A straight, steady walk, or standing still where both ends are one place."""

    from_s: float
    to_s: float
    start: Point
    end: Point

    @property
    def still(self) -> bool:
        """Whether the asset stands."""
        return self.start == self.end


@dataclass(frozen=True, slots=True)
class Trip:
    """A walk through two or more waypoints at one speed, with no stop on the way."""

    start_s: float
    waypoints: tuple[Point, ...]
    speed_mps: float

    @property
    def end_s(self) -> float:
        """When the last waypoint is reached."""
        return self.start_s + path_length_m(self.waypoints) / self.speed_mps

    def legs(self, shift_s: float) -> Iterator[Leg]:
        """The stretches between the waypoints, `shift_s` later than planned."""
        from_s = self.start_s + shift_s
        for start, end in pairwise(self.waypoints):
            to_s = from_s + math.dist(start, end) / self.speed_mps
            if to_s > from_s:
                yield Leg(from_s, to_s, start, end)
            from_s = to_s


@dataclass(frozen=True, slots=True)
class Itinerary:
    """Where an asset is at any time from 0 on.

    It stands at `home` until its first trip, and where a trip ended until the next one, which
    may begin somewhere else: that is how one changes floors. With
    `day_s` the trips repeat for ever; the last one then ends at home, before the first starts
    again. From the first trip on that would not be over at `quiet_after_s`, it stays where it is.
    """

    home: Point
    trips: tuple[Trip, ...] = ()
    day_s: float | None = None
    quiet_after_s: float = math.inf

    def legs(self) -> Iterator[Leg]:
        """All legs, without gaps; the last one, where there is a last, ends at infinity."""
        now_s, place = 0.0, self.home
        for trip, shift_s in self._planned():
            if trip.end_s + shift_s > self.quiet_after_s:
                break
            if trip.start_s + shift_s > now_s:
                yield Leg(now_s, trip.start_s + shift_s, place, place)
            for leg in trip.legs(shift_s):
                yield leg
                now_s, place = leg.to_s, leg.end
        yield Leg(now_s, math.inf, place, place)

    @property
    def jumps(self) -> bool:
        """Whether a trip begins where the one before did not end."""
        return any(
            before.waypoints[-1] != after.waypoints[0] for before, after in pairwise(self.trips)
        )

    def bounds(self) -> tuple[float, float, float, float]:
        """The smallest upright rectangle with every place that it comes to: x0, y0, x1, y1."""
        if not self.trips:
            return (*self.home, *self.home)
        places = [self.home, *(place for trip in self.trips for place in trip.waypoints)]
        xs, ys = [x_m for x_m, _ in places], [y_m for _, y_m in places]
        return (min(xs), min(ys), max(xs), max(ys))

    def _planned(self) -> Iterator[tuple[Trip, float]]:
        shift_s = 0.0
        while self.trips:
            yield from ((trip, shift_s) for trip in self.trips)
            if self.day_s is None:
                return
            shift_s += self.day_s


class Carrier:
    """Follows one itinerary forward through time; `at` never goes back.

    `x_m`, `y_m`, `heading_rad` and `walking` hold for the time last asked for; where it
    stands, it stands at least until `still_until_s`. `jumps` says that it may be elsewhere then.
    """

    __slots__ = ("_leg", "_legs", "_now_s", "heading_rad", "jumps", "walking", "x_m", "y_m")

    def __init__(self, itinerary: Itinerary) -> None:
        self.jumps = itinerary.jumps
        self._legs = itinerary.legs()
        self._now_s = -1.0
        self.heading_rad = 0.0
        self.walking = False
        self._begin(next(self._legs))

    @property
    def still_until_s(self) -> float:
        """The end of the current leg."""
        return self._leg.to_s

    def fresh_until_s(self, now_s: float, fresh_s: float) -> float:
        """How long what was seen now holds: not at all walking, else `fresh_s` at the longest."""
        return now_s if self.walking else min(now_s + fresh_s, self._leg.to_s)

    def at(self, now_s: float) -> None:
        """Move on to `now_s`."""
        if now_s == self._now_s:
            return
        self._now_s = now_s
        while now_s >= self._leg.to_s:
            self._begin(next(self._legs))
        if self.walking:
            from_s, to_s, (x0, y0), (x1, y1) = self._leg
            share = (now_s - from_s) / (to_s - from_s)
            self.x_m, self.y_m = x0 + share * (x1 - x0), y0 + share * (y1 - y0)

    def _begin(self, leg: Leg) -> None:
        self._leg = leg
        (self.x_m, self.y_m), (x1, y1) = leg.start, leg.end
        self.walking = not leg.still
        if self.walking:
            self.heading_rad = math.atan2(y1 - self.y_m, x1 - self.x_m)


def path_length_m(waypoints: Sequence[Point]) -> float:
    """The length of a way through all of these points."""
    return sum(math.dist(start, end) for start, end in pairwise(waypoints))
