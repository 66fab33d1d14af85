"""How alerts, rules and the audit log look in answers, for the OpenAPI schema."""

from typing import Any

from pydantic import Field

from alerts.alert import AlertState, Cause, Condition, Severity
from api.shapes import Confidence, Shape, Time, Zone


class Acknowledged(Shape):
    """Who took an alert on."""

    by: str
    at: Time
    note: str


class Shelved(Shape):
    """Who put an alert aside; until when says `shelved_until`."""

    by: str
    at: Time
    reason: str


class ExcursionShape(Shape):
    """A value beyond its limit: since when, how far at most, until when."""

    quantity: str
    unit: str
    limit: float
    started: Time
    peak: float
    peak_time: Time
    ended: Time | None


class AlertShape(Shape):
    """An alert with its evidence."""

    id: str
    seq: int
    rule: str
    rule_version: str
    kind: str
    severity: Severity
    state: AlertState
    condition: Condition
    acknowledged: Acknowledged | None
    latched: bool
    shelved_until: Time | None
    shelved: Shelved | None
    suppressed_by: str | None
    asset: str | None
    tag: str | None
    from_: Zone = Field(alias="from")
    to: Zone
    portal: str | None
    reader: str | None
    antenna: int | None
    sensor: str | None
    part: str | None
    zones: list[str]
    time: Time
    decided: Time
    raised_at: Time
    late: bool
    occurrences: int
    assignee: str | None
    cause: Cause
    outside_now: bool
    excursion: ExcursionShape | None
    detail: str
    chattering: bool
    escalations: int
    test: bool
    evidence: dict[str, Any]


class AuditShape(Shape):
    """A line of the audit log; `seq` is null of what people did beside the pipeline."""

    number: int
    seq: int | None
    time: Time
    actor: str
    action: str
    target: str
    why: str
    detail: dict[str, Any]
    hash: str


class RuleShelf(Shape):
    """What a rule is put aside for: one asset, or all where that is null."""

    asset: str | None
    until: Time
    since: Time
    by: str
    reason: str


class RuleShape(Shape):
    """A rule of the site file as it is now; `zones` are those that it names."""

    name: str
    kind: str
    version: str
    severity: Severity
    zones: list[str]
    notify: list[str]
    out_of_service: str | None
    in_force: bool
    shelved_until: Time | None
    shelves: list[RuleShelf]


class DrillShape(Shape):
    """Whether a drill is held; what is raised in it is marked as a test."""

    running: bool
    since: Time | None
    until: Time | None
    by: str | None
    reason: str | None


class Rate(Shape):
    """Annunciated alerts in spans of ten minutes."""

    mean: float
    peak: int
    peak_time: Time | None
    share_over_ten: Confidence


class Flood(Shape):
    """From a span of ten alerts or more to one of fewer than five."""

    since: Time
    until: Time
    annunciated: int


class Floods(Shape):
    """How many, which share of the time, and the newest of them."""

    count: int
    share_of_time: Confidence
    newest: list[Flood]


class TimeToAcknowledge(Shape):
    """Of what was acknowledged within the span, in seconds from the raise."""

    count: int
    median_s: float | None
    p90_s: float | None


class RuleCalls(Shape):
    """How often a rule called somebody."""

    rule: str
    annunciated: int
    share: Confidence


class FiguresShape(Shape):
    """Figures of alarm management; open, standing, chattering and unacknowledged are of now."""

    since: Time
    until: Time
    annunciated: int
    per_ten_minutes: Rate
    floods: Floods
    open: int
    standing: int
    chattering: int
    unacknowledged: int
    acknowledgement: TimeToAcknowledge
    by_rule: list[RuleCalls]
    by_severity: dict[Severity, int]
