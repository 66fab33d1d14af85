"""A whole facility for hours: what its readers hand over, second by second, and what was true.

Two thousand assets, sixteen readers; all follows from a seed. A stretch of time comes out as
reads in order of arrival, so that hours take no more memory than a minute.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np

from simulators.day_air import Air, Flags, Floats, Heard, Ints, joined
from simulators.day_lives import DayAsset, Lives, Pace, live
from simulators.day_site import DaySite, day_site
from simulators.day_troubles import Odds, Outage, Restart, Troubles, troubles_of
from tags.reads import Read

SECOND_NS = 1_000_000_000
STRETCH_S = 60.0
REPORT_S, DELAY_S = 0.05, 0.004
UPLOAD_S = 1.0
REPEAT_S = 0.4


class Happening(NamedTuple):
    """What the gateway is told of a reader, or what befalls itself, `at_s`.

    `online` and `offline` name a reader; `clock` states by how much its clock is `ahead_s`.
    `restart` lasts until `until_s`.
    """

    at_s: float
    kind: Literal["online", "offline", "clock", "restart"]
    reader: str = ""
    ahead_s: float = 0.0
    until_s: float = 0.0


class Stretch(NamedTuple):
    """Reads in order of arrival, all of which arrive before `until_s`."""

    until_s: float
    reads: list[Read]


class _Arrivals(NamedTuple):
    """Reads as columns, with the reader's times and the arrivals (ns since the start)."""

    heard: Heard
    time_ns: Ints
    arrival_ns: Ints


@dataclass(frozen=True, slots=True)
class DayPlan:
    """How long a facility runs, and how much goes on in it and goes wrong."""

    hours: float = 24.0
    pace: Pace = field(default_factory=Pace)
    odds: Odds = field(default_factory=Odds)


class FacilityDay:
    """One facility; seed and plan decide every read. The truth is in `lives` and `troubles`."""

    def __init__(self, seed: int, plan: DayPlan | None = None) -> None:
        self.seed = seed
        self.plan = plan or DayPlan()
        self.until_s = self.plan.hours * 3_600
        self.site: DaySite = day_site()
        self.lives: Lives = live(seed, self.site, self.plan.pace, self.until_s)
        self.troubles: Troubles = troubles_of(
            seed, self.site, self.lives, self.plan.odds, self.until_s
        )

    @property
    def assets(self) -> tuple[DayAsset, ...]:
        """All assets, by number."""
        return self.lives.assets

    def happenings(self) -> list[Happening]:
        """All but the reads, in order of time; every reader is online soon after the start."""
        readers = self.site.layout.readers
        found = [each for reader in readers for each in self._online(reader, 0.0)]
        for outage in self.troubles.outages:
            found.append(Happening(outage.noticed_s, "offline", outage.reader))
            found += self._online(outage.reader, outage.to_s)
        for jump in self.troubles.jumps:
            if jump.stated_s is not None:
                found.append(Happening(jump.stated_s, "clock", jump.reader, jump.ahead_s))
        for restart in self.troubles.restarts:
            found = [each for each in found if not restart.down_s <= each.at_s < restart.up_s]
            found.append(Happening(restart.down_s, "restart", until_s=restart.up_s))
            found += self._connected(restart)
        return sorted(found, key=lambda each: each.at_s)

    def _connected(self, restart: Restart) -> list[Happening]:
        """Readers that answer again; those that are down are not among them until they are up."""
        found: list[Happening] = []
        for reader, at_s in restart.online_s.items():
            down = self._down_at(reader, at_s)
            found += self._online(reader, at_s if down is None else down.to_s)
        return found

    def _online(self, reader: str, at_s: float) -> list[Happening]:
        """A reader answers, and states its time."""
        jumps = [each for each in self.troubles.jumps if each.reader == reader]
        ahead_s = next((each.ahead_s for each in reversed(jumps) if each.at_s <= at_s), 0.0)
        return [
            Happening(at_s, "online", reader),
            Happening(at_s, "clock", reader, ahead_s),
        ]

    def _down_at(self, reader: str, at_s: float) -> Outage | None:
        return next(
            (
                outage
                for outage in self.troubles.outages
                if outage.reader == reader and outage.from_s <= at_s < outage.to_s
            ),
            None,
        )

    def stretches(self, start_ns: int) -> Iterator[Stretch]:
        """All reads, a minute at a time; times count from `start_ns`. Each call starts anew."""
        air = Air(self.seed, self.site, self.lives)
        way = _Way(self)
        waiting: list[_Arrivals] = []
        at_s = 0.0
        while at_s < self.until_s:
            until_s = min(at_s + STRETCH_S, self.until_s)
            waiting.append(way.arrivals(air.hear(at_s, until_s)))
            due, later = _parted(waiting, round(until_s * SECOND_NS))
            waiting = [later]
            yield Stretch(until_s, way.reads(due, start_ns))
            at_s = until_s


class _Way:
    """From the antennas to the gateway: clocks, delays, outages."""

    def __init__(self, day: FacilityDay) -> None:
        self._troubles = day.troubles
        self._repeats_share = day.plan.odds.repeats_share
        self._rng = np.random.default_rng([day.seed, 3])
        antennas = day.site.layout.antennas
        readers = day.site.layout.readers
        self._number = {reader: n for n, reader in enumerate(readers)}
        self._reader_of = np.array([self._number[antenna.reader] for antenna in antennas])
        self._names = [antenna.reader for antenna in antennas]
        self._numbers = [antenna.number for antenna in antennas]
        self._tags = [asset.tag for asset in day.assets]

    def arrivals(self, heard: Heard) -> _Arrivals:
        """When each read arrives, and what time it states; lost ones are left out."""
        count = len(heard.time_s)
        reader = self._reader_of[heard.point]
        # What a reader hears within a report's time, it hands over at once.
        arrival_s = np.ceil(heard.time_s / REPORT_S) * REPORT_S + DELAY_S * (1 + reader % 5)
        arrival_s += self._slowness(heard.time_s, reader)
        lost = np.zeros(count, dtype=np.bool_)
        for outage in self._troubles.outages:
            down = (reader == self._number[outage.reader]) & (heard.time_s >= outage.from_s)
            down &= heard.time_s < outage.to_s
            if outage.buffered:
                progress = (heard.time_s[down] - outage.from_s) / (outage.to_s - outage.from_s)
                arrival_s[down] = outage.to_s + REPORT_S + UPLOAD_S * progress
            else:
                lost |= down
        lost |= self._missed(arrival_s, reader)
        time_s = heard.time_s + self._clock_error(heard.time_s, reader)
        found = _Arrivals(heard, _ns(time_s), _ns(arrival_s))
        return _where(found, ~lost)

    def _slowness(self, time_s: Floats, reader: Ints) -> Floats:
        """How long reports are under way on a slow network; what is in one stays together."""
        slowness = np.zeros(len(time_s))
        for slow in self._troubles.slow:
            late = (reader == self._number[slow.reader]) & (time_s >= slow.from_s)
            late &= time_s < slow.to_s
            report, inverse = np.unique(np.ceil(time_s[late] / REPORT_S), return_inverse=True)
            slowness[late] = self._rng.uniform(0, slow.delay_s, len(report))[inverse]
        return slowness

    def _missed(self, arrival_s: Floats, reader: Ints) -> Flags:
        """What comes while the gateway is down, or before it has connected to the reader."""
        missed = np.zeros(len(arrival_s), dtype=np.bool_)
        for restart in self._troubles.restarts:
            online_s = np.array([restart.online_s[name] for name in self._number])
            missed |= (arrival_s >= restart.down_s) & (arrival_s < online_s[reader])
        return missed

    def _clock_error(self, time_s: Floats, reader: Ints) -> Floats:
        error_s = np.zeros(len(time_s))
        for jump in self._troubles.jumps:
            after = (reader == self._number[jump.reader]) & (time_s >= jump.at_s)
            error_s[after] = jump.ahead_s
        return error_s

    def reads(self, due: _Arrivals, start_ns: int) -> list[Read]:
        """The reads themselves, in order of arrival, some of them twice."""
        due = self._with_repeats(due)
        heard = due.heard
        tags, names, numbers = self._tags, self._names, self._numbers
        rows = zip(
            heard.asset.tolist(),
            heard.point.tolist(),
            (due.time_ns + start_ns).tolist(),
            (due.arrival_ns + start_ns).tolist(),
            heard.rssi_dbm.tolist(),
            strict=True,
        )
        reads = [
            Read(tags[asset], names[point], numbers[point], time_ns, arrival_ns, rssi_dbm)
            for asset, point, time_ns, arrival_ns, rssi_dbm in rows
        ]
        for row in np.flatnonzero(heard.channel).tolist():
            read = reads[row]
            reads[row] = Read(
                read.tag,
                read.reader,
                read.antenna,
                read.time_ns,
                read.arrival_ns,
                read.rssi_dbm,
                1,
                float(heard.phase_rad[row]),
                channel=int(heard.channel[row]),
            )
        return reads

    def _with_repeats(self, due: _Arrivals) -> _Arrivals:
        """Readers hand some reads over a second time, soon after."""
        order = np.argsort(due.arrival_ns, kind="stable")
        due = _where(due, order)
        if not self._repeats_share:
            return due
        twice = np.flatnonzero(self._rng.random(len(order)) < self._repeats_share)
        again = _where(due, twice)
        last_ns = int(due.arrival_ns[-1]) if len(order) else 0
        later_ns = np.minimum(again.arrival_ns + round(REPEAT_S * SECOND_NS), last_ns)
        both = _both(due, again._replace(arrival_ns=later_ns))
        return _where(both, np.argsort(both.arrival_ns, kind="stable"))


def _ns(seconds: Floats) -> Ints:
    return np.round(seconds * SECOND_NS).astype(np.int64)


def _where(arrivals: _Arrivals, wanted: Ints | Flags) -> _Arrivals:
    return _Arrivals(
        arrivals.heard.where(wanted), arrivals.time_ns[wanted], arrivals.arrival_ns[wanted]
    )


def _both(one: _Arrivals, other: _Arrivals) -> _Arrivals:
    return _Arrivals(
        joined([one.heard, other.heard]),
        np.concatenate([one.time_ns, other.time_ns]),
        np.concatenate([one.arrival_ns, other.arrival_ns]),
    )


def _parted(waiting: list[_Arrivals], until_ns: int) -> tuple[_Arrivals, _Arrivals]:
    """What arrives before an instant, and the rest."""
    known = waiting[0]
    for each in waiting[1:]:
        known = _both(known, each)
    due = known.arrival_ns < until_ns
    return _where(known, due), _where(known, ~due)
