"""What the site file says about floors and zones."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from zones.estimator_settings import ZoneEstimatorSettings
from zones.map_tiles import TileSettings

Role = Literal["storage", "receiving", "transit", "shipping", "exit", "service"]
COORDINATE_M_MAX = 100_000.0
CORNERS_MAX = 10_000
PARTS_MAX = 1_000
Coordinate = Annotated[float, Field(ge=-COORDINATE_M_MAX, le=COORDINATE_M_MAX)]
Length = Annotated[float, Field(gt=0, le=COORDINATE_M_MAX)]
Point = tuple[Coordinate, Coordinate]
Ring = Annotated[tuple[Point, ...], Field(min_length=3, max_length=CORNERS_MAX)]
Rings = Annotated[tuple[Ring, ...], Field(max_length=PARTS_MAX)]
ShapeKind = Literal["polygon", "polygons", "circle", "corridor"]
SHAPE_KINDS: tuple[ShapeKind, ...] = ("polygon", "polygons", "circle", "corridor")


class FloorSettings(BaseModel):
    """One floor: its size in metres and, where there is one, its plan."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str = Field(min_length=1, max_length=64)
    size_m: tuple[Length, Length] = Field(default=(100.0, 100.0), description="Width and depth.")
    height_m: tuple[Coordinate, Coordinate] | None = Field(
        default=None,
        description="From where (included) to where its heights go; unset: any height.",
    )
    plan: str | None = Field(
        default=None,
        description="Picture of the floor, beside the site file.",
    )
    tiles: TileSettings | None = Field(
        default=None,
        description="The map under a floor out of doors; it needs the site's origin.",
    )

    @model_validator(mode="after")
    def _has_a_height(self) -> Self:
        if self.height_m is not None and self.height_m[0] >= self.height_m[1]:
            raise ValueError("height_m must go from low to high")
        return self


Profile = Literal["steady", "fast"]
FAST_ROLES: tuple[Role, ...] = ("exit", "transit", "shipping", "receiving")


class OutlineSettings(BaseModel):
    """One part of a zone: an outline, and what is cut out of it."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    outline: Ring = Field(description="Corners, in order.")
    holes: Rings = Field(default=(), description="Outlines of what is cut out.")


class CircleSettings(BaseModel):
    """All that is at most `radius_m` from a point."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    center: Point
    radius_m: Length


class CorridorSettings(BaseModel):
    """All that is at most half of `width_m` from a line."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    line: tuple[Point, ...] = Field(min_length=2, max_length=CORNERS_MAX)
    width_m: Length


class ZoneSettings(BaseModel):
    """One zone; without a shape it is known only by the antennas that hear it."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str = Field(min_length=1, max_length=64)
    was: str | None = Field(default=None, description="Former name, to rename.")
    floor: str | None = Field(
        default=None,
        description="Floor that the shape is drawn on; unset: on all.",
    )
    role: Role = Field(
        default="storage",
        description="What the zone is for; in a zone of role exit nothing has to be confirmed.",
    )
    polygon: Ring | None = Field(
        default=None,
        description="Corners in metres on the floor, in order.",
    )
    holes: Rings = Field(default=(), description="Outlines of what is cut out of the polygon.")
    polygons: Annotated[tuple[OutlineSettings, ...], Field(max_length=PARTS_MAX)] = Field(
        default=(),
        description="Instead of a polygon: several, each with its holes.",
    )
    circle: CircleSettings | None = Field(
        default=None,
        description="Instead of a polygon: all around a point.",
    )
    corridor: CorridorSettings | None = Field(
        default=None,
        description="Instead of a polygon: all along a line.",
    )
    geo: bool = Field(
        default=False,
        description="The points of the shape are [latitude, longitude] in degrees (WGS84).",
    )
    margin_m: float = Field(
        default=2.0,
        ge=0,
        le=1_000,
        description="A position must be outside the shape by more than this to have left it.",
    )
    cross: bool = Field(
        default=False,
        description="The straight way between two positions counts as a visit if it leads through.",
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
    estimator: ZoneEstimatorSettings | None = Field(
        default=None,
        description="What the estimator does otherwise for this zone.",
    )
    profile: Profile | None = Field(
        default=None,
        description="Whether tags pass (fast) or stay (steady); unset: as the role says.",
    )

    @model_validator(mode="after")
    def _has_one_shape(self) -> Self:
        kinds = [kind for kind in SHAPE_KINDS if getattr(self, kind)]
        if len(kinds) > 1:
            raise ValueError(f"has several shapes ({', '.join(kinds)}); keep one of them")
        if self.holes and self.polygon is None:
            raise ValueError("has holes but no polygon that they are cut out of")
        return self

    @property
    def pace(self) -> Profile:
        """Its profile: zones that tags pass through are fast unless the site file says else."""
        return self.profile or ("fast" if self.role in FAST_ROLES else "steady")

    @property
    def shape(self) -> ShapeKind | None:
        """Which kind of shape it has, if any."""
        return next((kind for kind in SHAPE_KINDS if getattr(self, kind)), None)

    @property
    def outlines(self) -> tuple[OutlineSettings, ...]:
        """The polygons that it is made of; none for a circle or a corridor."""
        if self.polygon is None:
            return self.polygons
        return (OutlineSettings(outline=self.polygon, holes=self.holes),)

    def points(self) -> Iterator[Point]:
        """All points of its shape, as they are written."""
        for part in self.outlines:
            yield from part.outline
            for hole in part.holes:
                yield from hole
        if self.circle is not None:
            yield self.circle.center
        if self.corridor is not None:
            yield from self.corridor.line
