"""The map that is drawn under a floor out of doors: where its tiles come from."""

import re
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

_PLACE: Final = re.compile(r"\{([^{}]*)\}")
_WANTED: Final = ["x", "y", "z"]
_ADDRESS: Final = re.compile(r"[!#-&(-;=?-\[\]_a-z{}~]+")
"""What an address is written with: ASCII without spaces, quotes, angle brackets and backslashes."""
_HOST: Final = re.compile(r"https?://(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")
_UNFILLED: Final = "${"


def _is_address(url: str) -> str:
    if _UNFILLED in url:
        return url  # The value of the environment is checked, not its name.
    for holds, fault in _faults(url):
        if not holds:
            raise ValueError(fault)
    return url


def _faults(url: str) -> list[tuple[bool, str]]:
    place = url.find("{")
    start = url if place < 0 else url[:place]
    host = urlsplit(start).netloc
    return [
        (_ADDRESS.fullmatch(url) is not None, "has characters that no address has"),
        (url.startswith(("http://", "https://")), "must begin with https:// or http://"),
        ("@" not in host, "must not name a user or password: every browser would see them"),
        ("{s}" not in url, "must name one host; browsers need no more ({s} is of older days)"),
        (_HOST.fullmatch(url[: _path_at(url)]) is not None, "must name a host, then a path"),
        (
            sorted(_PLACE.findall(url)) == _WANTED,
            "must have each of {z}, {x} and {y} once, and nothing else in braces",
        ),
    ]


def _path_at(url: str) -> int:
    """Where the path begins, the length of the address where it has none."""
    scheme = url.find("//") + 2
    path = url.find("/", scheme)
    return len(url) if path < 0 else path


class TileSettings(BaseModel):
    """Tiles of a map in Web Mercator, 256 pixels wide, as OpenStreetMap numbers them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[str, AfterValidator(_is_address)] = Field(
        max_length=500,
        description="Address of a tile, such as https://tiles.example.org/{z}/{x}/{y}.png.",
    )
    attribution: str = Field(
        default="",
        max_length=200,
        description="Whose map it is; shown beside it. Most maps require it.",
    )
    max_zoom: int = Field(
        default=19,
        ge=0,
        le=24,
        description="The largest {z} that the server has; nearer than that its tiles are enlarged.",
    )

    @property
    def host(self) -> str | None:
        """Scheme, name and port of the server; None where the address is not filled in."""
        host = self.url[: _path_at(self.url)]
        return host if _HOST.fullmatch(host) else None
