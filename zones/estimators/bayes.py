"""The likeliest zone given all that was heard: a hidden Markov model, kept in its log odds.

What a bin says for a zone is how far its loudest antenna rises above a floor: `bin_nats` at
10 dB, else as the power 1.5 of that. Below the floor a level says nothing, so one antenna that
fades costs its zone little; only a zone that is silent for `silent_s`, while others hear the
tag, loses `silence_nats` a bin, and the present zone gains `hold_nats` while it hears the tag,
so that between two zones it stays where it is. `bin_nats` is small, since fades last longer
than a bin. (Likelihood ratios that were fitted to single zones and antennas were worse on
recordings that they were not fitted on.)

The state is how far each zone is behind the likeliest one (thousandths of a nat, whole
numbers: exact in any order). A tag may change its zone at any time, so no zone falls behind by
more than a depth (the Viterbi recursion with a constant chance of change). The depth grows
with the logarithm of the time that the tag has been in its zone: what has stayed long stays
on. The tag moves when a zone is ahead of its own by `lead_nats`.
"""

from collections.abc import Iterator, Mapping

import msgspec

from tags.times import SECOND_NS
from zones.bins import BIN_NS, Cell
from zones.estimator_settings import BayesSettings
from zones.estimators.contract import Estimate, ZoneOrder, first_heard_ns, heard_by_zone
from zones.estimators.odds import NAT, Depth, EvidenceTable, shares_of
from zones.floorplan import FloorPlan

Heard = Mapping[str, tuple[int, int]]
"""The zones of a bin, each with its loudest level and the time of its first read."""

ZONES_MAX = 32
"""Zones kept of a tag; those that are furthest behind make room."""

HEARD_BINS = 4 * SECOND_NS // BIN_NS
"""How far from a past bin a zone's newest level still speaks of it."""


class Belief(msgspec.Struct, gc=False, array_like=True):
    """One zone and its score: 0 is the likeliest, others are below.

    `since_ns` is when it began to catch up; `number` is the newest bin that heard the tag
    there, `level_cdb` its loudest read in that, and `silent` in how many bins only others
    heard the tag since.
    """

    zone: str
    score: int
    since_ns: int
    number: int = -1
    level_cdb: int = 0
    silent: int = 0


class BayesMemory(msgspec.Struct, tag="bayes", array_like=True):
    """What is believed of a tag; `rest` is the score of all zones that are not listed.

    `moved` is the bin of its newest move.
    """

    beliefs: list[Belief] = []
    moved: int = 0
    rest: int = 0


class BayesEstimator:
    """Adds up what the bins say, and moves the tag when another zone is likely enough."""

    memory_kind = BayesMemory

    def __init__(self, plan: FloorPlan, settings: BayesSettings) -> None:
        self._plan = plan
        self._point = plan.point
        self._order = ZoneOrder(plan)
        self._fast = plan.fast
        self._evidence = EvidenceTable(settings)
        self._depth = Depth(settings)
        self._lowest = -self._depth.most
        self._hold = round(settings.hold_nats * NAT)
        self._silent_bins = round(settings.silent_s * SECOND_NS / BIN_NS)
        self._silence = round(settings.silence_nats * NAT)
        self._leads = {zone: round(nats * NAT) for zone, nats in _leads_nats(plan, settings)}

    def fresh(self) -> BayesMemory:
        """Nothing is known of the tag yet."""
        return BayesMemory()

    def begin(self, number: int, head: Cell, zone: str) -> BayesMemory:
        """Remember what `zone` heard in this bin."""
        heard = heard_by_zone(self._plan, head)
        belief = Belief(zone, 0, first_heard_ns(self._plan, head, zone))
        if zone in heard:
            belief.number, belief.level_cdb = number, heard[zone][0]
        return BayesMemory([belief], number, -self._depth.most)

    def estimate(
        self,
        memory: BayesMemory,
        number: int,
        head: Cell,
        current: str | None,
    ) -> Estimate | None:
        """Take one closed bin in; the new zone, or None if the tag stays where it is."""
        if head.other is None and len(memory.beliefs) == 1:
            belief = memory.beliefs[0]
            if belief.zone == current and self._point(head.key).zone == current:
                if head.count:
                    belief.number, belief.level_cdb, belief.silent = number, head.max_cdb, 0
                    if memory.rest > self._lowest:
                        rest = memory.rest - self._evidence.alone(head.max_cdb) - self._hold
                        memory.rest = max(rest, self._lowest)
                return None
        heard = heard_by_zone(self._plan, head)
        if not heard:
            return None
        depth = self._enter(memory, number, heard, current)
        self._weigh(memory, number, heard, depth)
        self._hold_on(memory, current)
        _keep(memory, depth, current)
        return self._choose(memory, number, heard, current)

    def disputes(self, memory: BayesMemory, number: int, zone: str, level_cdb: int) -> bool:
        """Whether another zone than `zone` was heard at least at this level around a past bin."""
        return any(
            belief.zone != zone
            and abs(belief.number - number) <= HEARD_BINS
            and belief.level_cdb >= level_cdb
            for belief in memory.beliefs
        )

    def _enter(
        self,
        memory: BayesMemory,
        number: int,
        heard: Heard,
        current: str | None,
    ) -> int:
        """Make sure that all zones that count are listed; how far behind one may be."""
        known = {belief.zone for belief in memory.beliefs}
        if current not in known:
            # It is nowhere yet, or something else than reads says where it is.
            memory.moved, memory.rest = number, 0
            memory.beliefs.clear()
            known.clear()
        depth = self._depth.after(max(0, number - memory.moved), fast=current in self._fast)
        if current is not None and not known:
            memory.beliefs.append(Belief(current, 0, _begin_ns(heard, current)))
            known.add(current)
            memory.rest = -depth
        rest = memory.rest = max(memory.rest, -depth)
        memory.beliefs += [
            Belief(zone, rest, first_ns)
            for zone, (_, first_ns) in heard.items()
            if zone not in known
        ]
        return depth

    def _weigh(
        self,
        memory: BayesMemory,
        number: int,
        heard: Heard,
        depth: int,
    ) -> None:
        """Let each zone gain or lose what the bin says of it."""
        levels_cdb = {zone: level_cdb for zone, (level_cdb, _) in heard.items()}
        said = self._evidence.of(levels_cdb)
        for belief in memory.beliefs:
            zone = belief.zone
            if belief.score <= -depth:
                belief.score = -depth
                belief.since_ns = _begin_ns(heard, zone)
            if zone in said:
                belief.number, belief.level_cdb, belief.silent = number, levels_cdb[zone], 0
                belief.score += said[zone]
                continue
            belief.silent += 1
            if belief.silent >= self._silent_bins:
                belief.score -= self._silence

    def _hold_on(self, memory: BayesMemory, current: str | None) -> None:
        """Let the present zone gain for hearing the tag."""
        for belief in memory.beliefs:
            if belief.zone == current and not belief.silent:
                belief.score += self._hold

    def _choose(
        self,
        memory: BayesMemory,
        number: int,
        heard: Heard,
        current: str | None,
    ) -> Estimate | None:
        scores = {belief.zone: belief.score for belief in memory.beliefs}
        best = self._order.best(scores)
        if best == current:
            return None
        if current is not None:
            lead = min(self._leads[best], self._leads[current])
            if scores[best] - scores[current] < lead:
                return None
        since_ns = next(belief.since_ns for belief in memory.beliefs if belief.zone == best)
        memory.moved = number
        for belief in memory.beliefs:
            belief.since_ns = _begin_ns(heard, belief.zone)
        shares = shares_of(scores)
        return Estimate(best, since_ns, shares, shares[best])


def _leads_nats(plan: FloorPlan, settings: BayesSettings) -> Iterator[tuple[str, float]]:
    """By how much each zone must be ahead, or behind, for a move into it or out of it."""
    fast_nats = min(settings.lead_nats, settings.lead_fast_nats)
    for zone in plan.zones:
        usual_nats = fast_nats if zone in plan.fast else settings.lead_nats
        yield zone, plan.leads_nats.get(zone, usual_nats)


def _begin_ns(heard: Heard, zone: str) -> int:
    """When a bin first heard the tag in a zone, or at all if that zone did not."""
    if zone in heard:
        return heard[zone][1]
    return min(first_ns for _, first_ns in heard.values())


def _keep(memory: BayesMemory, depth: int, current: str | None) -> None:
    """Count from the likeliest zone, and keep beliefs that say more than `rest` does."""
    top = max(belief.score for belief in memory.beliefs)
    memory.rest = max(-depth, memory.rest - top)
    for belief in memory.beliefs:
        belief.score -= top
    ranked = sorted(memory.beliefs, key=lambda each: (each.zone != current, -each.score, each.zone))
    memory.beliefs = [each for each in ranked if each.score > memory.rest or each.zone == current][
        :ZONES_MAX
    ]
