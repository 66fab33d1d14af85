"""What the site file says about floors and zones."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Role = Literal["storage", "receiving", "transit", "shipping", "exit", "service"]
COORDINATE_M_MAX = 100_000.0
Coordinate = Annotated[float, Field(ge=-COORDINATE_M_MAX, le=COORDINATE_M_MAX)]
Length = Annotated[float, Field(gt=0, le=COORDINATE_M_MAX)]
Point = tuple[Coordinate, Coordinate]


class FloorSettings(BaseModel):
    """One floor: its size in metres and, where there is one, its plan."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str = Field(min_length=1, max_length=64)
    size_m: tuple[Length, Length] = Field(default=(100.0, 100.0), description="Width and depth.")
    plan: str | None = Field(
        default=None,
        description="Picture of the floor, beside the site file.",
    )


class ZoneSettings(BaseModel):
    """One zone; without a polygon it is known only by the antennas that hear it."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str = Field(min_length=1, max_length=64)
    was: str | None = Field(default=None, description="Former name, to rename.")
    floor: str | None = Field(default=None, description="Floor that the polygon is drawn on.")
    role: Role = Field(
        default="storage",
        description="What the zone is for; in a zone of role exit nothing has to be confirmed.",
    )
    polygon: tuple[Point, ...] | None = Field(
        default=None,
        min_length=3,
        max_length=10_000,
        description="Corners in metres on the floor, in order.",
    )
    parent: str | None = Field(default=None, description="Zone that this one lies in.")
    priority: int = Field(
        default=0,
        ge=-100,
        le=100,
        description="Of zones that are equally likely, the one with the highest is taken.",
    )
    absent_after_s: float | None = Field(
        default=None,
        gt=0,
        description="Unread for so long with healthy readers means departed; unset: never.",
    )
