"""What pairs of reads by one antenna on one channel say about how a tag moves.

Phase: a reader reports the phase of the carrier that came back, phi = c - 4 pi r / lambda, or
the other way round, where c holds as long as antenna and channel do. Two reads a moment apart
are therefore a radial speed, up to multiples of lambda / 4 per moment (the R420 knows the
phase only up to half a turn): too many to know a speed from one pair, but enough to weigh
whole stories against each other. These are: through the gate outwards, through it inwards,
carried about, and standing still.

Level: while a tag stands still its level stays what it is; carried through the echoes of a
room it does not. That needs no phase.

The constants were measured on an Impinj R420 with a tag that stood still, or was walked.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

WAVENUMBER = 4 * np.pi / 0.328
"""Phase for each metre of distance (rad/m) at 915 MHz; 866 MHz differs by 5 %."""

APART_S_MIN = 0.01
"""Nothing moves in less."""

APART_S_MAX = 0.15
"""Reads further apart may be of two visits to a channel, and alias at a slow walk."""

PHASE_SD_RAD = 0.2
"""Of the difference between two reads of a tag that stands still."""

SPEED_SD_M_S = 0.15
"""How far the radial speed of a carried tag strays from that of an even walk: arms, gait."""

STRAY = 0.15
"""Share of pairs whose phase says nothing: reads that name the channel before their own, echoes."""

SPEEDS_M_S = np.geomspace(0.15, 1.6, 12)[:, np.newaxis]
"""Walks through a gate; all are held equally likely."""

ANY_SPEED_M_S = np.linspace(-1.0, 1.0, 41)[:, np.newaxis]
"""Radial speeds of a tag that is carried about."""

STILL_DB, CARRIED_DB = 0.95, 1.9
"""Mean difference between the levels of a pair."""

LEVEL_DB_MAX = 5.0
LEVEL_WEIGHT = 0.5
"""Differences of level are not independent of each other."""

Floats = NDArray[np.float64]


class Pair(NamedTuple):
    """Two reads by one antenna on one channel: how far apart, and what grew by how much.

    `progress` (0 to 1) is how much of the passage was over. NaN is not known.
    """

    outside: bool
    progress: float
    apart_s: float
    phase_rad: float
    level_db: float


class Motion(NamedTuple):
    """Log-likelihood ratios (nats): `outward` against inward, `moving` against standing still.

    `phases` is how many pairs had a phase. `burst` is how much the liveliest stretch of the
    passage says for moving, `burst_from` and `burst_to` its ends, by progress.
    """

    outward: float = 0.0
    moving: float = 0.0
    phases: int = 0
    burst: float = 0.0
    burst_from: float = 0.0
    burst_to: float = 1.0


class Spread(NamedTuple):
    """Concentration of a von Mises density, and what makes its integral one."""

    sharpness: Floats
    norm: Floats


def weigh(pairs: Sequence[Pair]) -> Motion:
    """Weigh the stories against each other; without pairs none is likelier than another.

    The pairs come in order of their progress.
    """
    if not pairs:
        return Motion()
    table: Floats = np.array(pairs, dtype=np.float64)
    moving = _restless(table[:, 4])
    known = ~np.isnan(table[:, 3])
    outward = 0.0
    if known.any():
        outward, nats = _weigh_phases(table[known])
        moving[known] += nats
    burst, first, last = _burst(moving)
    progress = table[:, 1]
    return Motion(
        outward=outward,
        moving=float(moving.sum()),
        phases=int(known.sum()),
        burst=burst,
        burst_from=float(progress[first]),
        burst_to=float(progress[last]),
    )


def _weigh_phases(table: Floats) -> tuple[float, Floats]:
    """Nats for outwards, and for moving by pair.

    Of the tag's speed v that away from the inner antennas is v p at progress p, and that
    towards the outer ones v (1 - p); inwards it is the reverse.
    """
    outside, progress, apart_s, phase_rad, _ = table.T
    outwards = np.where(outside, progress - 1, progress)
    inwards = np.where(outside, progress, progress - 1)
    carried = _spread(SPEED_SD_M_S * apart_s)
    turn = 2 * WAVENUMBER * apart_s

    def densities(speeds_m_s: Floats, spread: Spread) -> Floats:
        return _density(2 * phase_rad + turn * speeds_m_s, spread)

    still = densities(np.zeros((1, 1)), _spread(np.zeros(1)))[0]
    anyhow = densities(ANY_SPEED_M_S, carried).mean(axis=0)
    out = _likelihood(densities(SPEEDS_M_S * outwards, carried))
    back = _likelihood(densities(SPEEDS_M_S * inwards, carried))
    nats: Floats = np.log(anyhow / still)
    return out - back, nats


def _restless(levels_db: Floats) -> Floats:
    """Nats for moving by the differences of level, by pair: Laplace densities of two widths."""
    size = np.minimum(np.abs(levels_db), LEVEL_DB_MAX)
    nats = np.log(STILL_DB / CARRIED_DB) + size * (1 / STILL_DB - 1 / CARRIED_DB)
    known: Floats = LEVEL_WEIGHT * np.where(np.isnan(nats), 0.0, nats)
    return known


def _burst(nats: Floats) -> tuple[float, int, int]:
    """The largest sum of neighbours, and where it begins and ends (Kadane's algorithm)."""
    best, begun, ended = 0.0, 0, len(nats) - 1
    current, start = 0.0, 0
    for number, each in enumerate(nats.tolist()):
        if current <= 0:
            current, start = 0.0, number
        current += each
        if current > best:
            best, begun, ended = current, start, number
    return best, begun, ended


def _spread(astray_m: Floats) -> Spread:
    """Of the doubled phase of pairs whose way is known up to so much (standard deviation)."""
    sharpness = 0.25 / (PHASE_SD_RAD**2 + (WAVENUMBER * astray_m) ** 2)
    return Spread(sharpness, np.i0(sharpness))


def _density(angle_rad: Floats, spread: Spread) -> Floats:
    """Von Mises over the uniform density, with a share of strays."""
    density: Floats = np.exp(spread.sharpness * np.cos(angle_rad)) / spread.norm
    return STRAY + (1 - STRAY) * density


def _likelihood(densities: Floats) -> float:
    """Log of the mean over the speeds (rows) of the product over the pairs (columns)."""
    rows = np.log(densities).sum(axis=1)
    top = rows.max()
    return float(top + np.log(np.exp(rows - top).mean()))
