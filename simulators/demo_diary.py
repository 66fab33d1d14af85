"""The day of one asset of the demo, written trip after trip."""

from simulators.demo_ways import Place, legs_between
from simulators.layout import Point
from simulators.walks import Itinerary, Trip, path_length_m

STAIRS_S = 6.0
"""So long on the stairs, where nobody is heard on either floor."""

_PACE_M = 0.6


class Diary:
    """Where an asset is at home, where its newest trip has led, and when that is over."""

    def __init__(self, home: Place) -> None:
        self.home = home
        self.place = home
        self.now_s = 0.0
        self._trips: list[Trip] = []

    def itinerary(self, day_s: float, quiet_after_s: float) -> Itinerary:
        """All that was written, again each day; see Itinerary."""
        repeats_s = day_s if self._trips else None
        return Itinerary(self.home.at, tuple(self._trips), repeats_s, quiet_after_s)

    def go(self, start_s: float, end: Place, speed_mps: float) -> Trip:
        """Walk to a place, over the stairs if need be; gives the last piece of the way."""
        trips = [Trip(start_s, way, speed_mps) for way in legs_between(self.place, end)]
        if len(trips) > 1:
            trips[1] = Trip(trips[0].end_s + STAIRS_S, trips[1].waypoints, speed_mps)
        for trip in trips:
            self.add(trip)
        self.place = end
        return trips[-1]

    def walk_s(self, end: Place, speed_mps: float) -> float:
        """How long `go` would take."""
        ways = legs_between(self.place, end)
        return sum(map(path_length_m, ways)) / speed_mps + STAIRS_S * (len(ways) - 1)

    def walk(self, start_s: float, way: tuple[Point, ...], speed_mps: float) -> None:
        """Walk a way of one's own in the plane."""
        self.add(Trip(start_s, way, speed_mps))

    def walk_by(self, end_s: float, way: tuple[Point, ...], speed_mps: float) -> None:
        """The same, so as to arrive at `end_s`."""
        self.walk(end_s - path_length_m(way) / speed_mps, way, speed_mps)

    def add(self, trip: Trip) -> None:
        """Write down a trip that begins after the one before."""
        self._trips.append(trip)
        self.now_s = trip.end_s


def pace(start_s: float, point: Point, for_s: float) -> Trip:
    """A step aside and back, that takes so long: who waits does not stand like a post."""
    aside = (point[0], point[1] + _PACE_M)
    return Trip(start_s, (point, aside, point), 2 * _PACE_M / for_s)
