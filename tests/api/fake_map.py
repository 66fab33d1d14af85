"""A live map on which a test puts things where it likes."""

from typing import Any

from api.live_state import LiveFloor, LiveItem, LiveNews, LivePlaces, LiveZone

PLACES = LivePlaces(
    "v1",
    (
        LiveZone("hall", "ground", "storage"),
        LiveZone("hall/shelf", "ground", "storage"),
        LiveZone("gate", None, "exit"),
    ),
    (LiveFloor("", 0.0, 0.0, 60.0, 40.0), LiveFloor("ground", 0.0, 0.0, 60.0, 40.0)),
)
TIME_NS = 1_800_000_000_000_000_000


def item(name: str, zone: str | None = "hall", **others: Any) -> LiveItem:  # noqa: ANN401 -- any field
    told: dict[str, Any] = {
        "key": name,
        "name": name,
        "is_tag": False,
        "group": "",
        "zone": zone,
        "floor": None,
        "x_m": None,
        "y_m": None,
        "heard_ns": TIME_NS,
    }
    return LiveItem(**{**told, **others})


class FakeMap:
    """Remembers for each item when it changed last."""

    def __init__(self) -> None:
        self.items: dict[str, LiveItem] = {}
        self.places = PLACES
        self.unheard: tuple[str, ...] = ()
        self.time_ns = TIME_NS
        self._changed: dict[str, int] = {}
        self._number = 1

    def put(self, *items: LiveItem) -> None:
        self._number += 1
        for each in items:
            self.items[each.key] = each
            self._changed[each.key] = self._number

    def remove(self, *keys: str) -> None:
        self._number += 1
        for key in keys:
            del self.items[key]
            self._changed[key] = self._number

    def since(self, number: int, seq: int) -> LiveNews:
        changed = [key for key, at in self._changed.items() if at > number]
        items = tuple(self.items[key] for key in changed if key in self.items)
        gone = tuple(key for key in changed if key not in self.items)
        everything = tuple(self.items.values())
        return LiveNews(
            number=self._number,
            seq=seq,
            time_ns=self.time_ns,
            is_whole=not number,
            items=items if number else everything,
            gone=gone if number else (),
            places=self.places,
            unheard=self.unheard,
        )
