"""What the site file says about portals."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

PhaseUse = Literal["falls", "rises", "unused"]


class PortalSettings(BaseModel):
    """A gate between two sides, each heard by its own read points (`reader/antenna`)."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str = Field(min_length=1, max_length=64)
    inside: tuple[str, ...] = Field(
        min_length=1,
        description="Read points (`reader/antenna`) on the inner side.",
    )
    outside: tuple[str, ...] = Field(
        min_length=1,
        description="Read points (`reader/antenna`) on the outer side.",
    )
    gap_s: float = Field(
        default=1.0,
        ge=0.2,
        le=60,
        description="A tag that was not read at the gate for so long is through, or gone.",
    )
    linger_s: float = Field(
        default=8.0,
        ge=1,
        le=600,
        description="A tag that is at the gate for so long, and does not pass, lingers there.",
    )
    away_s: float = Field(
        default=300.0,
        ge=1,
        le=86_400,
        description="A tag that lingered is told of again only when it was away for so long.",
    )
    reads_min: int = Field(
        default=2,
        ge=1,
        le=100,
        description="A crossing needs so many reads on each side.",
    )
    confidence_min: float = Field(
        default=0.75,
        ge=0.5,
        le=0.999,
        description="A direction less certain than this is `unknown`.",
    )
    phase: PhaseUse = Field(
        default="falls",
        description=(
            "What the reported phase does as a tag goes away: `falls` (Impinj), `rises`, "
            "or `unused` where it can not be relied on."
        ),
    )
