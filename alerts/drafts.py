"""How an alert is written when it is raised: what the rule lends it, and the evidence."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from alerts.alert import Alert, Evidence, Severity
from alerts.company import portal_left_by
from alerts.excursions import words_of
from alerts.facts import (
    ClockFault,
    Excess,
    Fact,
    Overstay,
    PartFault,
    ReaderFault,
    Unheard,
)
from alerts.lifecycle import alert_id
from alerts.outage import has_gate, zones_of_outage
from alerts.state import JudgeState
from readers.health import ReaderHealth
from readers.maintenance import WHOLE_READER
from tags.times import SECOND_NS
from zones.floorplan import FloorPlan, PointKey
from zones.movements import Conflict, Crossing, Movement

_UNREAD = Unheard | ClockFault | ReaderFault | PartFault
"""Of these no read tells."""

CLOCKS_SHOWN = 20
"""Readers that are enough to show that it is not their clocks."""


class Heading(NamedTuple):
    """What all alerts of a rule have in common."""

    rule: str
    version: str
    kind: str
    severity: Severity
    latched: bool
    clears_after_s: float | None = None
    flap_window_s: float = 0.0


class Scene(NamedTuple):
    """Who is concerned and where, in the words of an alert."""

    asset: str | None = None
    tag: str = ""
    from_zone: str | None = None
    to_zone: str | None = None
    portal: str | None = None
    reader: str | None = None
    antenna: int | None = None
    sensor: str | None = None
    part: str | None = None
    detail: str = ""
    late: bool = False
    zones: tuple[str, ...] = ()


Write = Callable[[Fact, int, int], Alert]
"""Writes an alert about what happened, decided (event ns) and its ordinal."""


def draft_under(heading: Heading, subject: str, state: JudgeState, plan: FloorPlan) -> Write:
    """What writes the alerts of a rule about a subject."""

    def write(fact: Fact, decided_ns: int, ordinal: int) -> Alert:
        scene = _scene(fact, state)
        if isinstance(fact, Unheard):
            key = (heading.rule, subject)
            scene = scene._replace(zones=zones_of_outage(key, fact.zone, state, plan))
        case = state.cases.get((heading.rule, subject))
        excursion = case.excursion if isinstance(fact, Excess) and case is not None else None
        if excursion is not None:
            scene = scene._replace(detail=words_of(excursion))
        astray = state.custody.strays.get(scene.asset or "")
        if astray is not None and heading.rule in astray.rules and not scene.late:
            scene = scene._replace(detail=scene.detail or astray.detail)
        return Alert(
            id=alert_id(heading.rule, subject, scene.to_zone, ordinal),
            rule=heading.rule,
            rule_version=heading.version,
            kind=heading.kind,
            severity="critical" if has_gate(scene.zones, plan) else heading.severity,
            **scene._asdict(),
            time_ns=fact.time_ns,
            decided_ns=decided_ns,
            raised_at_ns=state.now_ns,
            evidence=_evidence(fact, scene, state, plan),
            latched=heading.latched,
            clears_after_s=heading.clears_after_s,
            flap_window_s=heading.flap_window_s,
            excursion=excursion,
        )

    return write


def _scene(fact: Fact, state: JudgeState) -> Scene:
    match fact:
        case Unheard(zone=zone):
            return Scene(from_zone=zone, to_zone=zone)
        case ClockFault(reader=reader):
            return Scene(reader=reader)
        case ReaderFault(reader=reader, antenna=antenna, detail=detail):
            return Scene(reader=reader, antenna=antenna, detail=detail)
        case PartFault(name=name, detail=detail):
            return Scene(part=name, detail=detail)
        case _:
            return _scene_of_tag(fact, state)


def _scene_of_tag(
    fact: Movement | Crossing | Conflict | Excess | Overstay, state: JudgeState
) -> Scene:
    match fact:
        case Excess(asset=asset, tag=tag, zone=zone, sensor=sensor):
            return Scene(asset, tag, zone, zone, sensor=sensor)
        case Overstay(asset=asset, tag=tag, detail=detail):
            way = fact.from_zone, fact.to_zone, fact.portal
            return Scene(asset, tag, *way, detail=detail)
        case Conflict(asset=asset, tag=tag, zones=zones):
            return Scene(asset, tag, *zones)
        case Crossing(asset=asset, tag=tag, portal=portal, late=late):
            return Scene(asset, tag, _left(fact, state), portal=portal, late=late)
        case Movement(asset=asset, tag=tag, from_zone=from_zone, to_zone=to_zone, late=late):
            door = portal_left_by(fact, state.passers)
            return Scene(asset, tag, from_zone, to_zone, door, late=late)


def _left(crossing: Crossing, state: JudgeState) -> str | None:
    """The zone in which the tag was known to be before it went through."""
    place = state.places.get(crossing.tag)
    if place is None or place.time_ns > crossing.time_ns:
        return None
    return place.zone or None


def _evidence(fact: Fact, scene: Scene, state: JudgeState, plan: FloorPlan) -> Evidence:
    antennas: dict[str, list[int]] = {}
    for reader, antenna in sorted(set(_points(scene, plan))):
        antennas.setdefault(reader, []).append(antenna)
    readers = {name: _words(state.readers.get(name), antennas[name]) for name in antennas}
    if isinstance(fact, ClockFault):
        readers = _clocks(fact, state)
    elif isinstance(fact, ReaderFault):
        concerned = [] if fact.antenna is None else [fact.antenna]
        readers = {fact.reader: _words(state.readers.get(fact.reader), concerned)}
    return Evidence(
        reads=() if isinstance(fact, _UNREAD) else fact.heard,
        estimate=_estimate(fact),
        readers=readers,
        site_version=state.site_version,
    )


def _points(scene: Scene, plan: FloorPlan) -> Iterator[PointKey]:
    """The read points from which one could know: those of the zones, and of the portal."""
    for zone in scene.zones or (scene.from_zone, scene.to_zone):
        yield from plan.zones[zone].covered_by if zone in plan.zones else ()
    if scene.portal in plan.portals:
        yield from plan.portals[scene.portal].points


def _estimate(fact: Fact) -> dict[str, float]:
    """What was weighed: the zones, or how sure the direction is."""
    if isinstance(fact, Crossing):
        return {fact.direction: fact.confidence}
    if isinstance(fact, Excess):
        return {fact.quantity: fact.value}
    return fact.scores if isinstance(fact, Movement) else {}


def _clocks(fact: ClockFault, state: JudgeState) -> dict[str, str]:
    """The clock in question; about the gateway's own, those of the readers."""
    if fact.reader is not None:
        return {fact.reader: _clock_words(fact.offset_ns)}
    return {name: _clock_words(state.clocks[name]) for name in sorted(state.clocks)[:CLOCKS_SHOWN]}


def _clock_words(offset_ns: int) -> str:
    """How wrong a reader's clock is; the offset is what would have to be added to it."""
    return f"clock {abs(offset_ns) / SECOND_NS:.3f} s {'behind' if offset_ns > 0 else 'ahead'}"


def _words(health: ReaderHealth | None, antennas: list[int]) -> str:
    """How a reader is, as far as it matters for these antennas."""
    if health is None:
        return "unknown"
    if health.state != "online" or health.is_maintained(WHOLE_READER):
        return health.shown().state
    said = ["online"]
    said += [f"antenna {n} disconnected" for n in antennas if health.lacks(n)]
    said += [f"antenna {n} in maintenance" for n in antennas if health.is_maintained(n)]
    return ", ".join(said)
