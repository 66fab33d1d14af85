"""The likeliest zone given all that was heard: a hidden Markov model, kept in its log odds.

What a bin says for a zone is how far its loudest antenna rises above a floor, in dB, times
`nats_per_db`. Below the floor all levels say the same: that the tag is not right there, which
they say of every zone that is not its own. So evidence is mostly positive, and one antenna
that fades for a while costs the zone little. (Fitted likelihood ratios of single zones and
antennas were worse on recordings that they were not fitted on.) `nats_per_db` is small: fades
last longer than a bin, so that bins are no independent witnesses.

The state is how far each zone is behind the likeliest one (thousandths of a nat, whole
numbers: exact in any order). A tag may change its zone at any time, so no zone falls behind by
more than a depth (the Viterbi recursion with a constant chance of change). The depth grows
with the logarithm of the time that the tag has been in its zone: what has stayed long stays
on. The tag moves when a zone is ahead of its own by the odds of `sure`.
"""

import math
from collections.abc import Iterable

import msgspec

from tags.times import SECOND_NS
from zones.bins import BIN_NS, Cell
from zones.estimator_settings import BayesSettings
from zones.estimators.contract import Estimate, ZoneOrder, first_heard_ns, heard_cells, zone_of
from zones.floorplan import FloorPlan

ZONES_MAX = 32
"""Zones kept of a tag; those that are furthest behind make room."""

HEARD_BINS = 4 * SECOND_NS // BIN_NS
"""How far from a past bin a zone's newest level still speaks of it."""

_NAT = 1_000


class Belief(msgspec.Struct, gc=False, array_like=True):
    """One zone: how far behind it is (0 or less), since when it has been catching up,
    and the newest bin that heard the tag there, with its level."""

    zone: str
    score: int
    since_ns: int
    number: int = -1
    level_cdb: int = 0


class BayesMemory(msgspec.Struct, tag="bayes", array_like=True):
    """What is believed of a tag. Zones that are not listed are as far behind as may be.

    `moved` is the bin of its newest move.
    """

    beliefs: list[Belief] = []
    moved: int = 0


class BayesEstimator:
    """Adds up what the bins say, and moves the tag when another zone is likely enough."""

    memory_kind = BayesMemory

    def __init__(self, plan: FloorPlan, settings: BayesSettings) -> None:
        self._plan = plan
        self._point = plan.point
        self._order = ZoneOrder(plan)
        self._fast = plan.fast
        self._floor_cdb = round(settings.floor_dbm * 100)
        self._span_cdb = round(settings.span_db * 100)
        self._unheard_cdb = -round(settings.unheard_db * 100)
        self._slope = round(settings.nats_per_db * _NAT)
        self._depth = round(settings.depth_nats * _NAT)
        self._depth_max = round(settings.depth_max_nats * _NAT)
        self._settle_bins = settings.settle_s * SECOND_NS / BIN_NS
        self._lead = _odds(settings.sure)
        self._lead_fast = _odds(settings.sure_fast)

    def fresh(self) -> BayesMemory:
        """Nothing is known of the tag yet."""
        return BayesMemory()

    def begin(self, number: int, head: Cell, zone: str) -> BayesMemory:
        """Remember what `zone` heard in this bin."""
        levels_cdb = self._levels(head)
        belief = Belief(zone, 0, first_heard_ns(self._plan, head, zone))
        if zone in levels_cdb:
            belief.number, belief.level_cdb = number, levels_cdb[zone]
        return BayesMemory([belief], number)

    def estimate(
        self,
        memory: BayesMemory,
        number: int,
        head: Cell,
        current: str | None,
    ) -> Estimate | None:
        """Take one closed bin in; the new zone, or None if the tag stays where it is."""
        beliefs = memory.beliefs
        if head.other is None and len(beliefs) == 1:
            belief = beliefs[0]
            if belief.zone == current and self._point(head.key).zone == current:
                if head.count:
                    belief.number, belief.level_cdb = number, head.max_cdb
                return None
        levels_cdb = self._levels(head)
        if not levels_cdb:
            return None
        self._weigh(memory, number, head, levels_cdb, current)
        return self._choose(memory, number, head, current)

    def disputes(self, memory: BayesMemory, number: int, zone: str, level_cdb: int) -> bool:
        """Whether another zone than `zone` was heard at least at this level around a past bin."""
        return any(
            belief.zone != zone
            and abs(belief.number - number) <= HEARD_BINS
            and belief.level_cdb >= level_cdb
            for belief in memory.beliefs
        )

    def _levels(self, head: Cell) -> dict[str, int]:
        """The loudest read of each zone, in the order of the zones."""
        levels_cdb: dict[str, int] = {}
        for cell in heard_cells(head):
            zone = zone_of(self._plan, cell.key)
            if zone is not None:
                levels_cdb[zone] = max(cell.max_cdb, levels_cdb.get(zone, cell.max_cdb))
        return dict(sorted(levels_cdb.items()))

    def _weigh(
        self,
        memory: BayesMemory,
        number: int,
        head: Cell,
        levels_cdb: dict[str, int],
        current: str | None,
    ) -> None:
        """Let all zones gain or lose by what the bin says."""
        depth = self._depth_of(memory, number, current)
        at_ns = min(cell.first_ns for cell in heard_cells(head))
        known = {belief.zone: belief for belief in memory.beliefs}
        for zone in levels_cdb if current is None else (current, *levels_cdb):
            if zone not in known:
                # The tag's own zone leads where nothing is remembered of it.
                known[zone] = Belief(zone, 0 if zone == current else -depth, at_ns)
        floor_cdb = min(self._floor_cdb, max(levels_cdb.values()) - self._span_cdb)
        for zone, belief in known.items():
            if belief.score <= -depth:
                belief.score, belief.since_ns = -depth, at_ns
            above_cdb = self._unheard_cdb
            if zone in levels_cdb:
                belief.number, belief.level_cdb = number, levels_cdb[zone]
                above_cdb = max(0, levels_cdb[zone] - floor_cdb)
            belief.score += self._slope * above_cdb // 100
        memory.beliefs = _kept(known.values(), depth, current)

    def _depth_of(self, memory: BayesMemory, number: int, current: str | None) -> int:
        """How far a zone may be behind, after so long in the present one."""
        if current is None or not any(belief.zone == current for belief in memory.beliefs):
            memory.beliefs.clear()
            memory.moved = number
        stayed_bins = max(0, number - memory.moved)
        if current in self._fast:
            return self._depth
        grown = math.log1p(stayed_bins / self._settle_bins) * _NAT
        return min(self._depth_max, self._depth + round(grown))

    def _choose(
        self,
        memory: BayesMemory,
        number: int,
        head: Cell,
        current: str | None,
    ) -> Estimate | None:
        scores = {belief.zone: belief.score for belief in memory.beliefs}
        best = self._order.best(scores)
        if best == current:
            return None
        quick = best in self._fast or current in self._fast
        lead = self._lead_fast if quick else self._lead
        if current is not None and scores[best] - scores[current] < lead:
            return None
        shares = _shares(scores)
        return Estimate(
            zone=best,
            since_ns=self._settle(memory, number, head, best),
            scores=shares,
            confidence=shares[best],
        )

    def _settle(self, memory: BayesMemory, number: int, head: Cell, zone: str) -> int:
        """The tag moves; when it did, which is when the zone began to catch up."""
        memory.moved = number
        since_ns = next(b.since_ns for b in memory.beliefs if b.zone == zone)
        at_ns = first_heard_ns(self._plan, head, zone)
        for belief in memory.beliefs:
            belief.since_ns = at_ns
        return since_ns


def _odds(share: float) -> int:
    """By how much a zone must lead to be so sure, of two."""
    return round(math.log(share / (1 - share)) * _NAT)


def _shares(scores: dict[str, int]) -> dict[str, float]:
    """The probability of each zone, by its name."""
    top = max(scores.values())
    weights = {zone: math.exp((scores[zone] - top) / _NAT) for zone in sorted(scores)}
    total = sum(weights.values())
    return {zone: weight / total for zone, weight in weights.items()}


def _kept(beliefs: Iterable[Belief], depth: int, current: str | None) -> list[Belief]:
    """Beliefs that say more than that a zone is far behind, counted from the likeliest one."""
    ranked = sorted(
        beliefs, key=lambda belief: (belief.zone != current, -belief.score, belief.zone)
    )
    top = max(belief.score for belief in ranked)
    for belief in ranked:
        belief.score -= top
    return [b for b in ranked if b.score > -depth or b.zone == current][:ZONES_MAX]
