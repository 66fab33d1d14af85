"""What the site file says about rules."""

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from alerts.alert import Severity

SYSTEM_PREFIX = "system: "
"""How the names of the gateway's own rules begin."""

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

    @field_validator("name")
    @classmethod
    def _is_no_system_rule(cls, name: str) -> str:
        if name.startswith(SYSTEM_PREFIX):
            raise ValueError(f"must not begin with '{SYSTEM_PREFIX}'; the gateway's own rules do")
        return name


class SystemSettings(BaseModel):
    """What the gateway says about itself. `blind`: nobody hears a zone any more."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    blind_after_s: float = Field(
        default=10.0,
        ge=1,
        le=3600,
        description="Heard by nobody for so long before a zone counts as blind; heard again for "
        "so long before the alert clears.",
    )
    notify: tuple[str, ...] | None = Field(
        default=None,
        description="Channels that are told; unset: those of kind log.",
    )


def _lower_hex(pattern: str) -> str:
    return pattern.lower() if _HEX_PATTERN.fullmatch(pattern) else pattern
