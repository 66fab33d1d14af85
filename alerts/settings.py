"""What the site file says about rules."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from alerts.alert import Severity


class AssetSelector(BaseModel):
    """Which assets a rule is for: all that match every named field and nothing of `not`.

    Patterns are those of the shell (`*`, `?`); a text without them matches itself.
    `tag` also selects tags that no asset carries.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    id: str | tuple[str, ...] | None = None
    category: str | tuple[str, ...] | None = None
    group: str | tuple[str, ...] | None = None
    tag: str | tuple[str, ...] | None = None
    exclude: "AssetSelector | None" = Field(default=None, alias="not")


class RuleSettings(BaseModel):
    """One rule. `exit`: a matching asset is in a zone outside the fence."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str = Field(min_length=1, max_length=100)
    kind: Literal["exit"] = "exit"
    assets: AssetSelector = Field(default_factory=AssetSelector)
    fence: tuple[str, ...] = Field(min_length=1, description="Zones in which they may be.")
    severity: Severity = "warning"
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
    latch: bool = Field(default=True, description="Stays until a person resets it.")
    notify: tuple[str, ...] = Field(default=(), description="Channels that are told.")
