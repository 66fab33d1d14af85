"""How an alert is written when it is raised: what the rule lends it, and the evidence."""

from typing import NamedTuple

from alerts.alert import Alert, Evidence, Severity
from alerts.lifecycle import Draft, Fact, alert_id
from alerts.state import JudgeState
from readers.health import ReaderHealth
from readers.maintenance import WHOLE_READER
from zones.floorplan import FloorPlan


class Heading(NamedTuple):
    """What all alerts of a rule have in common."""

    rule: str
    version: str
    kind: str
    severity: Severity
    latched: bool
    clears_after_s: float | None = None


def draft_under(heading: Heading, subject: str, state: JudgeState, plan: FloorPlan) -> Draft:
    """What writes the alerts of a rule about a subject."""

    def draft(fact: Fact, decided_ns: int, ordinal: int) -> Alert:
        return Alert(
            id=alert_id(heading.rule, subject, fact.to_zone, ordinal),
            rule=heading.rule,
            rule_version=heading.version,
            kind=heading.kind,
            severity=heading.severity,
            asset=fact.asset,
            tag=fact.tag,
            from_zone=fact.from_zone,
            to_zone=fact.to_zone,
            portal=None,
            time_ns=fact.time_ns,
            decided_ns=decided_ns,
            raised_at_ns=state.now_ns,
            late=fact.late,
            evidence=_evidence(fact, state, plan),
            latched=heading.latched,
            clears_after_s=heading.clears_after_s,
        )

    return draft


def _evidence(fact: Fact, state: JudgeState, plan: FloorPlan) -> Evidence:
    zones = [plan.zones.get(name or "") for name in (fact.from_zone, fact.to_zone)]
    antennas: dict[str, list[int]] = {}
    for point in sorted({point for zone in zones if zone is not None for point in zone.covered_by}):
        antennas.setdefault(point[0], []).append(point[1])
    return Evidence(
        reads=fact.heard,
        estimate=fact.scores,
        readers={name: _words(state.readers.get(name), antennas[name]) for name in antennas},
        site_version=state.site_version,
    )


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
