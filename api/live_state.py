"""What the live map shows: where each asset, and each tag that no asset carries, is just now."""

from typing import NamedTuple

from alerts.alert import Severity
from history.scope import Sight


class LiveItem(NamedTuple):
    """An asset, or a tag without one, that is somewhere.

    `key` is unique among both. `x_m` and `y_m` are those of the newest fix, in metres of the
    site; without one it is somewhere in its zone. `is_provisional`: the zone is that of the
    newest reads, which decide nothing yet. `is_unknown`: nobody can say whether it is still in
    the zone, since its readers do not hear. `alert` is the worst severity of its open alerts.
    `heard_ns` is when it was heard last.
    """

    key: str
    name: str
    is_tag: bool
    group: str
    zone: str | None
    floor: str | None
    x_m: float | None
    y_m: float | None
    heard_ns: int
    is_provisional: bool = False
    is_unknown: bool = False
    alert: Severity | None = None


class LiveZone(NamedTuple):
    """A zone, on its floor; None is on all."""

    name: str
    floor: str | None
    role: str


class LiveFloor(NamedTuple):
    """A floor with the rectangle that everything drawn on it lies in, in metres of the site.

    The name is empty for what is on no floor.
    """

    name: str
    left_m: float
    bottom_m: float
    right_m: float
    top_m: float


class LivePlaces(NamedTuple):
    """The zones and floors of one version of the site file."""

    version: str
    zones: tuple[LiveZone, ...]
    floors: tuple[LiveFloor, ...]


class LiveNews(NamedTuple):
    """What changed since a number. Ask with `number` next time.

    All that was decided up to `seq` of the commit sequence is in it. `is_whole`: the
    items are all there are, and what is not among them is gone. `gone` are keys. `unheard` are
    the zones that nobody hears now.
    """

    number: int
    seq: int
    time_ns: int
    is_whole: bool
    items: tuple[LiveItem, ...]
    gone: tuple[str, ...]
    places: LivePlaces
    unheard: tuple[str, ...] = ()


def is_seen(item: LiveItem, sight: Sight) -> bool:
    """Whether an item may be seen where it is now; tags without an asset are of no group."""
    return sight.sees_zone(item.zone) and sight.sees_group(None if item.is_tag else item.group)
