"""What another store still has to get, part by part, and what of it goes next.

A part is a day of what was heard (`2026-01-31`, counted by the journal positions that touched
its slots) or the decisions (counted by the commit sequence). Of each part one span is open
towards what is yet to come; what an outage left behind it waits in spans of its own, so that
fresh data need not queue behind old.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

DECISIONS = "decisions"
SPANS_MAX = 8
"""So many spans a part has at most; beyond that two neighbours become one, which ships again
what lies between them."""

WHOLE = 1 << 62
"""As the slot of a mark: all slots of that number."""


class Mark(NamedTuple):
    """How far something was shipped: all of the numbers before, and of `number` up to a slot."""

    number: int
    slot_s: int = WHOLE

    @property
    def whole_number(self) -> int:
        """The newest number of which everything was shipped."""
        return self.number if self.slot_s == WHOLE else self.number - 1


NOTHING = Mark(-1_000_000)
"""Before the first number: what a day held before its slots were noted has negative ones."""


class Lane(msgspec.Struct, frozen=True, gc=False):
    """A span of a part: what lies behind `after`, up to `until` or, with None, without end."""

    part: str
    after: Mark = NOTHING
    until: int | None = None

    @property
    def is_over(self) -> bool:
        """Whether there is nothing left in it."""
        return self.until is not None and self.after.whole_number >= self.until


class Waiting(msgspec.Struct, frozen=True, gc=False):
    """A lane that has something to ship: how many slots or numbers, and since when."""

    lane: Lane
    items: int
    oldest_ns: int
    fresh: bool


class Lanes:
    """All spans of one store, in memory. `changed` names the parts that are to be saved."""

    def __init__(self, lanes: Iterable[Lane] = ()) -> None:
        self._parts: dict[str, list[Lane]] = {}
        self.changed: set[str] = set()
        for lane in lanes:
            self._parts.setdefault(lane.part, []).append(lane)
        for part in self._parts.values():
            part.sort(key=_begin_of)

    @property
    def parts(self) -> list[str]:
        """Every part that was begun and not dropped."""
        return sorted(self._parts)

    def __contains__(self, part: object) -> bool:
        """Whether a part was begun and not dropped."""
        return part in self._parts

    def of(self, part: str) -> Sequence[Lane]:
        """The spans of a part, oldest first; one that is new begins with everything."""
        return self._parts.setdefault(part, [Lane(part)])

    def move(self, lane: Lane, after: Mark) -> None:
        """Everything of a lane up to `after` was shipped."""
        lanes = self._parts[lane.part]
        moved = msgspec.structs.replace(lane, after=after)
        lanes[lanes.index(lane)] = moved
        if moved.is_over:
            lanes.remove(moved)
        self.changed.add(lane.part)

    def split(self, part: str, at: int) -> None:
        """What is behind `at` need not wait for what comes before it."""
        lanes = self._parts[part]
        last = lanes[-1]
        if at <= last.after.number:
            return
        lanes[-1] = msgspec.structs.replace(last, until=at)
        lanes.append(Lane(part, Mark(at)))
        if len(lanes) > SPANS_MAX:
            _join_neighbours(lanes)
        self.changed.add(part)

    def drop(self, part: str) -> None:
        """There is no such part any more."""
        self._parts.pop(part, None)
        self.changed.add(part)


def next_round(waiting: Iterable[Waiting]) -> list[Waiting]:
    """One batch of every lane that is fresh, decisions first, then of the oldest other one."""
    fresh: list[Waiting] = []
    backlog: list[Waiting] = []
    for each in waiting:
        (fresh if each.fresh else backlog).append(each)
    fresh.sort(key=lambda each: (each.lane.part == DECISIONS, each.lane.part), reverse=True)
    oldest = min(backlog, key=_age_of, default=None)
    return fresh if oldest is None else [*fresh, oldest]


def load_lanes(connection: sqlite3.Connection, store: str) -> Lanes:
    """The spans of a store as they were saved."""
    rows = connection.execute(
        "SELECT part, after, until FROM shipments WHERE store = ? ORDER BY part, after",
        (store,),
    )
    return Lanes(Lane(part, Mark(after), until) for part, after, until in rows)


def save_lanes(
    connection: sqlite3.Connection, store: str, parts: Mapping[str, Sequence[Lane]]
) -> None:
    """Write the spans of some parts, none for one that is gone; within the caller's transaction."""
    for part, lanes in parts.items():
        if not lanes:
            # It is gone for every store.
            connection.execute("DELETE FROM shipments WHERE part = ?", (part,))
            continue
        connection.execute("DELETE FROM shipments WHERE store = ? AND part = ?", (store, part))
        connection.executemany(
            "INSERT INTO shipments VALUES (?, ?, ?, ?)",
            [(store, part, lane.after.whole_number, lane.until) for lane in lanes],
        )


def _join_neighbours(lanes: list[Lane]) -> None:
    """Make one of the two spans between which the least lies; the newest stays by itself."""
    at = min(range(len(lanes) - 2), key=lambda at: _gap(lanes[at], lanes[at + 1]))
    lanes[at] = msgspec.structs.replace(lanes[at], until=lanes[at + 1].until)
    del lanes[at + 1]


def _gap(older: Lane, newer: Lane) -> int:
    return newer.after.number - (older.until or 0)


def _begin_of(lane: Lane) -> Mark:
    return lane.after


def _age_of(each: Waiting) -> tuple[int, str, Mark]:
    return each.oldest_ns, each.lane.part, each.lane.after
