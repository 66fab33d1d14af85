"""What the site file says about portals."""

from pydantic import BaseModel, ConfigDict, Field


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
