"""Where assets are, remembered until something is decided about them.

Whoever polls the position of an asset asks the same question again and again, and going to a
thread and a table costs more than all the rest of the answer.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from time import monotonic
from typing import Any, NamedTuple

from alerts.alert import AlertChange, Event, Notice
from history.outputs import Audited, Numbered
from inventory.custody import CustodyChanged
from readers.health import ReaderHealth
from zones.movements import Crossing, Movement

KEPT_S = 5.0
"""What changes by other ways than decisions, such as what is past keeping, is so late at most."""
KEPT_MAX = 10_000

Place = dict[str, Any]
Look = Callable[[], Awaitable[Place | None]]

_NO_PLACE = Crossing | AlertChange | Notice | Event | ReaderHealth | Audited | CustodyChanged
"""Outputs that leave everything where it is."""


class _Known(NamedTuple):
    """An answer, and when it was asked for; None while it is being looked up."""

    asked_s: float
    place: Place | None


class Whereabouts:
    """Answers of the last seconds, of as many assets as are asked for most."""

    def __init__(self, monotonic_s: Callable[[], float] = monotonic) -> None:
        self._monotonic_s = monotonic_s
        self._known: OrderedDict[str, _Known] = OrderedDict()

    async def of(self, asset: str, look: Look) -> Place | None:
        """Where an asset is by what is committed; `look` asks the table. None where it has none."""
        known, now_s = self._known.get(asset), self._monotonic_s()
        if known is not None and known.place is not None and now_s - known.asked_s < KEPT_S:
            return known.place
        asked = self._known[asset] = _Known(now_s, None)
        self._known.move_to_end(asset)
        while len(self._known) > KEPT_MAX:
            _ = self._known.popitem(last=False)
        place = await look()
        # Unless something was decided about it meanwhile: then the answer may be of before.
        if self._known.get(asset) is asked:
            if place is None:
                del self._known[asset]
            else:
                self._known[asset] = _Known(now_s, place)
        return place

    def clear(self) -> None:
        """Forget everything."""
        self._known.clear()

    def note(self, outputs: Iterable[Numbered]) -> None:
        """Forget what was just committed to be otherwise. Call it before anybody is told."""
        for numbered in outputs:
            output = numbered.output
            if isinstance(output, Movement):
                if output.asset is not None:
                    _ = self._known.pop(output.asset, None)
            elif not isinstance(output, _NO_PLACE):
                self._known.clear()
