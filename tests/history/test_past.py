"""The past of an asset by time: complete, and page by page while more arrives."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from history.outages import record_stop
from history.outputs import Numbered, Output
from history.paging import PageRequest, QuestionError
from history.past import PastQuestion, PastType, past_of
from history.record import record_outputs
from history.sightings import SightingBatch
from history.sqlite_sightings import SqliteSightings
from history.state import open_in_memory
from readers.health import HealthState, ReaderHealth
from tags.reads import Fix
from tests.history.made import crossing, movement, stored

SECOND_NS = 1_000_000_000
T0_NS = 1_800_000_000 * SECOND_NS
COVERS = {"hall": frozenset({("r1", 1)}), "gate": frozenset({("r1", 2), ("r2", 0)})}
TYPES: frozenset[PastType] = frozenset(get_args(PastType))

Happening = tuple[str, int, Any]
happenings = st.lists(
    st.tuples(st.just("move"), st.integers(0, 1), st.sampled_from(["hall", "gate", None]))
    | st.tuples(st.just("cross"), st.integers(0, 1), st.none())
    | st.tuples(st.just("fix"), st.integers(0, 1), st.none())
    | st.tuples(st.just("health"), st.integers(1, 2), st.booleans())
    | st.tuples(st.just("stop"), st.just(0), st.none()),
    max_size=12,
)


class Life:
    """What happens to a drill with two tags, a second apart."""

    def __init__(self, folder: Path) -> None:
        self.connection = open_in_memory()
        self.connection.row_factory = sqlite3.Row
        self.store = SqliteSightings(folder)
        self._where: dict[str, str | None] = {}
        self._seq = 0
        self._now_ns = T0_NS
        self._commit(stored("drill", "aa01", "bb02", at_ns=T0_NS))

    def close(self) -> None:
        self.connection.close()
        self.store.close()

    def live(self, what: Happening) -> None:
        kind, number, detail = what
        self._now_ns += SECOND_NS
        tag = ("aa01", "bb02")[number % 2]
        match kind:
            case "move" if detail != self._where.get(tag):
                before = self._where.get(tag)
                self._commit(movement(tag, before, detail, self._now_ns, "drill"))
                self._where[tag] = detail
            case "cross":
                self._commit(crossing(tag, "dock", self._now_ns, asset="drill"))
            case "fix":
                fix = Fix(tag, "tracker", self._now_ns, self._now_ns, x_m=1.0, y_m=2.0)
                self.store.append([SightingBatch(self._now_ns, [], [fix])])
            case "health":
                state: HealthState = "online" if detail else "offline"
                reader = f"r{number}"
                self._commit(ReaderHealth(reader=reader, state=state, since_ns=self._now_ns))
            case "stop":
                record_stop(self.connection, self._now_ns - SECOND_NS // 2, self._now_ns)
            case _:
                pass

    def page(
        self, request: PageRequest, **narrowed: object
    ) -> tuple[list[dict[str, Any]], str | None]:
        question = PastQuestion(asset="drill", types=TYPES, covers=COVERS)
        wanted = msgspec.structs.replace(question, **narrowed)
        page = past_of(self.connection, self.store, wanted, request)
        return page.items, page.cursor

    def all(self, **narrowed: object) -> list[dict[str, Any]]:
        items, cursor = self.page(PageRequest(limit=1000, sort="-time"), **narrowed)
        assert cursor is None
        return items

    def _commit(self, output: Output) -> None:
        self._seq += 1
        record_outputs(self.connection, [Numbered(self._seq, output)], self._now_ns)


def begin_of(item: dict[str, Any]) -> tuple[str, str, str, str]:
    """What of a row never changes."""
    return item["type"], item.get("time") or item["from"], item.get("tag", ""), item.get("id", "")


@given(before=happenings, meanwhile=happenings, limit=st.integers(1, 4))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_row_is_repeated_or_hidden_while_more_happens(
    tmp_path_factory: pytest.TempPathFactory,
    before: list[Happening],
    meanwhile: list[Happening],
    limit: int,
) -> None:
    with closing(Life(tmp_path_factory.mktemp("days"))) as life:
        for what in before:
            life.live(what)
        there = [begin_of(item) for item in life.all()]
        seen: list[tuple[str, str, str, str]] = []
        cursor: str | None = None
        while True:
            items, cursor = life.page(PageRequest(limit=limit, sort="-time", cursor=cursor))
            assert len(items) <= limit
            seen += [begin_of(item) for item in items]
            if cursor is None:
                break
            if meanwhile:
                life.live(meanwhile.pop())
        assert len(set(seen)) == len(seen)
        assert set(there) <= set(seen)
        assert [key[1] for key in seen] == sorted((key[1] for key in seen), reverse=True)


@given(before=happenings, chosen=st.sets(st.sampled_from(sorted(TYPES)), min_size=1))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_types_narrow_down_what_is_told_and_change_none_of_it(
    tmp_path_factory: pytest.TempPathFactory, before: list[Happening], chosen: set[PastType]
) -> None:
    with closing(Life(tmp_path_factory.mktemp("days"))) as life:
        for what in before:
            life.live(what)
        some = [item for item in life.all() if item["type"] in chosen]
        assert life.all(types=frozenset(chosen)) == some
        paged: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            request = PageRequest(limit=2, sort="-time", cursor=cursor)
            items, cursor = life.page(request, types=frozenset(chosen))
            paged += items
            if cursor is None:
                break
        assert paged == some


def test_a_reader_that_was_down_makes_a_gap_within_the_visit(tmp_path: Path) -> None:
    with closing(Life(tmp_path)) as life:
        life.live(("move", 0, "hall"))
        life.live(("health", 1, False))
        life.live(("health", 1, True))
        life.live(("move", 0, None))
        gaps = life.all(types=frozenset({"gap"}))
    told = [(gap["reason"], gap["zone"], gap["readers"], gap["from"][-10:]) for gap in gaps]
    assert told == [
        ("departed", "hall", [], "04.000000Z"),
        ("reader_down", "hall", ["r1"], "02.000000Z"),
        ("never_seen", None, [], "00.000000Z"),
    ]
    assert [gap["to"] and gap["to"][-10:] for gap in gaps] == [None, "03.000000Z", "01.000000Z"]


def test_a_span_is_half_open_and_shows_what_reaches_into_it_whole(tmp_path: Path) -> None:
    with closing(Life(tmp_path)) as life:
        for what in [("move", 0, "hall"), ("fix", 0, None), ("fix", 0, None), ("move", 0, None)]:
            life.live((what[0], what[1], what[2]))
        narrowed = {"since_ns": T0_NS + 2 * SECOND_NS, "until_ns": T0_NS + 3 * SECOND_NS}
        found = [(item["type"], item.get("time") or item["from"]) for item in life.all(**narrowed)]
    assert [(kind, time[-10:]) for kind, time in found] == [
        ("position", "02.000000Z"),
        ("visit", "01.000000Z"),
    ]


def test_another_order_and_a_strange_cursor_are_refused(tmp_path: Path) -> None:
    with closing(Life(tmp_path)) as life:
        with pytest.raises(QuestionError, match="newest first"):
            life.page(PageRequest(sort="seq"))
        with pytest.raises(QuestionError, match="not given out"):
            life.page(PageRequest(sort="-time", cursor="x"))
