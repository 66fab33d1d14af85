"""The inventory rounds of one simulated reader: antenna after antenna, tag after tag."""

import math
from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import chain
from random import Random
from typing import NamedTuple

from msgspec.structs import replace

from simulators.layout import Vector
from simulators.radio import BIAS_SD_DB, CHANNELS, REACH_M, Link, Receiver
from simulators.scenarios import Scenario
from simulators.walks import Carrier
from tags.reads import Read

SECOND_NS = 1_000_000_000
# Measured on the recordings: with four antennas each has its turn every 131 ms (median) ...
DWELL_NS = 33_000_000
# ... and a channel lasts 200 ms.
HOP_NS = 200_000_000
READS_PER_S_MAX = 700
# Readers count in microseconds.
TICK_NS = 1_000
SLOT_NS = SECOND_NS // READS_PER_S_MAX // TICK_NS * TICK_NS
SLOTS = DWELL_NS // SLOT_NS
# A report gathers so many dwells and lists them antenna by antenna, whichever came first. With
# these weights reads come out of order as measured on the recordings: 24 to 30 % of them, late by
# 61 ms (median), 166 to 221 ms (99 %), 1.0 s (most).
DWELLS_PER_REPORT = {1: 3.0, 2: 2.0, 3: 3.0, 4: 3.0, 6: 0.3, 12: 0.01, 28: 0.002}
DELIVERY_NS = 3_000_000
_APPROACH_MPS = 1.7
# A standing tag's level changes slowly: it is worked out once in so long.
STILL_FRESH_S = 1.0

Due = tuple[float, int, Link]
Bounds = tuple[float, float, float, float]


class Report(NamedTuple):
    """Reads that one reader hands over at once, `offset_ns` after the start of the simulation."""

    reader: str
    offset_ns: int
    reads: list[Read]


class Rounds:
    """One reader at work; the same arguments give the same reports.

    Memory is that of the tags that can come near its antennas.
    """

    def __init__(self, seed: int, scenario: Scenario, reader: str) -> None:
        self._reader = reader
        self._reread_s = scenario.reread_s
        self._rng = Random(f"{seed}/{reader}")
        receivers = _receivers(scenario, reader, self._rng)
        self._numbers = [receiver.antenna.number for receiver in receivers]
        self._cycle_s = DWELL_NS * len(receivers) / SECOND_NS
        self._hops = self._rng.sample(range(1, CHANNELS + 1), CHANNELS)
        self._due = _first_dues(scenario, receivers, self._rng)

    def reports(self, start_ns: int) -> Iterator[Report]:
        """Every report, empty ones too, for ever; `start_ns` is added to all times of reads."""
        sizes, weights = list(DWELLS_PER_REPORT), list(DWELLS_PER_REPORT.values())
        first = 0
        while True:
            after = first + self._rng.choices(sizes, weights)[0]
            offset_ns = after * DWELL_NS + DELIVERY_NS
            reads = self._gather(range(first, after), start_ns, start_ns + offset_ns)
            yield Report(self._reader, offset_ns, reads)
            first = after

    def _gather(self, dwells: range, start_ns: int, arrival_ns: int) -> list[Read]:
        by_antenna: list[list[Read]] = [[] for _ in self._numbers]
        for dwell in dwells:
            turn = dwell % len(by_antenna)
            self._dwell(turn, dwell * DWELL_NS, start_ns, arrival_ns, by_antenna[turn])
        return list(chain.from_iterable(by_antenna))

    def _dwell(
        self,
        turn: int,
        from_ns: int,
        start_ns: int,
        arrival_ns: int,
        reads: list[Read],
    ) -> None:
        due, rng, now_s = self._due[turn], self._rng, from_ns / SECOND_NS
        number = self._numbers[turn]
        channel = self._hops[from_ns // HOP_NS % CHANNELS]
        time_ns = start_ns + from_ns
        for _ in range(SLOTS):
            if not due or due[0][0] > now_s:
                return
            _, index, link = heappop(due)
            rssi_dbm = link.hear(now_s, rng)
            again_s = self._again_s(link, now_s, read=rssi_dbm is not None)
            if again_s < math.inf:
                heappush(due, (again_s, index, link))
            if rssi_dbm is None:
                continue
            at_ns = time_ns + int(rng.random() * SLOT_NS) // TICK_NS * TICK_NS
            time_ns += SLOT_NS
            read = Read(link.tag, self._reader, number, at_ns, arrival_ns, float(rssi_dbm))
            reads.append(replace(read, phase_rad=link.phase_rad(channel), channel=channel))

    def _again_s(self, link: Link, now_s: float, *, read: bool) -> float:
        carrier = link.carrier
        if carrier.walking:
            wait_s = max(self._cycle_s, (link.distance_m - REACH_M) / _APPROACH_MPS)
            if carrier.jumps:
                wait_s = min(wait_s, max(self._cycle_s, carrier.still_until_s - now_s))
            return now_s + wait_s
        if link.dead:
            return carrier.still_until_s
        if link.hopeless:
            rest_s = max(STILL_FRESH_S, self._reread_s)
        elif not self._reread_s:
            rest_s = self._cycle_s
        elif read:
            rest_s = self._reread_s * (0.75 + 0.5 * self._rng.random())
        else:
            rest_s = self._reread_s / 4
        return min(now_s + rest_s, carrier.still_until_s)


def _receivers(scenario: Scenario, reader: str, rng: Random) -> list[Receiver]:
    layout = scenario.layout
    fresh_s = max(STILL_FRESH_S, 3 * scenario.reread_s)
    return [
        Receiver(
            antenna=antenna,
            zone=layout.zone(antenna.zone),
            wall_db=layout.wall_db,
            bias_db=rng.gauss(0, BIAS_SD_DB),
            fresh_s=fresh_s,
        )
        for antenna in layout.antennas
        if antenna.reader == reader
    ]


def _first_dues(scenario: Scenario, receivers: list[Receiver], rng: Random) -> list[list[Due]]:
    """For each antenna a heap of tags by the time of their next round."""
    dues: list[list[Due]] = [[] for _ in receivers]
    spots = [_hull([receiver.antenna.at_m]) for receiver in receivers]
    whole = _hull([receiver.antenna.at_m for receiver in receivers])
    for asset in scenario.assets:
        bounds = asset.itinerary.bounds()
        if _apart(bounds, whole):
            continue
        carrier = Carrier(asset.itinerary)
        for receiver, spot, due in zip(receivers, spots, dues, strict=True):
            for tag in () if _apart(bounds, spot) else asset.tags:
                link = Link(receiver, carrier, tag, rng)
                heappush(due, (rng.random() * scenario.reread_s, len(due), link))
    return dues


def _hull(places: list[Vector]) -> Bounds:
    xs, ys = [place[0] for place in places], [place[1] for place in places]
    return (min(xs), min(ys), max(xs), max(ys))


def _apart(one: Bounds, other: Bounds) -> bool:
    """Whether no point of the one rectangle is within reach of the other."""
    return (
        one[0] > other[2] + REACH_M
        or one[2] < other[0] - REACH_M
        or one[1] > other[3] + REACH_M
        or one[3] < other[1] - REACH_M
    )
