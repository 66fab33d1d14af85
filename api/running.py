"""What may be asked of a running gateway about itself: its frame, its figures, its backups."""

from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol

from zones.map_tiles import TileSettings
from zones.position_settings import OriginSettings


class Frame(NamedTuple):
    """What every page shows around it: the name of the site, its clock, and its version."""

    name: str
    timezone: str
    version: str


class FloorMap(NamedTuple):
    """The map under a floor: its tiles, and where on the globe the floors lie."""

    tiles: TileSettings
    origin: OriginSettings


def image_hosts(maps: Iterable[FloorMap]) -> list[str]:
    """The hosts of which browsers ask tiles, each once."""
    return sorted({each.tiles.host for each in maps if each.tiles.host is not None})


class BackupRefusedError(Exception):
    """No backup is begun now; the text says why. HTTP 409."""


class Backups(Protocol):
    """Copies of the data folder, each in a folder of its own beside the others."""

    async def begin(self, by: str) -> dict[str, Any]:
        """Begin a backup and tell of it. Raises BackupRefusedError, JournalFullError."""
        ...

    async def listed(self) -> list[dict[str, Any]]:
        """All that there are and the one that is being made, the newest last."""
        ...


class System(Protocol):
    """Fulfilled by the gateway."""

    @property
    def backups(self) -> Backups:
        """What makes backups."""
        ...

    async def told(self) -> dict[str, Any]:
        """How the gateway is, as `GET system` shows it."""
        ...
