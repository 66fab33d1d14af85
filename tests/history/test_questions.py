import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest

from alerts.alert import Acknowledgement, Alert
from alerts.shown import alert_json
from history.filters import AlertFilter, AssetFilter, MovementFilter, VisitFilter
from history.outputs import AssetStored, movement_json
from history.paging import PageRequest, QuestionError
from history.questions import Event, StateQuestions
from inventory.assets import Asset
from tags.times import format_time
from tests.history.made import Writer, alert, at, movement, raised, removed, stored

ALL = PageRequest(sort="seq")


def tags(items: list[dict[str, Any]]) -> list[str]:
    return [row["tag"] for row in items]


def test_a_movement_is_shown_as_it_was_decided(writer: Writer, questions: StateQuestions) -> None:
    one = msgspec.structs.replace(movement("aa", None, "hall", at(1), "drill"), operation="pick")
    other = movement("bb", "hall", None, at(2), late=True)
    writer.commit(one, other)
    items = questions.movements(MovementFilter(), ALL).items
    assert items == [movement_json(one), movement_json(other)]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (MovementFilter(asset="drill"), ["aa", "bb"]),
        (MovementFilter(tag="cc"), ["cc"]),
        (MovementFilter(kind="departed"), ["cc"]),
        (MovementFilter(from_zone="hall"), ["bb", "cc"]),
        (MovementFilter(to_zone="hall"), ["aa"]),
        (MovementFilter(zone="hall"), ["aa", "bb", "cc"]),
        (MovementFilter(zone="gate", asset="drill"), ["bb"]),
        (MovementFilter(operation="pick"), []),
        (MovementFilter(late=True), ["cc"]),
        (MovementFilter(late=False), ["aa", "bb"]),
        (MovementFilter(since_ns=at(2)), ["bb", "cc"]),
        (MovementFilter(until_ns=at(2)), ["aa"]),
        (MovementFilter(since_ns=at(2), until_ns=at(3)), ["bb"]),
        (MovementFilter(since_ns=-(10**30), until_ns=10**30), ["aa", "bb", "cc"]),
    ],
)
def test_movements_are_narrowed(
    writer: Writer,
    questions: StateQuestions,
    wanted: MovementFilter,
    expected: list[str],
) -> None:
    writer.commit(
        movement("aa", None, "hall", at(1), "drill"),
        movement("bb", "hall", "gate", at(2), "drill"),
        movement("cc", "hall", None, at(3), late=True),
    )
    assert tags(questions.movements(wanted, ALL).items) == expected


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (VisitFilter(zone="hall"), ["aa", "bb", "cc"]),
        (VisitFilter(zone="gate"), ["aa"]),
        (VisitFilter(tag="aa", open=True), ["aa"]),
        (VisitFilter(open=False), ["aa", "cc"]),
        (VisitFilter(asset="drill"), ["aa", "aa"]),
        (VisitFilter(zone="hall", since_ns=at(10)), ["bb"]),
        (VisitFilter(zone="hall", since_ns=at(9), until_ns=at(10)), ["aa", "bb"]),
        (VisitFilter(zone="hall", until_ns=at(2)), ["aa"]),
        (VisitFilter(zone="hall", since_ns=at(4), until_ns=at(5)), ["aa", "bb", "cc"]),
        (VisitFilter(zone="hall", since_ns=at(4) + 1), ["aa", "bb"]),
    ],
)
def test_visits_are_those_that_overlap_the_times(
    writer: Writer,
    questions: StateQuestions,
    wanted: VisitFilter,
    expected: list[str],
) -> None:
    writer.commit(movement("aa", None, "hall", at(1), "drill"), movement("bb", None, "hall", at(2)))
    writer.commit(movement("cc", None, "hall", at(4)), movement("cc", "hall", None, at(4)))
    writer.commit(movement("aa", "hall", "gate", at(10), "drill"))
    assert tags(questions.visits(wanted, ALL).items) == expected


def test_a_visit_says_from_when_to_when(writer: Writer, questions: StateQuestions) -> None:
    writer.commit(movement("aa", None, "hall", at(1), "drill"))
    shown = {"tag": "aa", "asset": "drill", "zone": "hall", "from": format_time(at(1)), "to": None}
    assert questions.visits(VisitFilter(), ALL).items == [shown]
    writer.commit(movement("aa", "hall", None, at(2), "drill"))
    assert questions.visits(VisitFilter(), ALL).items == [{**shown, "to": format_time(at(2))}]


def test_an_asset_with_several_tags_is_where_the_newest_of_them_is(
    writer: Writer,
    questions: StateQuestions,
) -> None:
    writer.commit(stored("drill", "aa", "bb", name="Drill"))
    writer.commit(movement("aa", None, "hall", at(1), "drill"))
    writer.commit(movement("bb", None, "gate", at(2), "drill"))
    here = {
        "asset": "drill",
        "name": "Drill",
        "tag": "bb",
        "zone": "gate",
        "since": format_time(at(2)),
    }
    assert questions.who_is_in(["hall"], ALL).items == []
    assert questions.who_is_in(["hall", "gate"], ALL).items == [here]
    assert questions.who_is_in([], ALL).items == []


def test_the_newest_visit_is_the_one_that_began_last_not_the_one_written_last(
    writer: Writer,
    questions: StateQuestions,
) -> None:
    writer.commit(stored("drill", "aa", "bb"))
    writer.commit(movement("bb", None, "gate", at(2), "drill"))
    writer.commit(movement("aa", None, "hall", at(1), "drill"))
    assert tags(questions.who_is_in(["hall", "gate"], ALL).items) == ["bb"]
    position = questions.position("drill")
    assert position is not None
    assert position["zone"] == "gate"


def test_who_left_was_last_where_it_was_seen_last_and_not_where_it_was_told_late(
    writer: Writer,
    questions: StateQuestions,
) -> None:
    writer.commit(stored("drill", "aa"))
    writer.commit(movement("aa", None, "hall", at(1), "drill"))
    writer.commit(movement("aa", None, "gate", at(5), "drill", late=True))
    writer.commit(movement("aa", "hall", None, at(9), "drill"))
    position = questions.position("drill")
    assert position is not None
    assert (position["last_zone"], position["since"]) == ("hall", format_time(at(9)))


def test_a_tag_without_asset_is_there_too(writer: Writer, questions: StateQuestions) -> None:
    writer.commit(movement("zz", None, "hall", at(1)), movement("aa", None, "hall", at(2), "saw"))
    shown = questions.who_is_in(["hall"], ALL).items
    assert [(row["asset"], row["tag"], row["name"]) for row in shown] == [
        ("saw", "aa", None),
        (None, "zz", None),
    ]


def test_a_position_tells_seen_from_left_from_never_seen(
    writer: Writer,
    questions: StateQuestions,
) -> None:
    assert questions.position("drill") is None
    writer.commit(stored("drill", "aa"))
    nothing = dict.fromkeys(["tag", "zone", "since", "last_zone", "left"])
    nowhere = {"asset": "drill", **nothing}
    assert questions.position("drill") == nowhere
    writer.commit(movement("aa", None, "hall", at(1), "drill"))
    there = {**nowhere, "tag": "aa", "zone": "hall", "since": format_time(at(1))}
    assert questions.position("drill") == {**there, "last_zone": "hall"}
    writer.commit(movement("aa", "hall", None, at(2), "drill"))
    gone = {**nowhere, "tag": "aa", "since": format_time(at(2)), "last_zone": "hall"}
    assert questions.position("drill") == {**gone, "left": "departed"}


def test_a_history_keeps_what_was_before_a_rebinding(
    writer: Writer,
    questions: StateQuestions,
) -> None:
    writer.commit(stored("drill", "aa"), movement("aa", None, "hall", at(1), "drill"))
    writer.commit(removed("drill", at(5)), stored("saw", "aa", at_ns=at(5)))
    writer.commit(movement("aa", "hall", "gate", at(9), "saw"))
    drill = questions.history("drill", None, None, ALL).items
    assert [(row["type"], row.get("to")) for row in drill] == [
        ("movement", "hall"),
        ("visit", format_time(at(5))),
    ]
    saw = questions.history("saw", None, None, ALL).items
    assert [(row["type"], row.get("zone")) for row in saw] == [
        ("visit", "hall"),
        ("movement", None),
        ("visit", "gate"),
    ]


def test_a_history_is_cut_to_its_times(writer: Writer, questions: StateQuestions) -> None:
    writer.commit(movement("aa", None, "hall", at(1), "drill"))
    writer.commit(movement("aa", "hall", "gate", at(5), "drill"))
    within = questions.history("drill", at(2), at(5), ALL).items
    assert [(row["type"], row["zone"]) for row in within] == [("visit", "hall")]
    after = questions.history("drill", at(5), 10**30, ALL).items
    assert [row["type"] for row in after] == ["movement", "visit"]


def test_an_asset_comes_back_as_it_was_stored(writer: Writer, questions: StateQuestions) -> None:
    drill = Asset(
        id="drill",
        name="Drill 2000",
        category="tool",
        tags=("bb", "aa"),
        group="yellow",
        sku="D-2000",
        serial="0815",
        lot="L7",
        owner="workshop",
        home_zone="hall",
        status="in use",
    )
    writer.commit(AssetStored(drill, at(1)))
    assert msgspec.convert(questions.asset("drill"), Asset) == drill
    assert questions.assets(AssetFilter(), ALL).items == [questions.asset("drill")]
    assert questions.asset("saw") is None


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (AssetFilter(category="tool"), ["drill"]),
        (AssetFilter(group="blue"), ["50%"]),
        (AssetFilter(tag="aa01"), ["drill"]),
        (AssetFilter(tag="nobody's"), []),
        (AssetFilter(q="DRI"), ["drill"]),
        (AssetFilter(id="drill"), ["drill"]),
        (AssetFilter(id="dril"), []),
        (AssetFilter(name="Fifty"), ["50%"]),
        (AssetFilter(name="fifty"), []),
        (AssetFilter(q="a01"), ["drill"]),
        (AssetFilter(q="0%"), ["50%"]),
        (AssetFilter(q="%"), ["50%"]),
        (AssetFilter(q="_"), []),
        (AssetFilter(q="\\"), ["back\\slash"]),
        (AssetFilter(q=""), ["drill", "50%", "back\\slash"]),
        (AssetFilter(q="d", category="tool"), ["drill"]),
    ],
)
def test_assets_are_narrowed_and_searched_by_what_is_written(
    writer: Writer,
    questions: StateQuestions,
    wanted: AssetFilter,
    expected: list[str],
) -> None:
    writer.commit(
        AssetStored(Asset(id="drill", category="tool", tags=("aa01",)), at(1)),
        AssetStored(Asset(id="50%", name="Fifty", group="blue"), at(1)),
        AssetStored(Asset(id="back\\slash"), at(1)),
    )
    assert [row["id"] for row in questions.assets(wanted, ALL).items] == expected


def in_each_state() -> list[Alert]:
    known = Acknowledgement("guard", at(1), "")
    states: list[dict[str, Any]] = [
        {},
        {"acknowledged": known},
        {"condition": "returned"},
        {"condition": "returned", "acknowledged": known},
        {"cleared": True},
    ]
    return [
        msgspec.structs.replace(alert(f"al-{n}", asset=f"a{n}"), time_ns=at(n), **facts)
        for n, facts in enumerate(states)
    ]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (AlertFilter(), [0, 1, 2, 3, 4]),
        (AlertFilter(states=("active",)), [0, 1, 2, 3]),
        (AlertFilter(states=("active", "latched")), [0, 1, 2, 3]),
        (AlertFilter(states=("active", "cleared")), [0, 1, 2, 3, 4]),
        (AlertFilter(states=("cleared",)), [4]),
        (AlertFilter(states=("latched", "returned_unacknowledged")), [2, 3]),
        (AlertFilter(severity="critical"), [0, 1, 2, 3, 4]),
        (AlertFilter(severity="info"), []),
        (AlertFilter(asset="a1"), [1]),
        (AlertFilter(tag="aa01", states=("active_acknowledged",)), [1]),
        (AlertFilter(rule="stay in"), [0, 1, 2, 3, 4]),
        (AlertFilter(rule="another"), []),
        (AlertFilter(since_ns=at(1), until_ns=at(3)), [1, 2]),
    ],
)
def test_alerts_are_narrowed(
    writer: Writer,
    questions: StateQuestions,
    wanted: AlertFilter,
    expected: list[int],
) -> None:
    writer.commit(*map(raised, in_each_state()))
    items = questions.alerts(wanted, ALL).items
    assert [row["id"] for row in items] == [f"al-{n}" for n in expected]


def test_an_alert_is_shown_whole_with_its_newest_number(
    writer: Writer,
    questions: StateQuestions,
) -> None:
    one = alert()
    writer.commit(raised(one))
    writer.commit(raised(one, "reopened"))
    assert questions.alert("al-1") == alert_json(one, 2)
    assert questions.alerts(AlertFilter(), ALL).items == [alert_json(one, 2)]
    assert questions.alert("al-2") is None


def test_a_state_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(QuestionError, match="state: 'open' is none of active, active_ack"):
        AlertFilter(states=("open",))


def test_events_follow_the_number_that_was_seen_last(
    writer: Writer,
    questions: StateQuestions,
) -> None:
    writer.commit(*(movement("aa", None, "hall", at(n)) for n in range(5)))
    assert [event.seq for event in questions.events_after(0, 3)] == [1, 2, 3]
    assert [event.seq for event in questions.events_after(3, 3)] == [4, 5]
    assert questions.events_after(10**30, 3) == []
    assert isinstance(questions.events_after(0, 1)[0], Event)
    assert (questions.first_seq(), questions.last_seq()) == (1, 5)


def test_many_threads_may_ask_while_one_writes(writer: Writer, questions: StateQuestions) -> None:
    def moves_and_visits(_: int) -> tuple[int, int]:
        rows = questions.history("drill", None, None, PageRequest(limit=1000)).items
        kinds = [row["type"] for row in rows]
        return kinds.count("movement"), kinds.count("visit")

    with ThreadPoolExecutor(8) as threads:
        answers = threads.map(moves_and_visits, range(200))
        for n in range(200):
            writer.commit(movement(f"{n}", None, "hall", at(n), "drill"))
        assert all(moves == visits for moves, visits in answers)


def test_connections_are_kept_but_not_hoarded(writer: Writer) -> None:
    questions = StateQuestions(writer.path)

    def last_seq(_: int) -> int:
        return questions.last_seq()

    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(last_seq, range(64))) == [0] * 64
    assert 1 <= questions._idle.qsize() <= 4
    questions.close()
    assert questions._idle.qsize() == 0
    assert questions.last_seq() == 0
    assert questions._idle.qsize() == 0


def test_a_question_that_was_refused_leaves_no_transaction_open(
    writer: Writer,
    questions: StateQuestions,
) -> None:
    with pytest.raises(QuestionError):
        questions.movements(MovementFilter(), PageRequest(limit=0))
    writer.commit(movement("aa", None, "hall", at(1)))
    assert questions.last_seq() == 1


def test_a_missing_state_file_is_the_readers_error(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        StateQuestions(tmp_path / "state.db").last_seq()
