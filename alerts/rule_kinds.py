"""What the site file says about rules, kind by kind."""

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from alerts.settings import AssetSelector, Patience, RuleSettings

Way = Literal["outbound", "inbound"]


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


class ForbiddenRule(RuleSettings):
    """A matching asset is in a zone in which it must not be; one good read there is enough."""

    kind: Literal["forbidden"] = "forbidden"  # pyright: ignore[reportIncompatibleVariableOverride] -- frozen
    zones: tuple[str, ...] = Field(min_length=1, description="Zones that they must not enter.")
    clear_confirm_s: float = Field(
        default=10.0,
        ge=0,
        le=3600,
        description="Out of them for so long before the alert is shown as returned.",
    )


class EnterRule(RuleSettings):
    """A matching asset came into a zone; over when it leaves again."""

    kind: Literal["enter"] = "enter"  # pyright: ignore[reportIncompatibleVariableOverride] -- frozen
    zones: tuple[str, ...] = Field(min_length=1, description="Zones whose visitors are told.")
    latch: bool = Field(default=False, description="Stays until a person resets it.")
    confirm_s: float = Field(
        default=5.0, ge=0, le=3600, description="In it for so long before it counts."
    )
    clear_confirm_s: float = Field(
        default=10.0, ge=0, le=3600, description="Out of it for so long before it is over."
    )


class DwellRule(RuleSettings):
    """A matching asset stays in a zone for longer than it should."""

    kind: Literal["dwell"] = "dwell"  # pyright: ignore[reportIncompatibleVariableOverride] -- frozen
    zones: tuple[str, ...] = Field(min_length=1, description="Zones in which time is taken.")
    longer_than_s: float = Field(
        gt=0, le=90 * 86_400, description="They may stay for so long; zones in zones are one stay."
    )
    latch: bool = Field(default=False, description="Stays until a person resets it.")
    clear_confirm_s: float = Field(
        default=10.0, ge=0, le=3600, description="Out of it for so long before it is over."
    )

    @property
    def patience(self) -> Patience:
        """What may be stayed is what it waits."""
        return Patience(self.longer_than_s + self.confirm_s, self.clear_confirm_s)


class MissingRule(RuleSettings):
    """A matching asset was not seen for `absent_after_s` of its zone, with healthy readers."""

    kind: Literal["missing"] = "missing"  # pyright: ignore[reportIncompatibleVariableOverride] -- frozen
    zones: tuple[str, ...] | None = Field(
        default=None,
        min_length=1,
        description="Zones from which nothing may vanish, each with absent_after_s; unset: all.",
    )
    latch: bool = Field(default=False, description="Stays until a person resets it.")


class CrossingRule(PortalRuleSettings):
    """A matching asset goes through a portal."""

    kind: Literal["crossing"] = "crossing"  # pyright: ignore[reportIncompatibleVariableOverride] -- frozen
    direction: Way | Literal["any"] = Field(
        default="any", description="The direction that counts; back through it ends the alert."
    )


class WrongWayRule(PortalRuleSettings):
    """A matching asset goes through a portal in the direction that is not allowed."""

    kind: Literal["wrong_way"] = "wrong_way"  # pyright: ignore[reportIncompatibleVariableOverride] -- frozen
    allowed: Way = Field(description="The direction in which they may go; the other one counts.")


def _somebody(custodians: AssetSelector) -> AssetSelector:
    if custodians == AssetSelector():
        raise ValueError("must say whose badges count, such as {category: badge}")
    return custodians


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
    _names_somebody = field_validator("custodians")(_somebody)


class UnaccompaniedRule(RuleSettings):
    """A matching asset came into a zone, and no custodian is or comes there with it."""

    kind: Literal["unaccompanied"] = "unaccompanied"  # pyright: ignore[reportIncompatibleVariableOverride] -- frozen
    zones: tuple[str, ...] | None = Field(
        default=None, min_length=1, description="Zones in which they need company; unset: all."
    )
    custodians: AssetSelector = Field(
        description="Whose badge counts as company: id, category, group, tag, not.",
    )
    same_group: bool = Field(
        default=False, description="Only badges of the same group as the asset count."
    )
    within_s: float = Field(
        default=5.0,
        gt=0,
        le=3600,
        description="A custodian is there or comes within so long.",
    )
    _names_somebody = field_validator("custodians")(_somebody)

    @property
    def patience(self) -> Patience:
        """As long as company may take to come."""
        return Patience(self.within_s, self.clear_confirm_s)


class SpeedRule(RuleSettings):
    """A matching asset moves faster than it may, by the positions of its tracker."""

    kind: Literal["speed"] = "speed"  # pyright: ignore[reportIncompatibleVariableOverride] -- frozen
    over_mps: float = Field(gt=0, le=400, description="Metres per second that are still allowed.")
    zones: tuple[str, ...] | None = Field(
        default=None, min_length=1, description="Zones in which it holds; unset: everywhere."
    )
    latch: bool = Field(default=False, description="Stays until a person resets it.")
    confirm_s: float = Field(
        default=5.0, ge=0, le=3600, description="Too fast for so long before it counts."
    )
    clear_confirm_s: float = Field(
        default=10.0, ge=0, le=3600, description="Slow enough for so long before it is over."
    )


class CountRule(RuleSettings):
    """More or fewer matching assets are in a zone than may be."""

    kind: Literal["count"] = "count"  # pyright: ignore[reportIncompatibleVariableOverride] -- frozen
    zones: tuple[str, ...] = Field(
        min_length=1, description="Zones, each counted by itself, with what lies in it."
    )
    over: int | None = Field(default=None, ge=0, description="More than this is too many.")
    under: int | None = Field(default=None, ge=1, description="Fewer than this is too few.")
    latch: bool = Field(default=False, description="Stays until a person resets it.")
    confirm_s: float = Field(
        default=5.0, ge=0, le=86_400, description="So for this long before it counts."
    )
    clear_confirm_s: float = Field(
        default=10.0, ge=0, le=86_400, description="Right for so long before it is over."
    )

    @model_validator(mode="after")
    def _has_a_limit(self) -> Self:
        if self.over is None and self.under is None:
            raise ValueError("needs over, under or both")
        if self.over is not None and self.under is not None and self.over + 1 < self.under:
            raise ValueError("over must not be less than under - 1, or every count breaks the rule")
        return self


class SensorRule(RuleSettings):
    """A value of a sensor is beyond its limit for a while: an excursion."""

    kind: Literal["sensor"] = "sensor"  # pyright: ignore[reportIncompatibleVariableOverride] -- frozen
    sensor: str | tuple[str, ...] = Field(
        description="Sensors by name; * stands for any text, ? for any character."
    )
    quantity: str = Field(min_length=1, max_length=100, description="Such as temperature.")
    unit: str | None = Field(
        default=None, description="Values in another unit are not judged; unset: any."
    )
    above: float | None = Field(default=None, description="More than this is too much.")
    below: float | None = Field(default=None, description="Less than this is too little.")
    deadband: float = Field(
        default=0.0, ge=0, description="It is over once the value is inside by this much."
    )
    latch: bool = Field(default=False, description="Stays until a person resets it.")
    confirm_s: float = Field(
        default=0.0, ge=0, le=7 * 86_400, description="Beyond for so long before it counts."
    )
    clear_confirm_s: float = Field(
        default=0.0, ge=0, le=86_400, description="Inside for so long before it is over."
    )

    @model_validator(mode="after")
    def _has_a_limit(self) -> Self:
        if self.above is None and self.below is None:
            raise ValueError("needs above, below or both")
        if self.above is not None and self.below is not None and self.above <= self.below:
            raise ValueError("above must be more than below")
        return self

    @model_validator(mode="after")
    def _leaves_room(self) -> Self:
        if self.above is None or self.below is None:
            return self
        if self.above - self.below < 2 * self.deadband:
            raise ValueError("deadband leaves no value inside; at most half of above - below")
        return self


class TamperRule(RuleSettings):
    """Somebody may be at the equipment: an antenna is not there any more, or a reader is gone.

    Only what was there can be gone, and what is in maintenance may be.
    """

    kind: Literal["tamper"] = "tamper"  # pyright: ignore[reportIncompatibleVariableOverride] -- frozen
    readers: tuple[str, ...] | None = Field(
        default=None,
        min_length=1,
        description="READER or READER/ANTENNA; a link stands for the devices behind it, too; "
        "unset: all.",
    )
    severity: Literal["info", "warning", "critical"] = "critical"
    confirm_s: float = Field(
        default=5.0, ge=0, le=3600, description="Gone for so long before it counts."
    )
    clear_confirm_s: float = Field(
        default=10.0, ge=0, le=3600, description="Back for so long before it is over."
    )

    def concerns(self, reader: str, antenna: int, link: str | None = None) -> bool:
        """Whether it is about an antenna, or with 0 about the reader itself.

        A reader that is gone is gone with the antenna that the rule names.
        """
        if self.readers is None or reader in self.readers or link in self.readers:
            return True
        if antenna:
            return f"{reader}/{antenna}" in self.readers
        return any(name.rpartition("/")[0] == reader for name in self.readers)


RULES: dict[str, type[RuleSettings]] = {
    "exit": ExitRule,
    "forbidden": ForbiddenRule,
    "enter": EnterRule,
    "dwell": DwellRule,
    "missing": MissingRule,
    "crossing": CrossingRule,
    "wrong_way": WrongWayRule,
    "tailgate": TailgateRule,
    "unaccompanied": UnaccompaniedRule,
    "speed": SpeedRule,
    "count": CountRule,
    "sensor": SensorRule,
    "tamper": TamperRule,
}
"""The settings of a rule by its kind."""
