"""The live map as its clients know it: items by index, and what each of them has missed.

There is no queue. Whoever has missed frames gets the newest state of what changed meanwhile;
whoever has missed many gets all of it anew. Frames are made once for all who see the same.
"""

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from api.live_frames import CHANGES, FULL, Layout, Spot, Stamp, encode
from api.live_state import LiveItem, LiveNews, LivePlaces, is_seen
from api.wire import binary_message
from history.scope import Sight

STEPS_KEPT = 25
"""Who has missed more frames than this gets a full one."""

_NO_PLACES = LivePlaces("", (), ())


class Step(NamedTuple):
    """What one frame changed for a view: indices that are shown, new or otherwise, and gone."""

    number: int
    shown: dict[int, bool]
    """Whether it is new, by index."""
    gone: tuple[int, ...]
    is_deaf_changed: bool


class LiveMap:
    """All items by index. An index is given to another item once its own is gone."""

    def __init__(self) -> None:
        self.number = 0
        self.seq = 0
        self.time_ns = 0
        self.layout = Layout(_NO_PLACES)
        self.unheard: tuple[str, ...] = ()
        self.spots: dict[int, Spot] = {}
        self._indices: dict[str, int] = {}
        self._free: list[int] = []
        self._next = 0

    def take(self, news: LiveNews) -> tuple[list[int], list[int], bool]:
        """Take news in: indices that changed, those that are gone, whether all begins anew."""
        self.number += 1
        self.seq, self.time_ns, self.unheard = news.seq, news.time_ns, news.unheard
        anew = news.is_whole or news.places is not self.layout.places
        if news.places is not self.layout.places:
            self.layout = Layout(news.places)
            self._place_anew()
        gone = list(news.gone)
        if news.is_whole:
            there = {item.key for item in news.items}
            gone = [key for key in self._indices if key not in there]
        freed = [index for key in gone if (index := self._forget(key)) is not None]
        changed = [self._put(item) for item in news.items]
        # Only now: an index that is freed and given away within one frame would be both.
        self._free += freed
        return changed, freed, anew

    def _put(self, item: LiveItem) -> int:
        index = self._indices.get(item.key)
        if index is None:
            index = self._free.pop() if self._free else self._next
            self._next = max(self._next, index + 1)
            self._indices[item.key] = index
        self.spots[index] = self.layout.spot(item)
        return index

    def _forget(self, key: str) -> int | None:
        index = self._indices.pop(key, None)
        if index is not None:
            del self.spots[index]
        return index

    def _place_anew(self) -> None:
        for index, spot in self.spots.items():
            self.spots[index] = self.layout.spot(spot.item)


class View:
    """The map for all who see the same of it. Frames come framed for a WebSocket."""

    def __init__(self, of: LiveMap, sight: Callable[[], Sight]) -> None:
        self._map = of
        self._sight_of = sight
        self._sight = sight()
        self._visible: dict[int, None] = {}
        self._steps: deque[Step] = deque(maxlen=STEPS_KEPT)
        self._frames: dict[int, bytes] = {}
        self._unheard: list[int] = []
        self._begin_anew()

    def advance(self, changed: Iterable[int], gone: Iterable[int], *, anew: bool) -> bool:
        """Take in what changed on the map; whether there is anything to tell."""
        self._frames.clear()
        if anew or self._sight_of() is not self._sight:
            self._begin_anew()
            return True
        left = [index for index in gone if index in self._visible]
        for index in left:
            del self._visible[index]
        shown: dict[int, bool] = {}
        for index in changed:
            if is_seen(self._map.spots[index].item, self._sight):
                shown[index] = index not in self._visible
                self._visible[index] = None
            elif index in self._visible:
                del self._visible[index]
                left.append(index)
        unheard = self._map.layout.unheard(self._sight, self._map.unheard)
        is_deaf_changed = unheard != self._unheard
        self._unheard = unheard
        self._steps.append(Step(self._map.number, shown, tuple(left), is_deaf_changed))
        return bool(shown or left or is_deaf_changed)

    def frame(self, known: int) -> bytes:
        """What leads from a frame that a client knows (0: none) to the newest one."""
        frame = self._frames.get(known)
        if frame is None:
            frame = self._frames[known] = binary_message(self._encoded(known))
        return frame

    def _begin_anew(self) -> None:
        self._sight = self._sight_of()
        self._steps.clear()
        self._visible = {
            index: None
            for index, spot in self._map.spots.items()
            if is_seen(spot.item, self._sight)
        }
        self._unheard = self._map.layout.unheard(self._sight, self._map.unheard)

    def _encoded(self, known: int) -> bytes:
        steps = [step for step in self._steps if step.number > known]
        if not known or not steps or steps[0].number != known + 1:
            return self._full()
        return self._changes(steps, known)

    def _full(self) -> bytes:
        spots = {index: self._map.spots[index] for index in self._visible}
        names = [spot.item.name for spot in spots.values()]
        words = {**self._map.layout.words(self._sight, self._map.unheard), "names": names}
        return encode(FULL, self._stamp(0), spots, (), words)

    def _changes(self, steps: Iterable[Step], known: int) -> bytes:
        shown: dict[int, bool] = {}
        gone: dict[int, None] = {}
        is_deaf_changed = False
        for step in steps:
            for index in step.gone:
                # Should it come back within these frames, it is perhaps another one.
                gone[index] = None
                shown.pop(index, None)
            for index, is_new in step.shown.items():
                shown[index] = is_new or shown.get(index, False)
            is_deaf_changed = is_deaf_changed or step.is_deaf_changed
        new = [index for index, is_new in shown.items() if is_new]
        known_ones = [index for index, is_new in shown.items() if not is_new]
        spots = {index: self._map.spots[index] for index in (*new, *known_ones)}
        words: dict[str, Any] = {}
        if new:
            words["names"] = [spots[index].item.name for index in new]
        if is_deaf_changed:
            words["unheard"] = self._unheard
        return encode(CHANGES, self._stamp(known), spots, tuple(gone), words or None)

    def _stamp(self, follows: int) -> Stamp:
        return Stamp(self._map.number, self._map.seq, self._map.time_ns, follows)
