"""What the site file says about a tag that two far places hear at once."""

from pydantic import BaseModel, ConfigDict, Field


class ConflictSettings(BaseModel):
    """When a tag can not be in both of two zones that hear it."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    far_m: float = Field(
        default=100.0,
        gt=0,
        le=1e7,
        description="Zones with shapes that are further apart than this are far from each other.",
    )
    trees: bool = Field(
        default=True,
        description="Where a shape is missing: zones are far from each other if they lie in "
        "different outermost zones, unless they are on the same floor.",
    )
    speed_m_s_max: float = Field(
        default=10.0,
        gt=0,
        le=1000,
        description="Nothing moves faster than this from one to the other.",
    )
    times_min: int = Field(
        default=3,
        ge=2,
        le=16,
        description="Heard by turns so often, faster than it could have moved, is a conflict.",
    )
    within_s: float = Field(default=30.0, gt=0, le=600, description="So often within this time.")
    ends_after_s: float = Field(
        default=60.0,
        ge=1,
        le=3600,
        description="It is over once one of the two has not heard the tag for so long.",
    )
