"""What pairs of reads by one antenna on one channel say about how a tag moves.

Phase: a reader reports the phase of the carrier that came back, phi = c - 4 pi r / lambda, or
the other way round, where c holds as long as antenna and channel do. Two reads a moment apart
are therefore a radial speed, up to multiples of lambda / 4 per moment (the R420 knows the
phase only up to half a turn): too many to know a speed from one pair, but enough to weigh
whole stories against each other. These are: through the gate outwards, through it inwards,
past it, up to it and back, carried about, and standing still.

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

PASSED_AT = {
    "early": 0.33,
    "rather early": 0.38,
    "midway": 0.5,
    "rather late": 0.62,
    "late": 0.67,
}
PASS_SHARPNESS = 5.0
"""When, by progress, an antenna is passed, and how suddenly nearing turns into leaving."""

CLEAR_NATS, MISFIT = 5.0, 0.6
"""No story fits a real way, so the right one may be behind another by up to this share of what
it explains; it matters where the phase says much."""

Floats = NDArray[np.float64]


class Pair(NamedTuple):
    """Two reads by one antenna on one channel: how far apart, and what grew by how much.

    `point` numbers the antenna. `progress` (0 to 1) is how much of the passage was over. NaN
    is not known.
    """

    point: int
    outside: bool
    progress: float
    apart_s: float
    phase_rad: float
    level_db: float


class Motion(NamedTuple):
    """Log-likelihood ratios (nats): `outward` against inward, `moving` against standing still.

    `through` is going through the gate, either way, against having been near it only.
    `phases` is how many pairs had a phase. `burst` is how much the liveliest stretch of the
    passage says for moving, `burst_from` and `burst_to` its ends, by progress.
    """

    outward: float = 0.0
    through: float = 0.0
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
    moving = _restless(table[:, 5])
    known = ~np.isnan(table[:, 4])
    outward = through = 0.0
    if known.any():
        outward, through, nats = _weigh_phases(table[known])
        moving[known] += nats
    burst, first, last = _burst(moving)
    progress = table[:, 2]
    return Motion(
        outward=outward,
        through=through,
        moving=float(moving.sum()),
        phases=int(known.sum()),
        burst=burst,
        burst_from=float(progress[first]),
        burst_to=float(progress[last]),
    )


def _weigh_phases(table: Floats) -> tuple[float, float, Floats]:
    """Nats for outwards against inwards, for through against all else, and for moving by pair.

    Of the tag's speed v that away from the inner antennas is v p at progress p, and that
    towards the outer ones v (1 - p); inwards it is the reverse.
    """
    point, outside, _, apart_s, phase_rad, _ = table.T
    inner = outside == 0
    carried = _spread(SPEED_SD_M_S * apart_s)
    still = _density(2 * phase_rad, _spread(np.zeros(1)))
    anyhow = _density(_astray(table, ANY_SPEED_M_S), carried).mean(axis=0)
    courses = _courses(table, carried)
    nats: Floats = np.log(anyhow / still)
    out = _through(courses, inner)
    back = _through(courses, ~inner)
    ways = max(_mean(out), _mean(back))
    others = _other_stories(courses, point, inner)
    misfit = MISFIT * max(0.0, others - CLEAR_NATS)
    return _mean(out[0]) - _mean(back[0]), float(ways - others - misfit), nats


def _courses(table: Floats, carried: Spread) -> dict[str, Floats]:
    """Log densities by speed (rows) and pair (columns), for each course past one antenna.

    Passing is coming nearer and going away again, at full speed but for the moment of it;
    the names say how early in the passage that is.
    """
    progress = table[:, 2]
    shares = {"recede": progress, "approach": progress - 1, "turn": 1 - 2 * progress}
    for name, middle in PASSED_AT.items():
        shares[name] = np.clip(PASS_SHARPNESS * (progress - middle), -1, 1)
    return {
        course: np.log(_density(_astray(table, SPEEDS_M_S * share), carried))
        for course, share in shares.items()
    }


def _astray(table: Floats, speeds_m_s: Floats) -> Floats:
    """By how much the doubled phase of each pair is off, if these were its radial speeds."""
    apart_s, phase_rad = table[:, 3], table[:, 4]
    return 2 * phase_rad + 2 * WAVENUMBER * apart_s * speeds_m_s


def _sum(courses: dict[str, Floats], taken: dict[str, NDArray[np.bool_]]) -> Floats:
    """The log-likelihood of a story by speed: which pairs take which course."""
    parts = [courses[course][:, pairs].sum(axis=1) for course, pairs in taken.items()]
    rows: Floats = np.sum(parts, axis=0)
    return rows


def _through(courses: dict[str, Floats], first: NDArray[np.bool_]) -> Floats:
    """The ways through the gate, past the antennas of one side `first` (rows: speeds).

    Row by row of stories: from between them to between the others, or from before all of them
    to behind all.
    """
    return np.array(
        [
            _sum(courses, {"recede": first, "approach": ~first}),
            _sum(courses, {"early": first, "late": ~first}),
            _sum(courses, {"rather early": first, "rather late": ~first}),
        ]
    )


def _other_stories(courses: dict[str, Floats], point: Floats, inner: NDArray[np.bool_]) -> float:
    """The log-likelihood that it came near the gate and did not go through it.

    It passed by, turned round on either side, or came nearer to some antennas and went away
    from others without regard to their sides.
    """
    stories = [
        _sum(courses, {"midway": np.ones_like(inner)}),
        _sum(courses, {"turn": inner, "midway": ~inner}),
        _sum(courses, {"midway": inner, "turn": ~inner}),
    ]
    if len(np.unique(point)) > len(np.unique(inner)):
        stories.append(_regardless_of_sides(courses, point, inner))
    return _mean(np.array(stories))


def _regardless_of_sides(
    courses: dict[str, Floats], point: Floats, inner: NDArray[np.bool_]
) -> Floats:
    """Nearer to some antennas and away from the others, by speed: every choice but the gate's."""
    points = np.unique(point)
    ways = np.logaddexp(
        _sum(courses, {"recede": inner, "approach": ~inner}),
        _sum(courses, {"approach": inner, "recede": ~inner}),
    )
    every = np.zeros_like(ways)
    for each in points:
        own = point == each
        every += np.logaddexp(_sum(courses, {"recede": own}), _sum(courses, {"approach": own}))
    left: Floats = every + np.log1p(-np.exp(np.minimum(ways - every, -1e-9)))
    left -= np.log(2.0 ** len(points) - 2)
    return left


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


def _mean(rows: Floats) -> float:
    """Log of the mean likelihood over the speeds."""
    top = rows.max()
    return float(top + np.log(np.exp(rows - top).mean()))
