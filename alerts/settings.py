"""What the site file says about rules."""

import re
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, field_validator

from alerts.alert import Severity
from alerts.schedule_settings import RuleSchedule

SYSTEM_PREFIX = "system: "
"""How the names of the gateway's own rules begin."""

RuleKind = Literal[
    "exit",
    "forbidden",
    "enter",
    "dwell",
    "missing",
    "crossing",
    "wrong_way",
    "tailgate",
    "unaccompanied",
    "speed",
    "count",
    "sensor",
    "tamper",
]
Late = Literal["notify", "digest", "record"]
UnknownTags = Literal["ignore", "record", "alert"]

_HEX_PATTERN = re.compile(r"[0-9A-Fa-f*?]+")


class AssetSelector(BaseModel):
    """Which assets a rule is for: all that match every named field and nothing of `not`.

    Patterns know `*` (any text) and `?` (any character); every other character
    matches itself. `tag` also selects tags that no asset carries; hex digits in
    it may have any case.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    id: str | tuple[str, ...] | None = None
    category: str | tuple[str, ...] | None = None
    group: str | tuple[str, ...] | None = None
    tag: str | tuple[str, ...] | None = None
    exclude: "AssetSelector | None" = Field(default=None, alias="not")

    @field_validator("tag")
    @classmethod
    def _spell_like_readers(
        cls, patterns: str | tuple[str, ...] | None
    ) -> str | tuple[str, ...] | None:
        if patterns is None or isinstance(patterns, str):
            return patterns and _lower_hex(patterns)
        return tuple(_lower_hex(pattern) for pattern in patterns)


class Patience(NamedTuple):
    """How long a rule waits before it believes what it sees: broken, and kept again.

    `for_way_back`: where an estimator needed a while to be sure of a movement, it will need
    as long to be sure of the way back, and that is waited for as well.
    """

    confirm_s: float = 0.0
    clear_confirm_s: float = 0.0
    for_way_back: bool = True


class EscalationStep(BaseModel):
    """Who is told as well when nobody has acknowledged the alert for so long."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    after_s: float = Field(
        gt=0,
        le=7 * 86_400,
        description="So long after the alert was raised, if nobody has acknowledged it.",
    )
    notify: tuple[str, ...] = Field(
        default=(),
        description="Channels that are told; unset: those of the rule once more.",
    )


class Manners(NamedTuple):
    """How the alerts of a rule behave toward people; the same for rules of all kinds."""

    notify: tuple[str, ...] = ()
    escalate: tuple[EscalationStep, ...] = ()
    late: Late = "notify"
    out_of_service: str | None = None
    chatter_per_hour: int = 5
    storm_per_minute: int = 20


class RuleSettings(BaseModel):
    """What rules of all kinds have in common."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str = Field(min_length=1, max_length=100)
    kind: RuleKind = "exit"
    assets: AssetSelector = Field(
        default_factory=AssetSelector,
        description="Which assets it is for: id, category, group, tag, not; all where not given.",
    )
    severity: Severity = "warning"
    latch: bool = Field(default=True, description="Stays until a person resets it.")
    notify: tuple[str, ...] = Field(default=(), description="Channels that are told.")
    schedule: RuleSchedule | None = Field(
        default=None,
        description="When it holds: the name of a schedule, or windows of its own; unset: always.",
    )
    confirm_s: float = Field(
        default=0.0,
        ge=0,
        le=86_400,
        description="It has to be so for this long before an alert is raised.",
    )
    clear_confirm_s: float = Field(
        default=0.0,
        ge=0,
        le=86_400,
        description="And over for so long before the alert is shown as returned.",
    )
    escalate: tuple[EscalationStep, ...] = Field(
        default=(),
        max_length=10,
        description="Steps, each later than the one before, that stop once somebody acknowledges.",
    )
    late: Late = Field(
        default="notify",
        description="What is known only late, such as from a reader that was cut off: told at "
        "once and marked as late, told together every 15 minutes, or only recorded.",
    )
    out_of_service: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="Why the rule is out of service: alerts are recorded, and nobody is told.",
    )
    flap_window_s: float = Field(
        default=60.0,
        ge=0,
        le=86_400,
        description="Broken again so soon after an alert has cleared by itself, that alert is "
        "reopened.",
    )
    chatter_per_hour: int = Field(
        default=5,
        ge=1,
        le=100,
        description="Raised more often within an hour for the same asset, the alert is marked as "
        "chattering, which is told once.",
    )
    storm_per_minute: int = Field(
        default=20,
        ge=1,
        le=1_000,
        description="Of more alerts raised within a minute, these are told one by one and the "
        "others in one message.",
    )

    @field_validator("name")
    @classmethod
    def _is_no_system_rule(cls, name: str) -> str:
        if name.startswith(SYSTEM_PREFIX):
            raise ValueError(f"must not begin with '{SYSTEM_PREFIX}'; the gateway's own rules do")
        return name

    @field_validator("escalate")
    @classmethod
    def _steps_rise(cls, steps: tuple[EscalationStep, ...]) -> tuple[EscalationStep, ...]:
        waits_s = [step.after_s for step in steps]
        if sorted(set(waits_s)) != waits_s:
            raise ValueError("each step must come later than the one before; after_s has to rise")
        return steps

    @property
    def patience(self) -> Patience:
        """How long it waits."""
        return Patience(self.confirm_s, self.clear_confirm_s)

    @property
    def manners(self) -> Manners:
        """How its alerts behave toward people."""
        return Manners(
            self.notify,
            self.escalate,
            self.late,
            self.out_of_service,
            self.chatter_per_hour,
            self.storm_per_minute,
        )


class SystemSettings(BaseModel):
    """What the gateway says about itself.

    `blind`: nobody hears a zone any more. `clock`: a reader's clock jumped, or is far off.
    `conflict`: two places that are far from each other hear the same tag. `offline`: a reader
    does not answer. `store`, `disk`, `delivery`, `history`: a part of the gateway does not work.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    blind_after_s: float = Field(
        default=10.0,
        ge=1,
        le=3600,
        description="Heard by nobody for so long before a zone counts as blind; heard again for "
        "so long before the alert clears.",
    )
    clock_off_s: float = Field(
        default=5.0,
        ge=0.5,
        le=86_400,
        description="A reader's clock that is off by more than this is told.",
    )
    clock_jump_s: float = Field(
        default=1.0,
        ge=0.2,
        le=86_400,
        description="And one that jumps by more than this.",
    )
    clock_steady_s: float = Field(
        default=60.0,
        ge=1,
        le=86_400,
        description="Right again and steady for so long before the alert clears.",
    )
    offline_after_s: float = Field(
        default=30.0,
        ge=1,
        le=86_400,
        description="A reader that is offline or silent for so long is told, unless an alert "
        "about the zones that nobody hears for it is open.",
    )
    unknown_tags: UnknownTags = Field(
        default="ignore",
        description="A tag that no asset carries, at an exit: `ignore` (its movement stands in the "
        "history all the same), `record` an event, or raise an `alert`.",
    )
    notify: tuple[str, ...] | None = Field(
        default=None,
        description="Channels that are told; unset: those of kind log.",
    )


def _lower_hex(pattern: str) -> str:
    return pattern.lower() if _HEX_PATTERN.fullmatch(pattern) else pattern
