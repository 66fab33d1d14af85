"""How answers about the site file look."""

from typing import Any, Literal

from pydantic import BaseModel, Field

Entry = dict[str, Any]


class SiteProblemShape(BaseModel):
    """What is wrong with a site file, or what to live with (`severity` warning)."""

    line: int = Field(description="Line of the text, from 1 on; 0 where it is about no line.")
    key: str = Field(description="Such as `zones[hall].polygon[2]`.")
    message: str
    severity: Literal["error", "warning"]


class SiteShape(BaseModel):
    """The site file as it stands; `version` is in force."""

    version: str
    number: int = Field(description="The number of the version; it rises with each change.")
    file: str | None = Field(description="Its name; null where the gateway has none.")
    file_version: str = Field(description="What stands in the file; its `ETag`.")
    read_only: bool
    problems: list[SiteProblemShape]


class SiteEditedShape(BaseModel):
    """What an edit changed; with `dry_run` what it would change."""

    version: str
    number: int
    dry_run: bool
    name: str | None
    settings: Entry | None = Field(description="The entry as it is written now.")
    changes: str = Field(description="A unified diff of the file, secrets masked.")
    warnings: list[SiteProblemShape]


class SiteCheckShape(BaseModel):
    """What is wrong with a text or a patch."""

    valid: bool
    problems: list[SiteProblemShape]


class SiteVersionRow(BaseModel):
    """A version: since when it was in force, by whom and why."""

    number: int
    version: str
    at: str
    by: str
    why: str


class PortalShape(BaseModel):
    """A portal: its two sides, by read points."""

    name: str
    inside: list[str]
    outside: list[str]


class MapShape(BaseModel):
    """Tiles in Web Mercator, 256 pixels wide, and where on the globe the floor's metres lie.

    The floor's point (0, 0) is at `lat` and `lon` (degrees, WGS84); its y axis is turned by
    `bearing_deg` clockwise from north. Of `url`, {z}, {x} and {y} are filled in; the server has
    tiles up to `max_zoom`.
    """

    url: str
    attribution: str
    max_zoom: int
    lat: float
    lon: float
    bearing_deg: float


class FloorShape(BaseModel):
    """A floor: its size, its heights, and whether there is a picture of it."""

    name: str
    size_m: list[float]
    height_m: list[float] | None
    plan: str | None = Field(description="Where its picture is; null where there is none.")
    map: MapShape | None = Field(description="The map under it; null where there is none.")
