"""How many tags are in each zone, kept up as they move: a look at it costs zones, not tags."""

from collections import Counter
from collections.abc import Iterable
from typing import Literal

from gateway.metrics import Labelled
from history.outputs import Output, ZonesChanged
from zones.movements import Movement
from zones.tracks import LocateState

Heard = Literal["present", "unknown", "unwatched"]
"""`present` in a zone that is heard, `unknown` in one that is not; no reader covers the last."""


class TagsInZones:
    """Counts the tags that are in a zone: those of the beginning, then what each output changes."""

    def __init__(self) -> None:
        self._heads: Counter[str] = Counter()

    def begin(self, located: Iterable[LocateState]) -> None:
        """Count all tags that are known, once."""
        for part in located:
            self._heads.update(
                track.zone for track in part.tracks.values() if track.zone is not None
            )

    def note(self, output: Output) -> None:
        """Follow what was decided; late movements change no place."""
        match output:
            case Movement(late=False):
                self._change(output.from_zone, -1)
                self._change(output.to_zone, 1)
            case ZonesChanged():
                self._follow(output)
            case _:
                pass

    def by_presence(self, located: LocateState) -> Labelled:
        """The tags in each zone that has some, by zone and presence."""
        return {(zone, _heard(located, zone)): heads for zone, heads in list(self._heads.items())}

    def _change(self, zone: str | None, by: int) -> None:
        if zone is None:
            return
        self._heads[zone] += by
        if self._heads[zone] <= 0:
            del self._heads[zone]

    def _follow(self, change: ZonesChanged) -> None:
        for zone in change.gone:
            self._heads.pop(zone, None)
        # All are taken out before any is put back: zones may swap their names.
        moved = {zone: self._heads.pop(zone, 0) for zone in change.renamed}
        for zone, heads in moved.items():
            self._change(change.renamed[zone], heads)


def _heard(located: LocateState, zone: str) -> Heard:
    if zone in located.healthy_since_ns:
        return "present"
    return "unknown" if zone in located.unheard_since_ns else "unwatched"
