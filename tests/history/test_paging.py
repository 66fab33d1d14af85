import base64
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from history.filters import AlertFilter, AssetFilter, MovementFilter, VisitFilter
from history.outputs import Output
from history.paging import CursorError, Page, PageRequest, QuestionError, encode_cursor
from history.questions import StateQuestions
from tests.history.made import FEW, Writer, alert, at, movement, passing_state, raised, stored

Ask = Callable[[StateQuestions, PageRequest], Page]
Make = Callable[[int], Output]

LISTS: dict[str, tuple[Make, Ask, str]] = {
    "movements": (
        lambda n: movement(f"{n:04d}", None, "hall", at(-n), "drill"),
        lambda questions, request: questions.movements(MovementFilter(), request),
        "tag",
    ),
    "movements of an asset": (
        lambda n: movement(f"{n:04d}", None, "hall", at(-n), "drill"),
        lambda questions, request: questions.movements(MovementFilter(asset="drill"), request),
        "tag",
    ),
    "visits": (
        lambda n: movement(f"{n:04d}", None, "hall", at(-n), "drill"),
        lambda questions, request: questions.visits(VisitFilter(zone="hall"), request),
        "tag",
    ),
    "assets": (
        lambda n: stored(f"{n:04d}"),
        lambda questions, request: questions.assets(AssetFilter(), request),
        "id",
    ),
    "alerts": (
        lambda n: raised(alert(f"{n:04d}", asset=f"{n:04d}")),
        lambda questions, request: questions.alerts(AlertFilter(), request),
        "id",
    ),
}


def collect(
    questions: StateQuestions,
    ask: Ask,
    request: PageRequest,
    between: Callable[[], None],
) -> list[dict[str, Any]]:
    """All items, page by page, with something happening after each page."""
    items: list[dict[str, Any]] = []
    while True:
        page = ask(questions, request)
        assert len(page.items) <= request.limit
        items += page.items
        if page.cursor is None:
            return items
        between()
        request = msgspec.structs.replace(request, cursor=page.cursor)


@pytest.mark.parametrize("name", LISTS)
@FEW
@given(before=st.integers(0, 12), limit=st.integers(1, 5), arriving=st.lists(st.integers(0, 3)))
def test_what_arrives_during_paging_is_neither_repeated_nor_hides_a_row(
    name: str,
    before: int,
    limit: int,
    arriving: list[int],
) -> None:
    make, ask, key = LISTS[name]
    with passing_state() as (writer, questions):
        numbers = iter(range(before + sum(arriving)))

        def arrive(count: int) -> None:
            if count:
                writer.commit(*(make(next(numbers)) for _ in range(count)))

        arrive(before)
        waiting = iter(arriving)
        newest_first = collect(
            questions, ask, PageRequest(limit=limit), lambda: arrive(next(waiting, 0))
        )
        assert [row[key] for row in newest_first] == [f"{n:04d}" for n in reversed(range(before))]
        oldest_first = collect(
            questions, ask, PageRequest(limit=limit, sort="seq"), lambda: arrive(next(waiting, 0))
        )
        known = [row[key] for row in oldest_first]
        assert known == [f"{n:04d}" for n in range(len(known))]
        assert len(known) >= before


def test_a_row_that_changes_during_paging_stays_in_its_place(
    writer: Writer,
    questions: StateQuestions,
) -> None:
    writer.commit(*(stored(f"a{n}") for n in range(6)))
    writer.commit(*(raised(alert(f"al{n}", asset=f"a{n}")) for n in range(6)))

    def edit() -> None:
        writer.commit(stored("a0", name="edited"), raised(alert("al0", asset="a0")))

    assets = collect(questions, LISTS["assets"][1], PageRequest(limit=2, sort="-seq"), between=edit)
    alerts = collect(questions, LISTS["alerts"][1], PageRequest(limit=2), between=edit)
    assert [row["id"] for row in assets] == ["a5", "a4", "a3", "a2", "a1", "a0"]
    assert [row["id"] for row in alerts] == ["al5", "al4", "al3", "al2", "al1", "al0"]


def test_who_stays_within_the_zones_is_shown_once_however_they_move(
    writer: Writer,
    questions: StateQuestions,
) -> None:
    tags = [f"{n:02d}" for n in range(9)]
    writer.commit(*(stored(f"a{tag}", tag) for tag in tags[:6]))
    carriers = {tag: f"a{tag}" if tag < "06" else None for tag in tags}
    writer.commit(*(movement(tag, None, "hall", at(1), carriers[tag]) for tag in tags))
    zones = ["hall", "gate"]
    moves = iter(range(2, 99))

    def move_all() -> None:
        n = next(moves)
        there = zones[n % 2]
        writer.commit(*(movement(tag, "x", there, at(n), carriers[tag]) for tag in tags))

    shown = collect(
        questions,
        lambda questions, request: questions.who_is_in(zones, request),
        PageRequest(limit=2, sort="seq"),
        between=move_all,
    )
    assert [row["tag"] for row in shown] == tags


def test_a_history_is_paged_as_one_list(writer: Writer, questions: StateQuestions) -> None:
    writer.commit(stored("drill", "aa", "bb"))
    writer.commit(movement("aa", None, "hall", at(1), "drill"))
    writer.commit(movement("bb", None, "hall", at(2), "drill"))
    writer.commit(stored("drill", at_ns=at(3)))
    writer.commit(stored("drill", "aa", "bb", at_ns=at(4)))
    writer.commit(movement("aa", "hall", None, at(5), "drill"))

    def ask(questions: StateQuestions, request: PageRequest) -> Page:
        return questions.history("drill", None, None, request)

    whole = ask(questions, PageRequest(sort="seq")).items
    assert [row["type"] for row in whole] == [
        *("movement", "visit", "movement", "visit"),
        *("visit", "visit", "movement"),
    ]
    for limit in range(1, 8):
        for sort in ("seq", "-seq"):
            request = PageRequest(limit=limit, sort=sort)
            paged = collect(questions, ask, request, between=lambda: None)
            assert (paged if sort == "seq" else paged[::-1]) == whole


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_a_limit_out_of_range_is_refused(questions: StateQuestions, limit: int) -> None:
    for ask in (*(ask for _, ask, _ in LISTS.values()), who, history):
        with pytest.raises(QuestionError, match="limit: must be from 1 to 1000"):
            ask(questions, PageRequest(limit=limit))


def test_an_order_that_there_is_not_is_refused(questions: StateQuestions) -> None:
    for ask in (*(ask for _, ask, _ in LISTS.values()), who, history):
        with pytest.raises(QuestionError, match="sort: must be seq or -seq, not 'name'"):
            ask(questions, PageRequest(sort="name"))


def who(questions: StateQuestions, request: PageRequest) -> Page:
    return questions.who_is_in(["hall"], request)


def history(questions: StateQuestions, request: PageRequest) -> Page:
    return questions.history("drill", None, None, request)


@pytest.fixture(scope="module")
def shared_questions() -> Iterator[StateQuestions]:
    with passing_state() as (_, questions):
        yield questions


@given(text=st.text() | st.binary().map(lambda b: base64.urlsafe_b64encode(b).decode()))
def test_no_cursor_that_somebody_made_up_gets_further_than_its_check(
    shared_questions: StateQuestions,
    text: str,
) -> None:
    for ask in (*(ask for _, ask, _ in LISTS.values()), who, history):
        with pytest.raises(CursorError):
            ask(shared_questions, PageRequest(cursor=text))


@pytest.mark.parametrize(
    ("cursor", "complaint"),
    [
        (encode_cursor("visits", "-seq", (1,)), "belongs to the list of visits, not of movements"),
        (encode_cursor("movements", "seq", (1,)), "was given out with sort=seq, not -seq"),
        (encode_cursor("movements", "-seq", ("1",)), "was not given out by this gateway"),
        (encode_cursor("movements", "-seq", (1, 2)), "was not given out by this gateway"),
        (encode_cursor("movements", "-seq", (True,)), "was not given out by this gateway"),
        (encode_cursor("movements", "-seq", (1 << 63,)), "was not given out by this gateway"),
        ("A" * 5000, "was not given out by this gateway"),
    ],
)
def test_a_cursor_that_does_not_fit_says_why(
    questions: StateQuestions,
    cursor: str,
    complaint: str,
) -> None:
    with pytest.raises(CursorError) as refused:
        questions.movements(MovementFilter(), PageRequest(cursor=cursor))
    assert (refused.value.field, refused.value.message) == ("cursor", complaint)
