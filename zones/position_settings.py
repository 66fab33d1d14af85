"""What the site file says about positions: where the site lies, and what a fix must be."""

from pydantic import BaseModel, ConfigDict, Field


class OriginSettings(BaseModel):
    """Where on the globe the point (0, 0) of the floors lies, and how they are turned."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    lat: float = Field(ge=-90, le=90, description="Latitude in degrees, WGS84.")
    lon: float = Field(ge=-180, le=180, description="Longitude in degrees, WGS84.")
    bearing_deg: float = Field(
        default=0.0,
        ge=-360,
        le=360,
        description="By how much the y axis is turned clockwise from north.",
    )


class PositionSettings(BaseModel):
    """When a position counts, and when it means that a zone was left."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    accuracy_m_max: float = Field(
        default=50.0,
        gt=0,
        le=10_000,
        description="Positions that are less accurate go to the history and move nothing.",
    )
    exit_confirm_s: float = Field(
        default=5.0,
        ge=0,
        le=3_600,
        description="Outside for so long means left, even if nothing more is heard.",
    )
    exit_fixes: int = Field(
        default=2,
        ge=1,
        le=100,
        description="So many distinct positions outside mean left at once.",
    )
    distinct_s: float = Field(
        default=0.5,
        ge=0,
        le=60,
        description="Positions closer in time than this are one piece of evidence.",
    )
    speed_m_s_max: float = Field(
        default=70.0,
        gt=0,
        le=100_000,
        description="What would have been faster than this counts only if a second one agrees.",
    )
    jump_m_min: float = Field(
        default=200.0,
        ge=0,
        le=100_000,
        description="Distances up to this are never too fast.",
    )
    cross_gap_s: float = Field(
        default=60.0,
        ge=0,
        le=3_600,
        description="Positions further apart say nothing about the way between them.",
    )
