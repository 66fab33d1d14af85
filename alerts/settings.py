"""What the site file says about rules."""

import re
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, field_validator

from alerts.alert import Severity

SYSTEM_PREFIX = "system: "
"""How the names of the gateway's own rules begin."""

RuleKind = Literal["exit", "wrong_way", "tailgate"]
Way = Literal["outbound", "inbound"]

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
    """How long a rule waits before it believes what it sees: broken, and kept again."""

    confirm_s: float = 0.0
    clear_confirm_s: float = 0.0


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

    @field_validator("name")
    @classmethod
    def _is_no_system_rule(cls, name: str) -> str:
        if name.startswith(SYSTEM_PREFIX):
            raise ValueError(f"must not begin with '{SYSTEM_PREFIX}'; the gateway's own rules do")
        return name

    @property
    def patience(self) -> Patience:
        """How long it waits; by itself it does not."""
        return Patience()


class PortalRuleSettings(RuleSettings):
    """What rules have in common that speak of portals."""

    portals: tuple[str, ...] | None = Field(
        default=None,
        min_length=1,
        description="Portals that it is about; unset: all.",
    )
    confidence_min: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Crossings whose direction is less certain say nothing; "
        "a portal itself calls what it can not tell unknown.",
    )

    def concerns(self, portal: str) -> bool:
        """Whether it is about this portal."""
        return self.portals is None or portal in self.portals


class ExitRule(RuleSettings):
    """A matching asset is in a zone outside the fence, or went out through a portal of it."""

    kind: Literal["exit"] = "exit"  # pyright: ignore[reportIncompatibleVariableOverride] -- frozen
    fence: tuple[str, ...] = Field(min_length=1, description="Zones in which they may be.")
    portals: tuple[str, ...] | None = Field(
        default=None,
        description="Portals through which going out is leaving, and counts at once; unset: "
        "those with antennas in the fence on the inner side and outside of it on the outer one.",
    )
    confirm_s: float = Field(
        default=5.0,
        ge=0,
        le=3600,
        description="Outside for so long before it counts; zones of role exit do not wait.",
    )
    clear_confirm_s: float = Field(
        default=10.0,
        ge=0,
        le=3600,
        description="Back inside for so long before the alert is shown as returned.",
    )

    @property
    def patience(self) -> Patience:
        """How long it waits."""
        return Patience(self.confirm_s, self.clear_confirm_s)


class WrongWayRule(PortalRuleSettings):
    """A matching asset goes through a portal in the direction that is not allowed."""

    kind: Literal["wrong_way"] = "wrong_way"  # pyright: ignore[reportIncompatibleVariableOverride] -- frozen
    allowed: Way = Field(description="The direction in which they may go; the other one counts.")


class TailgateRule(PortalRuleSettings):
    """A matching asset goes through a portal, and no custodian goes with it."""

    kind: Literal["tailgate"] = "tailgate"  # pyright: ignore[reportIncompatibleVariableOverride] -- frozen
    direction: Way = Field(
        default="outbound",
        description="The direction in which they need company; back through it ends the alert.",
    )
    custodians: AssetSelector = Field(
        description="Whose badge counts as company: id, category, group, tag, not.",
    )
    within_s: float = Field(
        default=5.0,
        gt=0,
        le=60,
        description="A custodian goes the same way so long before or after.",
    )

    @field_validator("custodians")
    @classmethod
    def _names_somebody(cls, custodians: AssetSelector) -> AssetSelector:
        if custodians == AssetSelector():
            raise ValueError("must say whose badges count, such as {category: badge}")
        return custodians


RULES: dict[str, type[RuleSettings]] = {
    "exit": ExitRule,
    "wrong_way": WrongWayRule,
    "tailgate": TailgateRule,
}
"""The settings of a rule by its kind."""


class SystemSettings(BaseModel):
    """What the gateway says about itself.

    `blind`: nobody hears a zone any more. `clock`: a reader's clock jumped, or is far off.
    `conflict`: two places that are far from each other hear the same tag.
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
    notify: tuple[str, ...] | None = Field(
        default=None,
        description="Channels that are told; unset: those of kind log.",
    )


def _lower_hex(pattern: str) -> str:
    return pattern.lower() if _HEX_PATTERN.fullmatch(pattern) else pattern
