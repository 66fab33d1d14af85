"""Reads at exits that may decide at once: as soon as all that arrived at the same instant is known.

A report lists its reads in any order, so the first of them may be the fainter one.
"""

from collections.abc import Callable
from typing import NamedTuple

from zones.bins import BIN_NS, Cell, cells_of
from zones.floorplan import PointKey
from zones.tracks import ExitKey, LocateState


class Exit(NamedTuple):
    """A tag was read at an exit just now; `cell` is what its antenna heard in the open bin."""

    tag: str
    zone: str
    number: int
    cell: Cell
    event_ns: int


class Exits:
    """The reads at exits that arrived at the present clock."""

    def __init__(self, state: LocateState) -> None:
        self._state = state

    def next_ns(self) -> int | None:
        """The clock at which nothing more can arrive with them."""
        return self._state.at_exit_ns + 1 if self._state.at_exit else None

    def note(self, key: ExitKey, event_ns: int) -> None:
        """A read arrived at an exit; of several by one antenna the oldest counts."""
        state = self._state
        state.at_exit[key] = min(event_ns, state.at_exit.get(key, event_ns))
        state.at_exit_ns = state.now_ns

    def take(self, zone_of: Callable[[PointKey], str]) -> list[Exit]:
        """All that wait, by tag, the loudest antenna of each first."""
        waiting = dict(self._state.at_exit)
        self._state.at_exit.clear()
        found = [self._exit(key, event_ns, zone_of) for key, event_ns in waiting.items()]
        return sorted(found, key=_order)

    def _exit(self, key: ExitKey, event_ns: int, zone_of: Callable[[PointKey], str]) -> Exit:
        """What is in the bin of the read, which closes a hold after exits are decided."""
        tag, *point = key
        number = event_ns // BIN_NS
        heard = cells_of(self._state.bins[number][tag])
        cell = next(each for each in heard if each.key == tuple(point))
        return Exit(tag, zone_of(cell.key), number, cell, event_ns)


def _order(each: Exit) -> tuple[str, int, PointKey]:
    return each.tag, -each.cell.max_cdb, each.cell.key
