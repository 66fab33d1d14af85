"""An alert: what happened, what people did about it, and the evidence."""

from typing import Literal

import msgspec

from zones.movements import Heard

Severity = Literal["info", "warning", "critical"]
Condition = Literal["active", "returned"]
Transition = Literal[
    "raised",
    "reopened",
    "acknowledged",
    "escalated",
    "returned",
    "cleared",
    "chattering",
    "shelved",
    "unshelved",
    "suppressed",
    "unsuppressed",
    "out_of_service",
    "in_service",
    "assigned",
    "commented",
]
Cause = Literal["moved", "first_seen", "rule_change", "asset_change", "schedule", "custody"]
"""Why an alert was raised when it was: something moved, was seen for the first time and was
outside already, or a rule, the register, a schedule or a check-out is not what it was before."""
AlertState = Literal[
    "cleared",
    "out_of_service",
    "suppressed",
    "shelved",
    "active_unacknowledged",
    "active_acknowledged",
    "returned_unacknowledged",
    "latched",
]


GATEWAY = "gateway"
"""Whom an alert is about that is about the gateway itself; only system rules have such."""


class Acknowledgement(msgspec.Struct, frozen=True, gc=False):
    """Who took the alert on, when, and what they noted."""

    by: str
    at_ns: int
    note: str


class Shelf(msgspec.Struct, frozen=True, gc=False):
    """Who put the alert aside, when, until when and why."""

    by: str
    at_ns: int
    until_ns: int
    reason: str


class Excursion(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A value beyond its limit: since when, how far at most and when, and until when.

    Of a speed, a count or a sensor; `limit` and `peak` are in `unit`.
    """

    quantity: str
    unit: str
    limit: float
    started_ns: int
    peak: float
    peak_ns: int
    ended_ns: int | None = None


class Evidence(msgspec.Struct, frozen=True, gc=False):
    """What the decision rests on, so that it can be explained and replayed."""

    reads: tuple[Heard, ...]
    estimate: dict[str, float]
    readers: dict[str, str]
    site_version: str


class Alert(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One episode of one rule for one asset, zone or reader. Changes make a new value.

    The shown state is derived from orthogonal facts (see `state_of`). An alert about a
    zone has that zone at both ends, no asset and an empty `tag`, and `zones` names it with
    those that fell with it; one about a reader has neither zone nor tag, and one about the
    gateway itself no reader either. `portal` is
    where it went through. `clears_after_s` is how long after it is over an alert closes by
    itself; None where people close it.
    """

    id: str
    rule: str
    rule_version: str
    kind: str
    severity: Severity
    asset: str | None
    tag: str
    from_zone: str | None
    to_zone: str | None
    portal: str | None
    time_ns: int
    decided_ns: int
    raised_at_ns: int
    late: bool
    evidence: Evidence
    condition: Condition = "active"
    acknowledged: Acknowledgement | None = None
    latched: bool = True
    cleared: bool = False
    occurrences: int = 1
    transitions: int = 1
    assignee: str | None = None
    clears_after_s: float | None = None
    flap_window_s: float = 0.0
    reader: str | None = None
    antenna: int | None = None
    sensor: str | None = None
    part: str | None = None
    zones: tuple[str, ...] = ()
    cause: Cause = "moved"
    outside_now: bool = False
    excursion: Excursion | None = None
    detail: str = ""
    shelved: Shelf | None = None
    suppressed_by: str | None = None
    out_of_service: bool = False
    chattering: bool = False
    escalations: int = 0
    test: bool = False

    @property
    def is_quiet(self) -> bool:
        """Whether nobody is to be told: put aside, suppressed by design or out of service."""
        return self.shelved is not None or self.suppressed_by is not None or self.out_of_service

    @property
    def is_passage(self) -> bool:
        """Whether it rests on a crossing alone, and not on where somebody is since."""
        return self.portal is not None and self.to_zone is None

    @property
    def subject(self) -> str:
        """Whom it is about; with the rule this names the case."""
        if self.reader is not None:
            return subject_of_reader(self.reader, self.antenna)
        if self.sensor is not None:
            return subject_of_sensor(self.sensor)
        if self.part is not None:
            return subject_of_part(self.part)
        if self.asset is None and not self.tag:
            return GATEWAY if self.to_zone is None else subject_of_zone(self.to_zone)
        return subject_of(self.asset, self.tag)


class AlertChange(msgspec.Struct, frozen=True, gc=False, tag="alert"):
    """One step in the life of an alert: the transition, the alert after it, and whom to tell.

    `actor` is the person who did it, None where the gateway decided; `why` is what they said.
    `announces` is what the channels are told where that is not the transition itself: one that
    was raised while it was shelved is told as raised once it is not shelved any more.
    """

    transition: Transition
    alert: Alert
    at_ns: int
    actor: str | None = None
    notify: tuple[str, ...] = ()
    why: str = ""
    announces: Transition | None = None


class Notice(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="notice"):
    """One message about many alerts of a rule that were not told one by one.

    `storm`: more were raised at once than anybody could read. `digest`: they were late, and
    their rule says that late ones are told together. `alerts` and `subjects` name the first
    of them, `count` says how many they are.
    """

    id: str
    kind: Literal["storm", "digest"]
    rule: str
    severity: Severity
    count: int
    alerts: tuple[str, ...]
    subjects: tuple[str, ...]
    since_ns: int
    at_ns: int
    notify: tuple[str, ...] = ()
    test: bool = False


class Event(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="event"):
    """Something worth knowing that calls nobody.

    `authorised_exit` and `authorised_return`: of a checked-out asset (`reference` is the
    check-out). `unknown_exit`: of a tag that no asset carries. One that is `late` was over
    before it was known.
    """

    id: str
    kind: Literal["authorised_exit", "authorised_return", "unknown_exit"]
    time_ns: int
    at_ns: int
    asset: str | None
    tag: str
    from_zone: str | None
    to_zone: str | None
    portal: str | None = None
    reference: str | None = None
    late: bool = False


def subject_of(asset: str | None, tag: str) -> str:
    """Whom an alert is about: the asset, or `tag:` and the tag where there is none."""
    if asset is None:
        return f"tag:{tag}"
    return f"asset:{asset}" if asset.startswith(("tag:", "asset:")) else asset


def subject_of_zone(zone: str) -> str:
    """The same for an alert about a zone; only system rules have such."""
    return f"zone:{zone}"


def subject_of_reader(reader: str, antenna: int | None = None) -> str:
    """The same for an alert about a reader, or one of its antennas."""
    return f"reader:{reader}" if antenna is None else f"reader:{reader}/{antenna}"


def subject_of_sensor(sensor: str) -> str:
    """The same for an alert about what a sensor says."""
    return f"sensor:{sensor}"


def subject_of_part(part: str) -> str:
    """The same for an alert about a part of the gateway."""
    return f"part:{part}"


def state_of(alert: Alert) -> AlertState:
    """The one word shown for an alert, first match."""
    if alert.cleared:
        return "cleared"
    if alert.out_of_service:
        return "out_of_service"
    if alert.suppressed_by is not None:
        return "suppressed"
    if alert.shelved is not None:
        return "shelved"
    if alert.condition == "active":
        return "active_acknowledged" if alert.acknowledged else "active_unacknowledged"
    return "latched" if alert.acknowledged else "returned_unacknowledged"
