"""How many of some assets are in each zone, counted as they move. Derived from where tags are."""

from alerts.alert import subject_of
from alerts.places import Places
from alerts.selection import selects
from alerts.settings import AssetSelector
from inventory.assets import Asset
from inventory.register import Register
from tags.epc.values import ID_PREFIX
from zones.floorplan import NO_PLAN, FloorPlan

ANY_GROUP = None

_Cell = tuple[str, str | None]


class Census:
    """Those that a selector names, by zone; a zone has what lies in the zones in it, too.

    An asset with several tags counts once, where the tag of it is that moved last. What is
    not known to be in a zone counts nowhere. Each movement costs the same however many there
    are; only `count_all` goes through all of them.
    """

    def __init__(self, selector: AssetSelector, register: Register, places: Places) -> None:
        self._selector = selector
        self._register = register
        self._places = places
        self._plan = NO_PLAN
        self._cells: dict[str, tuple[_Cell, ...]] = {}
        self._counts: dict[_Cell, int] = {}

    def count_all(self, plan: FloorPlan) -> None:
        """Count anew: the floor plan, the register or the places are others than before."""
        self._plan = plan
        self._cells.clear()
        self._counts.clear()
        for tag in self._places.tags():
            asset = self._register.asset_of(tag)
            if asset is not None or not tag.startswith(ID_PREFIX):
                self.note(asset, tag)

    def note(self, asset: Asset | None, tag: str) -> tuple[str, ...]:
        """A tag may be elsewhere now; the zones in which there are more or fewer for that."""
        subject = subject_of(None if asset is None else asset.id, tag)
        former, cells = self._cells.pop(subject, ()), self._cells_of(asset, tag)
        if cells:
            self._cells[subject] = cells
        if cells == former:
            return ()
        for step, each in ((-1, former), (1, cells)):
            for cell in each:
                self._counts[cell] = self._counts.get(cell, 0) + step
        changed = [*_beside(former, cells), *_beside(cells, former)]
        return tuple(zone for zone, group in changed if group is ANY_GROUP)

    def count(self, zone: str, group: str | None = ANY_GROUP) -> int:
        """How many are in a zone, of a group or of all."""
        return self._counts.get((zone, group), 0)

    def has(self, subject: str, zone: str) -> bool:
        """Whether one of those in a zone is this."""
        return (zone, ANY_GROUP) in self._cells.get(subject, ())

    def _cells_of(self, asset: Asset | None, tag: str) -> tuple[_Cell, ...]:
        if not selects(self._selector, asset, tag):
            return ()
        zone = self._plan.zones.get(self._places.later_than(asset, tag, -1) or "")
        if zone is None:
            return ()
        groups = (ANY_GROUP,) if asset is None else (ANY_GROUP, asset.group)
        return tuple((name, group) for name in (zone.name, *zone.inside) for group in groups)


def _beside(some: tuple[_Cell, ...], others: tuple[_Cell, ...]) -> list[_Cell]:
    return [cell for cell in some if cell not in others]
