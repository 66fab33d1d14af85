"""Crossings as they are kept and asked for, and how sure a movement is."""

import sqlite3
from importlib.resources import files
from pathlib import Path

import pytest
from msgspec.structs import replace

from history.filters import CrossingFilter, MovementFilter
from history.outputs import crossing_json, event_of, movement_json
from history.paging import PageRequest
from history.questions import StateQuestions
from history.state import open_state
from tests.history.made import Writer, at, crossing, movement, outside, stored

ALL = PageRequest(sort="seq")

_FIRST_ROWS = """
INSERT INTO movements VALUES (2, 'm', 5, 6, 'aa', 'drill', 'departed', 'hall', NULL, NULL, 0);
INSERT INTO visits VALUES (1, 1, 'aa', 'drill', 'hall', 1, 5);
INSERT INTO assets VALUES ('drill', 1, 1, '', '', '', '', '', '', '', '', '');
"""


def test_a_crossing_is_shown_as_it_was_decided(writer: Writer, questions: StateQuestions) -> None:
    out = crossing("aa", "dock", at(1), asset="drill")
    unsure = replace(crossing("bb", "dock", at(2), "unknown"), confidence=1 / 3, late=True)
    writer.commit(out, unsure)
    assert questions.crossings(CrossingFilter(), ALL).items == [
        crossing_json(out),
        crossing_json(unsure),
    ]
    assert (crossing_json(unsure)["confidence"], crossing_json(unsure)["lean"]) == (
        0.333,
        "inbound",
    )


def test_a_crossing_that_was_written_before_is_the_same_fact(
    writer: Writer, questions: StateQuestions
) -> None:
    writer.commit(crossing("aa", "dock", at(1)))
    writer.commit(crossing("aa", "dock", at(1), "inbound"))
    [kept] = questions.crossings(CrossingFilter(), ALL).items
    assert kept["direction"] == "outbound"


def test_a_crossing_moves_nothing(writer: Writer) -> None:
    writer.commit(movement("aa", None, "hall", at(1)), crossing("aa", "dock", at(2)))
    assert writer.rows("SELECT tag, zone, to_ns FROM visits") == [("aa", "hall", None)]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (CrossingFilter(asset="drill"), ["aa", "bb"]),
        (CrossingFilter(tag="cc"), ["cc"]),
        (CrossingFilter(portal="dock"), ["aa", "cc"]),
        (CrossingFilter(direction="lingering"), ["bb"]),
        (CrossingFilter(portal="dock", direction="inbound"), ["cc"]),
        (CrossingFilter(late=True), ["cc"]),
        (CrossingFilter(late=False), ["aa", "bb"]),
        (CrossingFilter(since_ns=at(2)), ["bb", "cc"]),
        (CrossingFilter(until_ns=at(2)), ["aa"]),
        (CrossingFilter(since_ns=at(2), until_ns=at(3)), ["bb"]),
        (CrossingFilter(since_ns=-(10**30), until_ns=10**30), ["aa", "bb", "cc"]),
    ],
)
def test_crossings_are_narrowed(
    writer: Writer,
    questions: StateQuestions,
    wanted: CrossingFilter,
    expected: list[str],
) -> None:
    writer.commit(
        crossing("aa", "dock", at(1), asset="drill"),
        crossing("bb", "yard", at(2), "lingering", "drill"),
        crossing("cc", "dock", at(3), "inbound", late=True),
    )
    shown = questions.crossings(wanted, ALL).items
    assert [row["tag"] for row in shown] == expected


def test_pages_of_crossings_neither_repeat_nor_hide_what_comes_meanwhile(
    writer: Writer, questions: StateQuestions
) -> None:
    writer.commit(*[crossing(f"a{at_}", "dock", at(at_)) for at_ in range(5)])
    seen: list[str] = []
    request: PageRequest | None = PageRequest(limit=2)
    while request is not None:
        page = questions.crossings(CrossingFilter(portal="dock"), request)
        seen += [row["tag"] for row in page.items]
        writer.commit(crossing("new", "dock", at(100 + len(seen))))
        cursor = page.cursor
        request = None if cursor is None else PageRequest(limit=2, cursor=cursor)
    assert seen == ["a4", "a3", "a2", "a1", "a0"]


def test_the_history_of_an_asset_holds_its_crossings_in_the_order_of_commits(
    writer: Writer, questions: StateQuestions
) -> None:
    writer.commit(stored("drill", "aa"), movement("aa", None, "hall", at(1), "drill"))
    writer.commit(crossing("aa", "dock", at(5), asset="drill"), crossing("zz", "dock", at(5)))
    writer.commit(movement("aa", "hall", "yard", at(6), "drill"))
    seen: list[str] = []
    request: PageRequest | None = PageRequest(limit=2, sort="seq")
    while request is not None:
        page = questions.history("drill", None, None, request)
        seen += [row["type"] for row in page.items]
        cursor = page.cursor
        request = None if cursor is None else PageRequest(limit=2, cursor=cursor, sort="seq")
    assert seen == ["movement", "visit", "crossing", "movement", "visit"]
    [only] = questions.history("drill", at(5), at(6), PageRequest()).items[:1]
    assert (only["type"], only["portal"], only["direction"]) == ("crossing", "dock", "outbound")


def test_the_stream_tells_a_crossing(writer: Writer, questions: StateQuestions) -> None:
    [_, told] = writer.commit(stored("drill"), crossing("aa", "dock", at(1)))
    assert [(event.seq, event.kind) for event in questions.events_after(0, 10)] == [
        (2, "crossing"),
    ]
    shown = event_of(told)
    assert shown is not None
    assert shown[1]["portal"] == "dock"


def test_a_movement_says_how_sure_it_is_and_whether_it_only_went_through(
    writer: Writer, questions: StateQuestions
) -> None:
    plain = movement("aa", None, "hall", at(1))
    sure = replace(movement("bb", None, "hall", at(2)), confidence=0.98765)
    through = replace(movement("cc", None, "fence", at(3)), crossed=True)
    writer.commit(plain, sure, through)
    shown = questions.movements(MovementFilter(), ALL).items
    assert shown == [movement_json(one) for one in (plain, sure, through)]
    assert [{*row} & {"confidence", "crossed"} for row in shown] == [
        set(),
        {"confidence"},
        {"crossed"},
    ]
    assert (shown[1]["confidence"], shown[2]["crossed"]) == (0.988, True)


def test_a_position_says_how_the_asset_left(writer: Writer, questions: StateQuestions) -> None:
    def left() -> object:
        position = questions.position("drill")
        assert position is not None
        return (position["zone"], position["left"])

    writer.commit(stored("drill", "aa"), movement("aa", None, "hall", at(1), "drill"))
    assert left() == ("hall", None)
    writer.commit(outside("aa", "hall", at(2), "drill"))
    assert left() == (None, "outside")
    writer.commit(movement("aa", None, "yard", at(3), "drill"))
    writer.commit(movement("aa", "yard", None, at(4), "drill"))
    assert left() == (None, "departed")
    writer.commit(movement("aa", None, "hall", at(5), "drill"), stored("drill", at_ns=at(6)))
    assert left() == (None, None)


def test_a_file_of_the_first_format_is_taken_over_with_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    first = (files("history") / "migrations" / "0001_state.sql").read_text("utf-8")
    old = sqlite3.connect(path)
    old.executescript(f"{first}\nPRAGMA user_version = 1;")
    old.executescript(_FIRST_ROWS)
    old.close()
    open_state(path).close()
    questions = StateQuestions(path)
    [moved] = questions.movements(MovementFilter(), ALL).items
    position = questions.position("drill")
    assert questions.crossings(CrossingFilter(), ALL).items == []
    questions.close()
    assert (moved["kind"], "confidence" in moved, "crossed" in moved) == ("departed", False, False)
    assert position is not None
    assert (position["last_zone"], position["left"]) == ("hall", "departed")
