"""What goes wrong in a facility day: readers, clocks, networks, and the gateway itself."""

from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from simulators.day_lives import Lives
from simulators.day_site import DaySite

HOUR_S = 3_600.0
DOUBT_S = 90.0
"""So long after a clock has jumped, what its reader says is not yet put right for sure."""


@dataclass(frozen=True, slots=True)
class Odds:
    """How often in an hour something goes wrong, and the share of outages that hit an exit."""

    outages: float = 1.0
    at_exits: float = 0.5
    jumps: float = 0.4
    restarts: float = 0.15
    slow: float = 0.5
    buffered_share: float = 0.4
    stated_share: float = 0.5
    repeats_share: float = 0.002


NO_TROUBLE = Odds(outages=0, at_exits=0, jumps=0, restarts=0, slow=0, repeats_share=0)


class Outage(NamedTuple):
    """A reader says nothing from `from_s` to `to_s`; it is noticed some time after the start.

    A buffered one hands over at `to_s` what it heard meanwhile, with its true times.
    """

    reader: str
    from_s: float
    noticed_s: float
    to_s: float
    buffered: bool


class ClockJump(NamedTuple):
    """From `at_s` on a reader's clock is ahead by `ahead_s`; its protocol states it, or does not.

    `stated_s` is when it does.
    """

    reader: str
    at_s: float
    ahead_s: float
    stated_s: float | None


class Restart(NamedTuple):
    """The gateway is down; each reader is connected again at its own time."""

    down_s: float
    up_s: float
    online_s: dict[str, float]


class SlowNetwork(NamedTuple):
    """A reader's reports arrive late by anything up to `delay_s`, in any order."""

    reader: str
    from_s: float
    to_s: float
    delay_s: float


@dataclass(frozen=True, slots=True)
class Troubles:
    """All that goes wrong, each kind in order of time."""

    outages: tuple[Outage, ...] = ()
    jumps: tuple[ClockJump, ...] = ()
    restarts: tuple[Restart, ...] = ()
    slow: tuple[SlowNetwork, ...] = ()


def troubles_of(seed: int, site: DaySite, lives: Lives, odds: Odds, until_s: float) -> Troubles:
    """What goes wrong from 0 to `until_s`; nothing does in the first and last minutes."""
    rng = Random(f"{seed}/troubles")
    readers = site.layout.readers
    restarts = tuple(_restart(at_s, readers, rng) for at_s in _times(odds.restarts, until_s, rng))
    return Troubles(
        outages=_apart(_outages(site, lives, odds, until_s, rng)),
        jumps=_all_jumps(readers, odds, until_s, rng),
        restarts=_one_by_one(restarts),
        slow=tuple(
            SlowNetwork(rng.choice(readers), at_s, at_s + rng.uniform(30, 300), 1.5)
            for at_s in _times(odds.slow, until_s, rng)
        ),
    )


def _times(per_hour: float, until_s: float, rng: Random) -> list[float]:
    times: list[float] = []
    at_s = 120.0
    while per_hour:
        at_s += rng.expovariate(per_hour / HOUR_S)
        if at_s > until_s - 240:
            break
        times.append(at_s)
    return times


def _outages(site: DaySite, lives: Lives, odds: Odds, until_s: float, rng: Random) -> list[Outage]:
    """Some at any time, some just when something goes out through a door."""
    found = [
        _outage(rng.choice(site.layout.readers), at_s, odds, until_s, rng)
        for at_s in _times(odds.outages, until_s, rng)
    ]
    for exit_ in lives.exits:
        wanted = rng.random() * until_s * max(len(lives.exits), 1) / HOUR_S
        if wanted < odds.at_exits * until_s / HOUR_S * until_s / HOUR_S:
            reader = site.doors[exit_.door].reader
            from_s = max(60.0, exit_.from_s - rng.uniform(-5, 60))
            found.append(_outage(reader, from_s, odds, until_s, rng))
    return found


def _outage(reader: str, at_s: float, odds: Odds, until_s: float, rng: Random) -> Outage:
    length_s = min(15 + rng.expovariate(1 / 240), 1_500.0)
    to_s = min(at_s + length_s, until_s - 60)
    noticed_s = min(at_s + rng.uniform(1, 12), to_s)
    return Outage(reader, at_s, noticed_s, to_s, rng.random() < odds.buffered_share)


def _apart(outages: list[Outage]) -> tuple[Outage, ...]:
    """In order, without those that begin while the reader is down or hardly up again."""
    kept: list[Outage] = []
    up_s: dict[str, float] = {}
    for outage in sorted(outages):
        if outage.from_s > up_s.get(outage.reader, 0.0) + 30 and outage.to_s > outage.from_s + 5:
            kept.append(outage)
            up_s[outage.reader] = outage.to_s
    return tuple(sorted(kept, key=lambda outage: outage.from_s))


def _all_jumps(
    readers: tuple[str, ...], odds: Odds, until_s: float, rng: Random
) -> tuple[ClockJump, ...]:
    """Clocks that go wrong, each only once it is right again."""
    jumps: list[ClockJump] = []
    right_s: dict[str, float] = {}
    for at_s in _times(odds.jumps, until_s, rng):
        reader = rng.choice(readers)
        pair = _jumps(at_s, reader, odds, rng)
        if at_s > right_s.get(reader, 0.0) + DOUBT_S:
            jumps += pair
            right_s[reader] = pair[-1].at_s
    return tuple(sorted(jumps, key=lambda jump: jump.at_s))


def _jumps(at_s: float, reader: str, odds: Odds, rng: Random) -> list[ClockJump]:
    """A clock goes wrong and, some time later, right again."""
    ahead_s = rng.choice((-1, 1)) * rng.choice((0.3, 3.0, 20.0, 45.0, HOUR_S, 26 * HOUR_S))
    right_s = at_s + rng.uniform(300, 1_800)
    stated = rng.random() < odds.stated_share
    return [
        ClockJump(reader, at, ahead, at + rng.uniform(0.1, 5) if stated else None)
        for at, ahead in ((at_s, ahead_s), (right_s, 0.0))
    ]


def _restart(at_s: float, readers: tuple[str, ...], rng: Random) -> Restart:
    up_s = at_s + rng.choice((3.0, 20.0, 90.0)) * rng.uniform(0.7, 1.3)
    return Restart(at_s, up_s, {reader: up_s + rng.uniform(0.3, 6) for reader in readers})


def _one_by_one(restarts: tuple[Restart, ...]) -> tuple[Restart, ...]:
    kept: list[Restart] = []
    for restart in restarts:
        if not kept or restart.down_s > kept[-1].up_s + 30:
            kept.append(restart)
    return tuple(kept)
