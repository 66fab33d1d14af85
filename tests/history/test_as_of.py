"""Where things were at any time, against a plain reference."""

import sqlite3
from contextlib import closing

from hypothesis import given, settings
from hypothesis import strategies as st

from history.as_of import PositionFilter, position_at, positions_in, present_at
from history.outputs import Numbered
from history.paging import PageRequest
from history.record import record_outputs
from history.state import open_in_memory
from tests.history.made import movement

SECOND_NS = 1_000_000_000
ZONES = ("hall", "gate", "yard")
ASSETS = {"aa": "laptop", "bb": "laptop", "cc": "drill", "dd": None}
Step = tuple[int, str, str | None]
"""Seconds since the step before, tag, and the zone that it goes to; None: it departs."""

steps = st.lists(
    st.tuples(
        st.sampled_from([1, 1, 2, 100, 1000, 100_000, 10_000_000]),
        st.sampled_from(sorted(ASSETS)),
        st.none() | st.sampled_from(ZONES),
    ),
    max_size=14,
)


class World:
    """The same steps in the tables, and as lists of (from, to, zone) by tag."""

    def __init__(self, connection: sqlite3.Connection, taken: list[Step]) -> None:
        self.connection = connection
        self.stays: list[tuple[int, int | None, str, str]] = []
        self.times = [0]
        where: dict[str, str] = {}
        now_ns = 0
        for seq, (after_s, tag, zone) in enumerate(taken, start=1):
            before = where.get(tag)
            if before == zone:
                continue
            now_ns += after_s * SECOND_NS
            moved = movement(tag, before, zone, now_ns, ASSETS[tag])
            record_outputs(connection, [Numbered(seq, moved)])
            self._move(tag, zone, now_ns)
            where.pop(tag, None)
            if zone is not None:
                where[tag] = zone

    def _move(self, tag: str, zone: str | None, now_ns: int) -> None:
        for index, (from_ns, to_ns, there, who) in enumerate(self.stays):
            if who == tag and to_ns is None:
                self.stays[index] = (from_ns, now_ns, there, who)
        if zone is not None:
            self.stays.append((now_ns, None, zone, tag))
        self.times += [now_ns - 1, now_ns, now_ns + 1]

    def zone_of(self, tags: list[str], at_ns: int) -> str | None:
        open_then = [
            (from_ns, zone)
            for from_ns, to_ns, zone, tag in self.stays
            if tag in tags and from_ns <= at_ns and (to_ns is None or to_ns > at_ns)
        ]
        return max(open_then, key=lambda stay: stay[0])[1] if open_then else None


def held(row: sqlite3.Row | None, at_ns: int) -> str | None:
    if row is None or (row["to_ns"] is not None and row["to_ns"] <= at_ns):
        return None
    zone: str = row["zone"]
    return zone


@given(taken=steps)
@settings(max_examples=60)
def test_at_any_time_each_is_where_it_had_gone_last(taken: list[Step]) -> None:
    with closing(open_in_memory()) as connection:
        connection.row_factory = sqlite3.Row
        world = World(connection, taken)
        for at_ns in world.times:
            for asset in ("laptop", "drill"):
                tags = [tag for tag, carrier in ASSETS.items() if carrier == asset]
                expected = world.zone_of(tags, at_ns)
                assert held(position_at(connection, asset, at_ns), at_ns) == expected
            rows, _ = positions_in(connection, PositionFilter(), at_ns, PageRequest(sort="seq"))
            for row in rows:
                assert held(row, at_ns) == world.zone_of([row["tag"]], at_ns)


@given(taken=steps, zone=st.sampled_from(ZONES), limit=st.integers(1, 3))
@settings(max_examples=60)
def test_who_was_there_is_who_was_nowhere_else(taken: list[Step], zone: str, limit: int) -> None:
    with closing(open_in_memory()) as connection:
        connection.row_factory = sqlite3.Row
        world = World(connection, taken)
        for at_ns in world.times:
            seen: list[str] = []
            request = PageRequest(limit=limit, sort="seq")
            while True:
                rows, cursor = present_at(connection, [zone], at_ns, request)
                seen += [row["subject"] for row in rows]
                if cursor is None:
                    break
                request = PageRequest(limit=limit, sort="seq", cursor=cursor)
            carried = {
                asset
                for asset in ("drill", "laptop")
                if world.zone_of([tag for tag in ASSETS if ASSETS[tag] == asset], at_ns) == zone
            }
            bare = ["dd"] if world.zone_of(["dd"], at_ns) == zone else []
            assert seen == [*sorted(carried), *bare]


def test_positions_now_are_those_of_a_time_to_come() -> None:
    with closing(open_in_memory()) as connection:
        connection.row_factory = sqlite3.Row
        taken: list[Step] = [(1, "aa", "hall"), (5, "bb", "gate"), (5, "aa", None)]
        _ = World(connection, taken)
        asked = PageRequest(sort="seq")
        now, _ = positions_in(connection, PositionFilter(), None, asked)
        then, _ = positions_in(connection, PositionFilter(), 2**62, asked)
        assert [tuple(row) for row in now] == [tuple(row) for row in then]
        narrow, _ = positions_in(connection, PositionFilter(zones=("gate",)), None, asked)
        assert [row["tag"] for row in narrow] == ["bb"]
        some, _ = positions_in(connection, PositionFilter(like="%lapt%"), None, asked)
        assert [row["tag"] for row in some] == ["aa", "bb"]
