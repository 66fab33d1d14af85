"""What the site file says about history."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class HistorySettings(BaseModel):
    """Where sightings are kept and for how long."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    store: Literal["sqlite"] = "sqlite"
    keep_days: int = Field(default=400, ge=1, le=36_500)
    deliveries_keep_days: int = Field(
        default=30,
        ge=1,
        le=36_500,
        description="Messages that were delivered are forgotten after so long.",
    )
    dead_letters_keep_days: int = Field(
        default=90,
        ge=1,
        le=36_500,
        description="Messages that were given up are forgotten after so long.",
    )
