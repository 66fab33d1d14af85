"""What the site file says about how reads become a zone."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class EstimatorSettings(BaseModel):
    """How reads become a zone: a time-bounded window with hysteresis."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    kind: Literal["window"] = "window"
    window_s: float = Field(
        default=4.0,
        ge=0.25,
        le=60,
        description="Reads older than this do not count.",
    )
    hysteresis_db: float = Field(
        default=3.0,
        ge=0,
        le=30,
        description="A new zone must be heard louder by so much.",
    )
    dwell_s: float = Field(default=0.5, ge=0, le=30, description="And for so long.")
    reads_min: int = Field(default=2, ge=1, le=100, description="And so often within the window.")
