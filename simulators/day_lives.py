"""What 2,000 assets do all day: parked, carried about, taken out through doors, brought back.

Everything follows from a seed. The truth is what was planned: no radio is in it.
"""

import heapq
from dataclasses import dataclass, field
from math import inf
from random import Random
from typing import Literal, NamedTuple

from simulators.day_site import YARD, DaySite, Door, parking_spots
from simulators.layout import Point
from simulators.scenarios import giai
from simulators.walks import Trip, path_length_m

Category = Literal["goods", "cart", "badge"]
Plan = Literal["shift", "silence", "turn", "exit", "party", "free", "return"]

SETTLE_S = 90.0
"""After a walk a thing stays at least so long."""
LAST_S = 60.0
"""Nothing begins that is not over so long before the end."""
PARK_REACH_M = 3.0
PARTY_S = 20.0
TURN_M = 2.5
"""Who turns back does so that far in front of the line."""
TRIES = 40
FREE_SHIFT_SHARE = 0.3
HALF_YARD_M = 30.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How much goes on: assets by category, and how often in an hour something happens."""

    goods: int = 1_900
    carts: int = 40
    badges: int = 60
    shifts: float = 150.0
    silences: float = 20.0
    turns: float = 6.0
    exits: float = 8.0
    parties: float = 0.25
    free_exits: float = 12.0
    party_sizes: tuple[int, int] = (8, 28)
    out_s: tuple[float, float] = (180.0, 3_600.0)
    silent_s: tuple[float, float] = (120.0, 1_500.0)
    yard_share: float = 0.5
    checked_out_share: float = 0.3
    gone_share: float = 0.15


class DayAsset(NamedTuple):
    """An asset and its one tag, as lower-case hex."""

    id: str
    category: Category
    tag: str


class Stay(NamedTuple):
    """An asset stands at a spot under an antenna; shielded, nobody hears it."""

    asset: int
    under: int
    spot: Point
    from_s: float
    to_s: float
    silent: bool


class Walk(NamedTuple):
    """An asset is carried along a way, with no stop."""

    asset: int
    trip: Trip


class TrueExit(NamedTuple):
    """An asset went out through a door at `time_s`.

    It is picked up at `start_s`, and the door can hear it from `from_s` to `to_s`. It is back
    inside at `back_s`; infinite where it is not seen again. It may have been `checked_out`
    before, to leave by one door (`permitted`), or by any where that is not given.
    """

    asset: int
    door: int
    time_s: float
    start_s: float
    from_s: float
    to_s: float
    back_s: float = inf
    checked_out: bool = False
    permitted: int | None = None

    @property
    def authorised(self) -> bool:
        """Whether it may leave this way."""
        return self.checked_out and self.permitted in {None, self.door}


@dataclass(slots=True)
class Lives:
    """All that happens, in order of time."""

    assets: tuple[DayAsset, ...]
    stays: list[Stay] = field(default_factory=list)
    walks: list[Walk] = field(default_factory=list)
    exits: list[TrueExit] = field(default_factory=list)


@dataclass(slots=True)
class _Now:
    """Where an asset is; `under` is -1 where it has gone away."""

    under: int
    spot: Point
    since_s: float
    busy_s: float
    exit: int = -1


def live(seed: int, site: DaySite, pace: Pace, until_s: float) -> Lives:
    """The lives of all assets from 0 to `until_s`."""
    return _Fate(seed, site, pace, until_s).lives()


class _Fate:
    """Draws what happens next, and keeps where everything is meanwhile."""

    def __init__(self, seed: int, site: DaySite, pace: Pace, until_s: float) -> None:
        self._rng = Random(f"{seed}/lives")
        self._site = site
        self._pace = pace
        self._until_s = until_s
        self._antennas = site.layout.antennas
        indoors = {zone.name for zone in site.indoors}
        dock_readers = {door.reader for door in site.doors}
        self._inside = [
            n
            for n, antenna in enumerate(self._antennas)
            if antenna.zone in indoors and antenna.reader not in dock_readers
        ]
        self._yard = [n for n, antenna in enumerate(self._antennas) if antenna.zone == YARD.name]
        self._yard = [n for n in self._yard if self._antennas[n].reader.startswith("yard")]
        self._lives = Lives(_assets(pace))
        self._now = [self._begin() for _ in self._lives.assets]
        self._queue: list[tuple[float, int, Plan, int]] = []
        self._serial = 0

    def lives(self) -> Lives:
        """Everything until the end."""
        pace = self._pace
        self._plan_all("shift", pace.shifts)
        self._plan_all("silence", pace.silences)
        self._plan_all("turn", pace.turns)
        self._plan_all("exit", pace.exits)
        self._plan_all("party", pace.parties)
        self._plan_all("free", pace.free_exits)
        while self._queue:
            at_s, _, plan, asset = heapq.heappop(self._queue)
            self._carry_out(plan, at_s, asset)
        for asset, now in enumerate(self._now):
            self._leave(asset, now, self._until_s)
        self._lives.stays.sort(key=lambda stay: (stay.from_s, stay.asset))
        self._lives.walks.sort(key=lambda walk: (walk.trip.start_s, walk.asset))
        self._lives.exits.sort(key=lambda exit_: (exit_.time_s, exit_.asset))
        return self._lives

    def _begin(self) -> _Now:
        under = self._rng.choice(self._inside)
        return _Now(under, self._spot(under), 0.0, 60.0)

    def _plan_all(self, plan: Plan, per_hour: float) -> None:
        at_s = SETTLE_S
        while per_hour:
            at_s += self._rng.expovariate(per_hour / 3600)
            if at_s > self._until_s:
                return
            self._queue_up(at_s, plan)

    def _queue_up(self, at_s: float, plan: Plan, asset: int = -1) -> None:
        self._serial += 1
        heapq.heappush(self._queue, (at_s, self._serial, plan, asset))

    def _carry_out(self, plan: Plan, at_s: float, asset: int) -> None:
        rng = self._rng
        if plan == "return":
            self._come_back(asset, at_s)
        elif plan == "party":
            self._go_together(at_s)
        else:
            categories = ("cart", "badge") if plan == "free" else ("goods",)
            if plan == "shift" and rng.random() < FREE_SHIFT_SHARE:
                categories = ("cart", "badge")
            chosen = self._choose(at_s, categories)
            if chosen is not None:
                self._do(plan, at_s, chosen)

    def _do(self, plan: Plan, at_s: float, asset: int) -> None:
        match plan:
            case "shift":
                self._shift(asset, at_s)
            case "silence":
                self._shield(asset, at_s)
            case "turn":
                self._turn_back(asset, at_s)
            case _:
                self._go_out(asset, at_s, self._rng.randrange(len(self._site.doors)))

    def _choose(self, at_s: float, categories: tuple[str, ...]) -> int | None:
        """An asset of these categories that is inside and has nothing to do."""
        for _ in range(TRIES):
            if categories == ("goods",):
                asset = self._rng.randrange(self._pace.goods)
            else:
                asset = self._rng.randrange(self._pace.goods, len(self._now))
            now = self._now[asset]
            if now.busy_s <= at_s and now.exit < 0:
                return asset
        return None

    # What may happen

    def _shift(self, asset: int, at_s: float) -> None:
        under = self._rng.choice(self._inside)
        spot = self._spot(under)
        self._move(asset, at_s, (self._now[asset].spot, spot), under)

    def _shield(self, asset: int, at_s: float) -> None:
        now = self._now[asset]
        end_s = min(at_s + self._rng.uniform(*self._pace.silent_s), self._until_s)
        self._leave(asset, now, at_s)
        self._lives.stays.append(Stay(asset, now.under, now.spot, at_s, end_s, silent=True))
        now.since_s, now.busy_s = end_s, end_s + SETTLE_S

    def _turn_back(self, asset: int, at_s: float) -> None:
        now = self._now[asset]
        door = self._rng.choice(self._site.doors)
        way = (now.spot, door.way[0], _before(door), door.way[0], now.spot)
        self._move(asset, at_s, way, now.under)

    def _go_together(self, at_s: float) -> None:
        """Many things on one lorry: they leave through one dock, one after the other."""
        portals = [n for n, door in enumerate(self._site.doors) if door.is_portal]
        door = self._rng.choice(portals)
        for _ in range(self._rng.randint(*self._pace.party_sizes)):
            asset = self._choose(at_s, ("goods",))
            if asset is not None:
                self._go_out(asset, at_s + self._rng.uniform(0, PARTY_S), door)

    def _go_out(self, asset: int, at_s: float, number: int) -> None:
        rng, door, now = self._rng, self._site.doors[number], self._now[asset]
        parks = door.is_portal and rng.random() < self._pace.yard_share
        under = rng.choice(self._near_yard(door)) if parks else -1
        end = self._spot(under) if parks else door.way[-1]
        trip = _trip(at_s, (now.spot, door.way[0], door.line, door.way[1], end), rng)
        if trip.end_s > self._until_s - LAST_S:
            return
        self._leave(asset, now, at_s)
        self._lives.walks.append(Walk(asset, trip))
        times = [leg.to_s for leg in trip.legs(0)]
        exit_ = TrueExit(asset, number, times[1], at_s, times[0], times[2])
        self._lives.exits.append(self._with_permit(exit_))
        self._now[asset] = _Now(under, end, trip.end_s, trip.end_s + SETTLE_S)
        self._now[asset].exit = len(self._lives.exits) - 1
        if rng.random() >= self._pace.gone_share:
            self._queue_up(trip.end_s + rng.uniform(*self._pace.out_s), "return", asset)

    def _come_back(self, asset: int, at_s: float) -> None:
        rng, now = self._rng, self._now[asset]
        portals = [n for n, door in enumerate(self._site.doors) if door.is_portal]
        number = rng.choice(portals if now.under >= 0 else range(len(self._site.doors)))
        door = self._site.doors[number]
        under = rng.choice(self._inside)
        start = now.spot if now.under >= 0 else door.way[1]
        way = (start, door.way[1], door.line, door.way[0], self._spot(under))
        trip = _trip(at_s, way if start != door.way[1] else way[1:], rng)
        if trip.end_s > self._until_s - LAST_S:
            return
        exit_ = self._lives.exits[now.exit]
        back_s = list(trip.legs(0))[-2].from_s
        self._lives.exits[now.exit] = exit_._replace(back_s=back_s)
        self._leave(asset, now, at_s)
        self._lives.walks.append(Walk(asset, trip))
        self._now[asset] = _Now(under, way[-1], trip.end_s, trip.end_s + SETTLE_S)

    def _with_permit(self, exit_: TrueExit) -> TrueExit:
        """Some of what leaves was checked out before; not all of that leaves by the right door."""
        rng = self._rng
        if rng.random() >= self._pace.checked_out_share:
            return exit_
        permitted = rng.choice((None, None, exit_.door, rng.randrange(len(self._site.doors))))
        return exit_._replace(checked_out=True, permitted=permitted)

    # The means

    def _move(self, asset: int, at_s: float, way: tuple[Point, ...], under: int) -> None:
        trip = _trip(at_s, way, self._rng)
        if trip.end_s > self._until_s - LAST_S:
            return
        self._leave(asset, self._now[asset], at_s)
        self._lives.walks.append(Walk(asset, trip))
        self._now[asset] = _Now(under, way[-1], trip.end_s, trip.end_s + SETTLE_S)

    def _leave(self, asset: int, now: _Now, at_s: float) -> None:
        """A stay is over; where it was is only of interest while somebody may hear it."""
        if now.under >= 0 and at_s > now.since_s:
            stay = Stay(asset, now.under, now.spot, now.since_s, at_s, silent=False)
            self._lives.stays.append(stay)

    def _spot(self, under: int) -> Point:
        x0, y0, x1, y1 = parking_spots(self._antennas[under], PARK_REACH_M)
        return (self._rng.uniform(x0, x1), self._rng.uniform(y0, y1))

    def _near_yard(self, door: Door) -> list[int]:
        """The half of the yard in front of a door."""
        half = [
            n for n in self._yard if abs(self._antennas[n].at_m[0] - door.line[0]) < HALF_YARD_M
        ]
        return half or self._yard


def _trip(at_s: float, way: tuple[Point, ...], rng: Random) -> Trip:
    return Trip(at_s, way, rng.uniform(0.8, 1.6))


def _before(door: Door) -> Point:
    """A point in front of a door from which it is not crossed."""
    (x0, y0), (x1, y1) = door.way[0], door.line
    length = path_length_m((door.way[0], door.line))
    share = 1 - TURN_M / length
    return (x0 + share * (x1 - x0), y0 + share * (y1 - y0))


def _assets(pace: Pace) -> tuple[DayAsset, ...]:
    counts: list[tuple[Category, int]] = [
        ("goods", pace.goods),
        ("cart", pace.carts),
        ("badge", pace.badges),
    ]
    categories: list[Category] = [category for category, count in counts for _ in range(count)]
    return tuple(
        DayAsset(f"{category}-{number:05d}", category, giai(number))
        for number, category in enumerate(categories, start=1)
    )
