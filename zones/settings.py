"""What the site file says about floors, zones and portals."""

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
    absent_after_s: float | None = Field(
        default=None,
        gt=0,
        description="Unread for so long with healthy readers means departed; unset: never.",
    )


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
