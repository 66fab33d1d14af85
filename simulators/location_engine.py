"""A location engine: it knows where vehicles and badges are, and tells it twice a second.

One message holds the fixes of all that moved, as JSON; what stands is told now and then.
"""

import json
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from simulators.layout import Point
from simulators.scenarios import SimulatedAsset
from simulators.walks import Carrier
from tags.times import SECOND_NS, format_time

TICK_S: Final = 0.5
STANDING_EVERY: Final = 8
"""What stands is told at every eighth tick."""

ACCURACY_M: Final = 0.3

OnFloor = Callable[[Point], tuple[str, Point]]


class PlanFix(NamedTuple):
    """Where a tag is: a floor and metres on it."""

    tag: str
    floor: str
    x_m: float
    y_m: float


class LocationEngine:
    """Follows what carries its tags, tick after tick from 0; `on_floor` takes a point apart."""

    def __init__(self, tracked: Iterable[SimulatedAsset], on_floor: OnFloor) -> None:
        self._carriers = [
            (tag, Carrier(asset.itinerary)) for asset in tracked for tag in asset.tags
        ]
        self._on_floor = on_floor
        self._last: dict[str, Point] = {}

    def fixes(self, tick: int) -> list[PlanFix]:
        """The fixes of a tick, a tag at most once; ticks never go back."""
        found = []
        for number, (tag, carrier) in enumerate(self._carriers):
            carrier.at(tick * TICK_S)
            point = (carrier.x_m, carrier.y_m)
            moved = self._last.get(tag) != point
            self._last[tag] = point
            if moved or (tick + number) % STANDING_EVERY == 0:
                floor, (x_m, y_m) = self._on_floor(point)
                found.append(PlanFix(tag, floor, round(x_m, 2), round(y_m, 2)))
        return found


def fixes_payload(fixes: Iterable[PlanFix], time_ns: int) -> bytes:
    """What the engine publishes: a list of objects, each with the time of the tick."""
    time = format_time(time_ns)
    return json.dumps(
        [
            {
                "tag": fix.tag,
                "time": time,
                "floor": fix.floor,
                "x": fix.x_m,
                "y": fix.y_m,
                "accuracy": ACCURACY_M,
            }
            for fix in fixes
        ]
    ).encode()


def tick_ns(tick: int) -> int:
    """How long after the start a tick is."""
    return round(tick * TICK_S * SECOND_NS)
