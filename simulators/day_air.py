"""What the antennas hear in a facility day, worked out many reads at a time.

The levels are those of `simulators.radio`; parked tags are read once in 10 s, mostly under
their own antennas, now and then by one farther away, and by then faintly.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulators.day_lives import Lives, Stay, Walk
from simulators.day_site import DaySite
from simulators.layout import Antenna, Point
from simulators.radio import (
    CHANNELS,
    FAST_SD_DB,
    PATH_LOSS_EXPONENT,
    READ_HALF_DBM,
    READ_SHARE_MAX,
    READ_SLOPE_DB,
    RSSI_AT_1_M_DBM,
    TAG_HEIGHT_M,
    mean_rssi_dbm,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

REREAD_S = 10.0
JITTER_S = 2.5
REACH_M = 12.0
FOREIGN_REACH_M = 20.0
OWN_POINTS, POINTS = 3, 4
FOREIGN_SHARE = 0.03
LEVEL_DBM_MIN = -82.0
PARKED_SD_DB = 1.8
# Installers turn a gate's power down until it hears nothing of what is parked beside it.
QUIET_DB = 0.5
ECHO_M, ECHOES_PER_HOUR = 6.0, 4.0
ECHO_DB, LOUDER_INSIDE_DB = 4.0, 6.0
DWELL_S = 0.033
HOP_S = 0.2
# Readers that look after many parked tags have less time for one that passes.
PACE_OF_CEILING = 3
SHADOW_M, SHADOW_SD_DB = 0.6, 2.0
_SPEED_OF_LIGHT_MPS = 299_792_458.0
_TURN_RAD = 2 * math.pi


class Heard(NamedTuple):
    """Reads as columns: seconds, asset, antenna by its place in the layout, level, phase, channel.

    Without a phase it is not a number, and the channel 0.
    """

    time_s: Floats
    asset: Ints
    point: Ints
    rssi_dbm: Floats
    phase_rad: Floats
    channel: Ints

    def where(self, wanted: Flags | Ints) -> "Heard":
        """Some of the rows, or all of them in another order."""
        return Heard(
            time_s=self.time_s[wanted],
            asset=self.asset[wanted],
            point=self.point[wanted],
            rssi_dbm=self.rssi_dbm[wanted],
            phase_rad=self.phase_rad[wanted],
            channel=self.channel[wanted],
        )


def joined(parts: Sequence[Heard]) -> Heard:
    """Several as one, in their order."""
    return Heard(
        time_s=np.concatenate([each.time_s for each in parts]),
        asset=np.concatenate([each.asset for each in parts]),
        point=np.concatenate([each.point for each in parts]),
        rssi_dbm=np.concatenate([each.rssi_dbm for each in parts]),
        phase_rad=np.concatenate([each.phase_rad for each in parts]),
        channel=np.concatenate([each.channel for each in parts]),
    )


class _Place(NamedTuple):
    """Where a thing is when."""

    time_s: Floats
    x_m: Floats
    y_m: Floats


class _Columns:
    """All antennas of a site as columns."""

    def __init__(self, antennas: tuple[Antenna, ...], site: DaySite) -> None:
        self.at_m = np.array([antenna.at_m for antenna in antennas])
        self.boresight = np.array([antenna.boresight for antenna in antennas])
        self.beam_db = np.array([antenna.beam_db for antenna in antennas])
        boxes = [site.layout.zone(antenna.zone).polygon for antenna in antennas]
        self.low = np.array([polygon[0] for polygon in boxes])
        self.high = np.array([polygon[2] for polygon in boxes])


class Air:
    """All reads of a facility, by stretches of time."""

    def __init__(self, seed: int, site: DaySite, lives: Lives) -> None:
        self._seed = seed
        self._site = site
        self._antennas = site.layout.antennas
        self._columns = _Columns(self._antennas, site)
        self._stays = _Stays(seed, site, [stay for stay in lives.stays if not stay.silent])
        self._echoes = _Echoes(seed, site, lives.stays)
        self._walks = lives.walks
        self._next_walk = 0
        readers = site.layout.readers
        self._points_of = [
            np.array([n for n, each in enumerate(self._antennas) if each.reader == reader])
            for reader in readers
        ]
        doors = {door.reader for door in site.doors}
        self._paces = [1 if reader in doors else PACE_OF_CEILING for reader in readers]

    def hear(self, from_s: float, to_s: float) -> Heard:
        """What is parked in [from_s, to_s), and all of the walks that begin in it.

        To be asked for one stretch after the other.
        """
        parts = [self._stays.hear(from_s, to_s), self._echoes.hear(from_s, to_s)]
        while self._next_walk < len(self._walks):
            walk = self._walks[self._next_walk]
            if walk.trip.start_s >= to_s:
                break
            parts += self._follow(self._next_walk, walk)
            self._next_walk += 1
        return joined(parts)

    def _follow(self, number: int, walk: Walk) -> list[Heard]:
        """What all readers hear of one walk; the antennas of a reader take turns."""
        rng = np.random.default_rng([self._seed, 1, number])
        legs = list(walk.trip.legs(0))
        times = np.array([legs[0].from_s, *(leg.to_s for leg in legs)])
        xs = np.array([legs[0].start[0], *(leg.end[0] for leg in legs)])
        ys = np.array([legs[0].start[1], *(leg.end[1] for leg in legs)])
        turns = np.arange(math.floor((times[-1] - times[0]) / DWELL_S))
        time_s = times[0] + (turns + rng.random()) * DWELL_S
        x_m, y_m = np.interp(time_s, times, xs), np.interp(time_s, times, ys)
        found = []
        for points, pace in zip(self._points_of, self._paces, strict=True):
            point = points[turns[::pace] // pace % len(points)]
            at_m = self._columns.at_m[point]
            dx, dy = x_m[::pace] - at_m[:, 0], y_m[::pace] - at_m[:, 1]
            near = np.flatnonzero(dx * dx + dy * dy < REACH_M * REACH_M)
            if len(near):
                place = _Place(time_s[::pace][near], x_m[::pace][near], y_m[::pace][near])
                found.append(self._listen(walk, place, point[near], rng))
        return found

    def _listen(self, walk: Walk, place: _Place, point: Ints, rng: np.random.Generator) -> Heard:
        """What one reader hears of a walk: when, and by which antenna in turn."""
        time_s, count = place.time_s, len(place.time_s)
        level, distance_m = self._levels(place, point)
        gone_m = (time_s - walk.trip.start_s) * walk.trip.speed_mps
        level += _shadows(gone_m, point, rng)
        chance = READ_SHARE_MAX / (1 + np.exp((READ_HALF_DBM - level) / READ_SLOPE_DB))
        read = np.flatnonzero(rng.random(count) < chance * (distance_m < REACH_M))
        time_s, point, distance_m = time_s[read], point[read], distance_m[read]
        rssi_dbm = _as_stated(level[read] + rng.normal(0, FAST_SD_DB, len(read)))
        hops = rng.permutation(CHANNELS) + 1
        channel = hops[(time_s / HOP_S).astype(np.int64) % CHANNELS]
        hertz = 902_750_000.0 + 500_000.0 * (channel - 1)
        turned = (2 * distance_m * hertz / _SPEED_OF_LIGHT_MPS) % 1.0
        phase_rad = (turned * _TURN_RAD + rng.normal(0, 0.1, len(read))) % _TURN_RAD
        asset = np.full(len(read), walk.asset)
        return Heard(time_s, asset, point, rssi_dbm, phase_rad, channel)

    def _levels(self, place: _Place, point: Ints) -> tuple[Floats, Floats]:
        """Mean level at each antenna, as `mean_rssi_dbm` with walls, and the distance."""
        columns, x_m, y_m = self._columns, place.x_m, place.y_m
        at_m = columns.at_m[point]
        dx, dy, dz = x_m - at_m[:, 0], y_m - at_m[:, 1], TAG_HEIGHT_M - at_m[:, 2]
        distance_m = np.maximum(0.3, np.sqrt(dx * dx + dy * dy + dz * dz))
        boresight = columns.boresight[point]
        ahead = dx * boresight[:, 0] + dy * boresight[:, 1] + dz * boresight[:, 2]
        path_db = 10 * PATH_LOSS_EXPONENT * np.log10(distance_m)
        level = RSSI_AT_1_M_DBM - path_db - columns.beam_db[point] * (1 - ahead / distance_m)
        low, high = columns.low[point], columns.high[point]
        inside = (x_m >= low[:, 0]) & (x_m < high[:, 0]) & (y_m >= low[:, 1]) & (y_m < high[:, 1])
        return level - self._site.layout.wall_db * ~inside, distance_m


class _Stays:
    """Parked assets as columns, and which antennas hear them how."""

    def __init__(self, seed: int, site: DaySite, stays: list[Stay]) -> None:
        self._rng = np.random.default_rng([seed, 2])
        self._site = site
        antennas = site.layout.antennas
        self._zones = {zone.name: zone for zone in site.layout.zones}
        self._asset = np.array([stay.asset for stay in stays])
        self._from_s = np.array([stay.from_s for stay in stays])
        self._to_s = np.array([stay.to_s for stay in stays])
        self._phase_s = self._rng.uniform(0, REREAD_S, len(stays))
        heard = [self._hearers(stay, antennas) for stay in stays]
        self._points = np.array([points for points, _ in heard])
        self._levels = np.array([levels for _, levels in heard])
        self._levels += self._rng.normal(0, SHADOW_SD_DB, self._levels.shape)
        limits = [antenna.rssi_dbm_min for antenna in antennas]
        gates = [site.layout.zone(antenna.zone).role == "exit" for antenna in antennas]
        self._most_dbm = np.array(
            [
                limit - QUIET_DB if gate and limit is not None else 0.0
                for limit, gate in zip(limits, gates, strict=True)
            ]
        )

    def hear(self, from_s: float, to_s: float) -> Heard:
        """Each parked tag once in 10 s, with some jitter; the stretch is a multiple of that."""
        rows = np.flatnonzero((self._from_s < to_s) & (self._to_s > from_s))
        rounds = np.arange(round(from_s / REREAD_S), round(to_s / REREAD_S))
        row = np.repeat(rows, len(rounds))
        jitter_s = self._rng.uniform(0, JITTER_S, len(row))
        # Whole stretches only: what would fall behind the end of one is read just before it.
        within_s = np.minimum(self._phase_s[row] * 0.75 + jitter_s, REREAD_S - 0.001)
        time_s = np.asarray(np.tile(rounds * REREAD_S, len(rows)) + within_s, dtype=np.float64)
        kept = (time_s >= self._from_s[row]) & (time_s < self._to_s[row])
        row, time_s = row[kept], time_s[kept]
        slot = self._slots(len(row))
        point = self._points[row, slot]
        level = self._levels[row, slot] + self._rng.normal(0, PARKED_SD_DB, len(row))
        level = np.clip(level, LEVEL_DBM_MIN, self._most_dbm[point])
        count = len(row)
        return Heard(
            time_s=time_s,
            asset=self._asset[row],
            point=point,
            rssi_dbm=_as_stated(level),
            phase_rad=np.full(count, np.nan),
            channel=np.zeros(count, dtype=np.int64),
        )

    def _slots(self, count: int) -> Ints:
        """Mostly the nearest antenna of the own zone, at times the others, seldom a foreign one."""
        drawn = self._rng.random(count)
        return np.searchsorted(np.array([0.75, 0.9, 1 - FOREIGN_SHARE]), drawn, side="right")

    def _hearers(self, stay: Stay, antennas: tuple[Antenna, ...]) -> tuple[list[int], list[float]]:
        """The loudest antennas of the own zone, and one of another within reach; their levels."""
        zone = antennas[stay.under].zone
        doors = {door.reader for door in self._site.doors}
        levels = {
            n: self._level(antenna, stay.spot)
            for n, antenna in enumerate(antennas)
            if _apart_m(antenna, stay.spot) < FOREIGN_REACH_M
        }
        ranked = sorted(levels, key=levels.__getitem__, reverse=True)
        own = [n for n in ranked if antennas[n].zone == zone and antennas[n].reader not in doors]
        foreign = [n for n in ranked if n not in own][:4]
        points = (own * OWN_POINTS)[:OWN_POINTS]
        # Which of the near foreign ones it is depends on the spot alone.
        points.append(foreign[stay.asset % len(foreign)] if foreign else own[0])
        return points, [levels[n] for n in points]

    def _level(self, antenna: Antenna, spot: Point) -> float:
        walled = not self._zones[antenna.zone].contains(spot)
        return mean_rssi_dbm(antenna, *spot) - self._site.layout.wall_db * walled


class _Echoes:
    """Things parked near the gate, which it hears loudly for a moment; louder still it is inside.

    Such an echo is a pair of reads at one instant, by two antennas of the gate's reader.
    """

    def __init__(self, seed: int, site: DaySite, stays: Sequence[Stay]) -> None:
        self._rng = np.random.default_rng([seed, 4])
        gate = next(door for door in site.doors if not door.is_portal)
        points = [
            (n, antenna)
            for n, antenna in enumerate(site.layout.antennas)
            if antenna.reader == gate.reader
        ]
        self._outer = next(n for n, antenna in points if antenna.rssi_dbm_min is not None)
        self._limit_dbm = float(site.layout.antennas[self._outer].rssi_dbm_min or 0)
        inner = [(n, antenna) for n, antenna in points if antenna.rssi_dbm_min is None]
        self._inner = min(inner, key=lambda point: _apart_m(point[1], gate.line))[0]
        near = [
            stay
            for stay in stays
            if not stay.silent and _apart_m(site.layout.antennas[self._inner], stay.spot) < ECHO_M
        ]
        self._asset = np.array([stay.asset for stay in near], dtype=np.int64)
        self._from_s = np.array([stay.from_s for stay in near])
        self._to_s = np.array([stay.to_s for stay in near])

    def hear(self, from_s: float, to_s: float) -> Heard:
        """The echoes in [from_s, to_s), each thing as often as `ECHOES_PER_HOUR` says."""
        rows = np.flatnonzero((self._from_s < to_s) & (self._to_s > from_s))
        often = self._rng.poisson(ECHOES_PER_HOUR * (to_s - from_s) / 3_600, len(rows))
        row = np.repeat(rows, often)
        time_s = self._rng.uniform(from_s, to_s, len(row))
        kept = (time_s >= self._from_s[row]) & (time_s < self._to_s[row])
        row, time_s = row[kept], time_s[kept]
        loud = np.full(len(row), self._limit_dbm + ECHO_DB)
        return Heard(
            time_s=np.concatenate([time_s, time_s]),
            asset=np.concatenate([self._asset[row], self._asset[row]]),
            point=np.repeat(np.array([self._outer, self._inner]), len(row)),
            rssi_dbm=np.concatenate([loud, loud + LOUDER_INSIDE_DB]),
            phase_rad=np.full(2 * len(row), np.nan),
            channel=np.zeros(2 * len(row), dtype=np.int64),
        )


def _apart_m(antenna: Antenna, spot: Point) -> float:
    return math.dist(antenna.at_m[:2], spot)


def _shadows(gone_m: Floats, point: Ints, rng: np.random.Generator) -> Floats:
    """What each antenna's shadows add along the way (dB), the same for places close together."""
    first = int(point.min())
    place = (gone_m - gone_m[0]) / SHADOW_M
    before = place.astype(np.int64)
    drawn = rng.normal(0, SHADOW_SD_DB, (int(point.max()) - first + 1, int(before[-1]) + 2))
    share = place - before
    own = point - first
    shadow: Floats = drawn[own, before] * (1 - share) + drawn[own, before + 1] * share
    return shadow


def _as_stated(level: Floats) -> Floats:
    """Readers state halves of a dB."""
    stated: Floats = np.round(level * 2) / 2
    return stated
