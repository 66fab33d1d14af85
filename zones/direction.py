"""Which way a tag went through a gate, from the reads of its two sides.

Two things are weighed together. Order: the mean time of each side's reads, weighted by their
power (10 ** (RSSI / 10)), in units of its own standard error; who is heard later by the outer
side went out. Motion: see `zones.radial`. Only a tag that moved can have crossed: the levels
of a parked tag drift, and put its sides in an order as sure as that of many a walk, but its
phase stands still. Where no phase is known, the order must be plain.

Doppler shifts are not used: at walking speed they are 2 to 4 Hz, and a reader's error is 60 Hz
[measured].
"""

from collections.abc import Iterable, Sequence
from math import exp, inf, nan, sqrt
from typing import Literal, NamedTuple

import msgspec

from tags.times import SECOND_NS
from zones.movements import Direction
from zones.portal_settings import PhaseUse, PortalSettings
from zones.radial import APART_S_MAX, APART_S_MIN, Motion, Pair, weigh

INSIDE, OUTSIDE = 0, 1

ORDER_WEIGHT = 2.0
"""Nats for each standard error between the sides: as if a walk were one such error apart."""

SEPARATION_MIN = 0.25
"""Sides whose mean times are closer than this share of the passage have no plain order."""

SEPARATION_NATS = 20.0
"""For moving, for each share of the passage beyond that: parked tags reach 0.25 within 7 s and
0.2 within 18 s, walks from corner to corner have at least 0.6."""

PHASE_NATS_MAX = 6.0
"""The phase knows no walk but one straight through the middle; plain levels outweigh it."""

PHASES_MIN = 4
"""With fewer pairs the phase is as good as unknown."""

MOVED_NATS, MOVED_NATS_BLIND = 3.0, -3.0
"""Log-odds that a tag which both sides heard moved, before what its reads say. Walks have at
least -3 nats of motion, parked tags at most -16 within 18 s; without phase the odds are turned,
and a plain order has to win them."""

NATS_MAX = 10.0
"""No one kind of evidence outweighs more."""

BLIND_NATS_MAX = 2.0

THROUGH_NATS_MIN = -0.45
"""If the phase says that it rather passed by or turned round, the order must be plain. Walks
through the gate have at least -1.5, those along it reach 1.5 [measured]: where the phase is
scarce it can not tell."""

RISE_SLOTS = 6
RISE_DB_MIN = 5.0
RISE_NATS = 2.0
"""Without phase, for moving, for each dB by which the level of both sides rises and falls more
than that, in means over a sixth of the passage: those of parked tags stay below 4 dB within
18 s, walks from corner to corner have at least 6.6 [measured]."""

BURST_NATS = 10.0
"""A tag that stood still on the whole, but moved for a while: parked tags reach 7.6 in 18 s."""

MARGIN_NS = SECOND_NS // 2
PHASE_SIGNS: dict[PhaseUse, float] = {"falls": 1.0, "rises": -1.0, "unused": nan}
EVEN = 0.5

Lean = Literal["outbound", "inbound"]


class Sight(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One read of a tag at a gate; `side` is INSIDE or OUTSIDE, `point` numbers the antenna."""

    time_ns: int
    side: int
    point: int
    rssi_cdb: int | None = None
    phase_rad: float | None = None
    channel: int | None = None
    count: int = 1


class Verdict(NamedTuple):
    """Where a tag went, how sure that is (0 to 1), what a guess would be, and when.

    `time_ns` is when it was between the sides: midway between the power-weighted mean times
    of the two. `lean` is None only where one side alone heard the tag.
    """

    direction: Direction
    confidence: float
    lean: Lean | None
    time_ns: int

    @property
    def crossed(self) -> bool:
        """Whether the tag went through."""
        return self.direction in {"outbound", "inbound"}


class Order(NamedTuple):
    """What the levels say: the later side by standard errors, by share of the passage, when.

    `rise_db` is by how much the level of the steadier side rose and fell.
    """

    errors: float
    separation: float
    middle_s: float
    rise_db: float

    @property
    def is_plain(self) -> bool:
        """Whether the sides were clearly heard one after the other."""
        return abs(self.separation) >= SEPARATION_MIN


def judge(
    sights: Iterable[Sight],
    settings: PortalSettings,
    *,
    staying: bool = False,
) -> Verdict:
    """The direction of one passage; sights may come in any order, and more than once.

    There must be sights. Lingering is a tag that stood still, or was there for `linger_s`
    and did not plainly move; unknown is all else that is no crossing. The way of a tag that
    was `staying` does not begin and end with its reads, so it needs a plain order. The
    confidence is that of the lean or, of lingering, that it stood still.
    """
    ordered = sorted(dict.fromkeys(sights), key=_key)
    verdict, motion = _judge(ordered, settings, staying=staying)
    if verdict.direction != "lingering" or motion.burst < BURST_NATS:
        return verdict
    part = _part(ordered, motion)
    again, _ = _judge(part, settings, staying=True)
    return again if again.crossed else verdict


def _part(ordered: Sequence[Sight], motion: Motion) -> list[Sight]:
    """The stretch in which a tag moved that stood still before or after."""
    start_ns, end_ns = ordered[0].time_ns, ordered[-1].time_ns
    from_ns = start_ns + motion.burst_from * (end_ns - start_ns) - MARGIN_NS
    to_ns = start_ns + motion.burst_to * (end_ns - start_ns) + MARGIN_NS
    return [each for each in ordered if from_ns <= each.time_ns <= to_ns]


def _judge(
    ordered: Sequence[Sight],
    settings: PortalSettings,
    *,
    staying: bool,
) -> tuple[Verdict, Motion]:
    start_ns = ordered[0].time_ns
    length_s = (ordered[-1].time_ns - start_ns) / SECOND_NS
    inside = [each for each in ordered if each.side == INSIDE]
    outside = [each for each in ordered if each.side == OUTSIDE]
    if not inside or not outside or not length_s:
        middle_ns = (start_ns + ordered[-1].time_ns) // 2
        return Verdict("unknown", 0.0, None, middle_ns), Motion()
    order = _order(inside, outside, start_ns, length_s)
    motion = weigh(_pairs(ordered, start_ns, length_s, settings.phase))
    phased = max(-PHASE_NATS_MAX, min(motion.outward, PHASE_NATS_MAX))
    outward = ORDER_WEIGHT * order.errors + phased
    moved = _probability(_moved(order, motion))
    sure = _probability(abs(outward))
    lean: Lean = "outbound" if outward > 0 else "inbound"
    seen = min(_reads(inside), _reads(outside)) >= settings.reads_min
    time_ns = start_ns + round(order.middle_s * SECOND_NS)
    direction: Direction = "unknown"
    if moved < EVEN and (motion.phases >= PHASES_MIN or length_s >= settings.linger_s):
        direction = "lingering"
    elif seen and sure >= settings.confidence_min and moved >= EVEN:
        doubted = staying or motion.through + order.errors**2 < THROUGH_NATS_MIN
        direction = lean if order.is_plain or not doubted else "unknown"
    confidence = 1 - moved if direction == "lingering" else sure
    return Verdict(direction, confidence, lean, time_ns), motion


def _moved(order: Order, motion: Motion) -> float:
    """Log-odds (nats) that the tag moved through the gate rather than stood at it."""
    apart = (abs(order.separation) - SEPARATION_MIN) * SEPARATION_NATS
    drift = max(0.0, min(apart, order.errors**2, NATS_MAX))
    if motion.phases >= PHASES_MIN:
        return MOVED_NATS + drift + max(-NATS_MAX, min(motion.moving, NATS_MAX))
    rise = max(0.0, min((order.rise_db - RISE_DB_MIN) * RISE_NATS, order.errors**2, NATS_MAX))
    steps = max(-BLIND_NATS_MAX, min(motion.moving, BLIND_NATS_MAX))
    return MOVED_NATS_BLIND + drift + rise + steps


def _reads(sights: Sequence[Sight]) -> int:
    return sum(each.count for each in sights)


def _order(
    inside: Sequence[Sight],
    outside: Sequence[Sight],
    start_ns: int,
    length_s: float,
) -> Order:
    levels = [each.rssi_cdb for each in (*inside, *outside) if each.rssi_cdb is not None]
    top_cdb = max(levels, default=0)
    t_in, error_in = _mean_time(inside, start_ns, length_s, top_cdb)
    t_out, error_out = _mean_time(outside, start_ns, length_s, top_cdb)
    later_s = t_out - t_in
    return Order(
        errors=later_s / sqrt(error_in + error_out),
        separation=later_s / length_s,
        middle_s=(t_in + t_out) / 2,
        rise_db=min(_rise_db(side, start_ns, length_s) for side in (inside, outside)),
    )


def _rise_db(sights: Sequence[Sight], start_ns: int, length_s: float) -> float:
    """Between the highest and the lowest mean level of the slots of a passage with two reads."""
    slots: dict[int, list[int]] = {}
    for each in sights:
        if each.rssi_cdb is not None:
            progress = (each.time_ns - start_ns) / SECOND_NS / length_s
            slots.setdefault(int(progress * RISE_SLOTS), []).append(each.rssi_cdb)
    means = [sum(levels) / len(levels) for levels in slots.values() if len(levels) > 1]
    return (max(means) - min(means)) / 100 if means else 0.0


def _mean_time(
    sights: Sequence[Sight],
    start_ns: int,
    length_s: float,
    top_cdb: int,
) -> tuple[float, float]:
    """Power-weighted mean time of a side (s since the start), and the variance of that mean.

    The variance knows one more read, as strong as the strongest, at any time of the passage:
    so a single read is no certainty. Reads without RSSI count as the weakest of their side.
    """
    least_cdb = min(
        (each.rssi_cdb for each in sights if each.rssi_cdb is not None), default=top_cdb
    )
    weighed: list[tuple[float, float]] = []
    for each in sights:
        level_cdb = least_cdb if each.rssi_cdb is None else each.rssi_cdb
        weight = each.count * 10 ** ((level_cdb - top_cdb) / 1000)
        weighed.append((weight, (each.time_ns - start_ns) / SECOND_NS))
    total = sum(weight for weight, _ in weighed)
    mean_s = sum(weight * at_s for weight, at_s in weighed) / total
    squares = sum((weight * (at_s - mean_s)) ** 2 for weight, at_s in weighed)
    squares += (max(weighed)[0] * length_s) ** 2 / 12
    return mean_s, squares / total**2


def _pairs(
    ordered: Sequence[Sight],
    start_ns: int,
    length_s: float,
    phase: PhaseUse,
) -> list[Pair]:
    """Reads by the same antenna on the same channel, one soon after the other.

    Some readers report a constant where they know no phase.
    """
    known = [each.phase_rad for each in ordered if each.phase_rad is not None]
    varies = known.count(known[0]) < len(known) if known else False
    sign = PHASE_SIGNS[phase if varies else "unused"]
    newest: dict[tuple[int, int], Sight] = {}
    pairs: list[Pair] = []
    for each in ordered:
        place = (each.side, each.point)
        last = newest.get(place)
        apart_s = (each.time_ns - last.time_ns) / SECOND_NS if last else inf
        if apart_s < APART_S_MIN:
            continue
        newest[place] = each
        if last and apart_s <= APART_S_MAX and each.channel and each.channel == last.channel:
            middle_s = ((last.time_ns + each.time_ns) / 2 - start_ns) / SECOND_NS
            phase_rad = sign * _growth(last.phase_rad, each.phase_rad)
            level_db = _growth(last.rssi_cdb, each.rssi_cdb) / 100
            outside = each.side == OUTSIDE
            number = each.point
            pairs.append(Pair(number, outside, middle_s / length_s, apart_s, phase_rad, level_db))
    pairs.sort(key=lambda pair: pair.progress)
    return pairs


def _growth(before: float | None, after: float | None) -> float:
    return nan if before is None or after is None else after - before


def _probability(nats: float) -> float:
    return 1 / (1 + exp(-nats))


def _key(sight: Sight) -> tuple[int, ...]:
    """An order that depends on nothing but the sights."""
    return (
        sight.time_ns,
        sight.side,
        sight.point,
        -1_000_000 if sight.rssi_cdb is None else sight.rssi_cdb,
        sight.channel or 0,
        sight.count,
        -1 if sight.phase_rad is None else round(sight.phase_rad * 1_000_000),
    )
