"""Check-outs and stays outside, as they are written down and asked for."""

from typing import Any

import msgspec
import pytest

from alerts.alert import Event
from history import custody_questions
from history.custody_questions import (
    CHECKOUTS,
    CheckoutFilter,
    checkout_in,
    checkouts_in,
    custody_in,
    wanted_checkouts,
)
from history.outputs import AssetStored, Output
from history.paging import Page, PageRequest, encode_cursor, page_query
from history.questions import StateQuestions
from inventory.assets import Asset
from inventory.changes import CheckOut
from inventory.custody import CustodyChanged, LoanState, LoanStep
from tags.times import format_time
from tests.history.made import Writer, at, plan


def terms(name: str = "c1", **changes: Any) -> CheckOut:  # noqa: ANN401 -- any field of it
    fields: dict[str, Any] = {
        "arrival_ns": at(0),
        "by": "ann",
        "id": name,
        "person": "bob",
        "from_ns": at(10),
        "until_ns": at(100),
        "grace_s": 10.0,
    }
    if not {"asset", "category", "group"} & changes.keys():
        fields["asset"] = "drill"
    return CheckOut(**(fields | changes))


def step(
    what: LoanStep, one: CheckOut, seconds: float = 0, actor: str | None = "ann", why: str = ""
) -> CustodyChanged:
    states: dict[LoanStep, LoanState] = {
        "overdue": "overdue",
        "returned": "returned",
        "revoked": "revoked",
        "expired": "expired",
    }
    state = states.get(what, "open")
    return CustodyChanged(
        step=what, terms=one, state=state, at_ns=at(seconds), actor=actor, why=why
    )


def opened(name: str = "c1", **changes: Any) -> CustodyChanged:  # noqa: ANN401 -- any field of a check-out
    return step("opened", terms(name, **changes))


def left(
    seconds: float, checkout: str = "c1", asset: str = "drill", *, late: bool = False
) -> Event:
    return Event(
        id=f"{checkout} {asset} {seconds}",
        kind="authorised_exit",
        time_ns=at(seconds),
        at_ns=at(seconds + 1),
        asset=asset,
        tag="aa01",
        from_zone="hall",
        to_zone="street",
        portal="door",
        reference=checkout,
        late=late,
    )


def came_back(seconds: float, checkout: str = "c1", asset: str = "drill") -> Event:
    return Event(
        id=f"back {checkout} {asset} {seconds}",
        kind="authorised_return",
        time_ns=at(seconds),
        at_ns=at(seconds),
        asset=asset,
        tag="aa01",
        from_zone="street",
        to_zone="hall",
        reference=checkout,
    )


def one(questions: StateQuestions, checkout: str = "c1") -> dict[str, Any]:
    found = questions.answer(lambda reader: checkout_in(reader, checkout))
    assert found is not None
    return found


def custody(questions: StateQuestions, asset: str = "drill") -> dict[str, Any]:
    found = questions.answer(lambda reader: custody_in(reader, asset))
    assert found is not None
    return found


def ids(
    questions: StateQuestions,
    request: PageRequest | None = None,
    **wanted: Any,  # noqa: ANN401 -- any filter
) -> list[str]:
    page = questions.answer(
        lambda reader: checkouts_in(reader, CheckoutFilter(**wanted), request or PageRequest())
    )
    return [row["id"] for row in page.items]


def test_a_check_out_is_shown_as_it_was_opened(writer: Writer, questions: StateQuestions) -> None:
    full: dict[str, Any] = {
        "zones": ("street",),
        "gates": ("door",),
        "return_by_ns": at(200),
        "note": "for a day",
    }
    writer.commit(opened(**full))
    assert one(questions) == {
        "id": "c1",
        "seq": 1,
        "state": "open",
        "person": "bob",
        "asset": "drill",
        "category": None,
        "group": None,
        "from": format_time(at(10)),
        "until": format_time(at(100)),
        "return_by": format_time(at(200)),
        "grace_s": 10.0,
        "due": format_time(at(210)),
        "zones": ["street"],
        "gates": ["door"],
        "note": "for a day",
        "opened": {"by": "ann", "at": format_time(at(0))},
        "closed": None,
        "out": 0,
        "stays": [],
    }
    assert questions.answer(lambda reader: checkout_in(reader, "c9")) is None


def test_a_stay_begins_with_the_exit_and_ends_with_the_return(
    writer: Writer, questions: StateQuestions
) -> None:
    writer.commit(opened(), left(20))
    stay = {
        "checkout": "c1",
        "person": "bob",
        "asset": "drill",
        "tag": "aa01",
        "from": "hall",
        "to": "street",
        "portal": "door",
        "left": format_time(at(20)),
        "ended": None,
        "how": None,
    }
    assert (one(questions)["out"], one(questions)["stays"]) == (1, [stay])
    assert (custody(questions)["out"], custody(questions)["past"]) == (stay, [])
    writer.commit(came_back(30))
    over = stay | {"ended": format_time(at(30)), "how": "back"}
    assert (one(questions)["out"], one(questions)["stays"]) == (0, [over])
    assert (custody(questions)["out"], custody(questions)["past"]) == (None, [over])


@pytest.mark.parametrize("what", ["returned", "revoked"])
def test_with_a_check_out_all_stays_under_it_end(
    writer: Writer, questions: StateQuestions, what: LoanStep
) -> None:
    writer.commit(opened(category="tool"), left(20), left(21, asset="saw"))
    writer.commit(step(what, terms(category="tool"), 40, "eve", "all there"))
    found = one(questions)
    assert (found["state"], found["out"]) == (what, 0)
    assert found["closed"] == {"by": "eve", "at": format_time(at(40)), "why": "all there"}
    assert [(stay["asset"], stay["how"]) for stay in found["stays"]] == [
        ("saw", what),
        ("drill", what),
    ]


def test_what_the_gateway_closes_was_closed_by_nobody(
    writer: Writer, questions: StateQuestions
) -> None:
    writer.commit(opened(), step("expired", terms(), 700, None))
    assert one(questions)["closed"] == {"by": None, "at": format_time(at(700)), "why": ""}


def test_overdue_is_a_state_that_is_not_closed(writer: Writer, questions: StateQuestions) -> None:
    writer.commit(opened(), left(20), step("overdue", terms(), 110, None))
    assert (one(questions)["state"], one(questions)["closed"]) == ("overdue", None)
    assert one(questions)["out"] == 1


def test_renamed_zones_are_shown_as_they_are_called_now(
    writer: Writer, questions: StateQuestions
) -> None:
    writer.commit(opened(zones=("street",)), step("renamed", terms(zones=("road",)), 5, None))
    assert one(questions)["zones"] == ["road"]


def test_an_extended_stay_goes_on_under_the_further_check_out(
    writer: Writer, questions: StateQuestions
) -> None:
    writer.commit(opened("c1"), opened("c2"), left(20), left(20, "c2"))
    assert [(stay["checkout"], stay["how"]) for stay in custody(questions)["past"]] == [
        ("c1", "extended")
    ]
    assert custody(questions)["out"]["checkout"] == "c2"


def test_a_late_exit_is_a_stay_that_is_over(writer: Writer, questions: StateQuestions) -> None:
    writer.commit(opened(), left(50), left(20, late=True))
    assert custody(questions)["out"]["left"] == format_time(at(50))
    [past] = custody(questions)["past"]
    assert (past["left"], past["ended"], past["how"]) == (
        format_time(at(20)),
        format_time(at(21)),
        "late",
    )


def test_an_event_is_written_once(writer: Writer, questions: StateQuestions) -> None:
    writer.commit(opened(), left(20, late=True))
    writer.commit(left(20, late=True))
    assert len(one(questions)["stays"]) == 1


def test_an_event_of_a_stranger_says_nothing_of_stays(
    writer: Writer, questions: StateQuestions
) -> None:
    stranger = msgspec.structs.replace(left(20), kind="unknown_exit", asset=None, reference=None)
    writer.commit(stranger)
    assert writer.rows("SELECT count(*) FROM outings") == [(0,)]
    assert questions.answer(lambda reader: custody_in(reader, "drill")) is None


def test_who_may_take_an_asset_along_counts_group_and_category(
    writer: Writer, questions: StateQuestions
) -> None:
    asset = AssetStored(Asset(id="drill", category="tool", group="yellow"), at(0))
    named = [opened("by id"), opened("by group", group="yellow"), opened("kind", category="tool")]
    others = [opened("saw", asset="saw"), opened("red", group="red"), opened("old")]
    writer.commit(asset, *named, *others, step("returned", terms("old"), 5))
    found = custody(questions)
    assert (found["out"], found["past"]) == (None, [])
    assert [row["id"] for row in found["checkouts"]] == ["kind", "by group", "by id"]


def test_an_asset_of_no_group_is_in_no_group(writer: Writer, questions: StateQuestions) -> None:
    writer.commit(AssetStored(Asset(id="drill"), at(0)), opened("other", group="red"))
    assert custody(questions)["checkouts"] == []


def test_a_removed_asset_has_a_past(writer: Writer, questions: StateQuestions) -> None:
    writer.commit(opened(category="tool"), left(20), came_back(30))
    assert [stay["how"] for stay in custody(questions)["past"]] == ["back"]


def test_the_list_is_narrowed_by_person_asset_state_and_time(
    writer: Writer, questions: StateQuestions
) -> None:
    outputs: list[Output] = [
        opened("c1"),
        opened("c2", person="eve", arrival_ns=at(5)),
        opened("c3", category="tool", arrival_ns=at(9)),
        left(20, "c3"),
        step("returned", terms("c1"), 30),
        step("overdue", terms("c3", category="tool"), 110, None),
    ]
    writer.commit(*outputs)
    assert ids(questions) == ["c3", "c2", "c1"]
    assert ids(questions, PageRequest(sort="seq")) == ["c1", "c2", "c3"]
    assert ids(questions, person="eve") == ["c2"]
    assert ids(questions, asset="drill") == ["c3", "c2", "c1"]
    assert ids(questions, asset="saw") == []
    assert ids(questions, states=("active",)) == ["c3", "c2"]
    assert ids(questions, states=("overdue", "returned")) == ["c3", "c1"]
    assert ids(questions, states=("active", "returned")) == ["c3", "c2", "c1"]
    assert ids(questions, since_ns=at(5), until_ns=at(9)) == ["c2"]


def test_pages_follow_each_other(writer: Writer, questions: StateQuestions) -> None:
    writer.commit(*(opened(f"c{n}") for n in range(5)))

    def page(cursor: str | None) -> Page:
        request = PageRequest(limit=2, cursor=cursor)
        return questions.answer(lambda reader: checkouts_in(reader, CheckoutFilter(), request))

    pages = [page(None)]
    while pages[-1].cursor is not None:
        pages.append(page(pages[-1].cursor))
    found = [row["id"] for each in pages for row in each.items]
    assert found == ["c4", "c3", "c2", "c1", "c0"]


@pytest.mark.parametrize(
    "wanted",
    [
        CheckoutFilter(),
        CheckoutFilter(person="bob"),
        CheckoutFilter(asset="drill"),
        CheckoutFilter(states=("active",)),
        CheckoutFilter(since_ns=1),
    ],
)
def test_no_list_reads_a_table_from_end_to_end(writer: Writer, wanted: CheckoutFilter) -> None:
    cursor = encode_cursor("checkouts", "-seq", (9,))
    for request in (PageRequest(), PageRequest(cursor=cursor)):
        statement, values = page_query(CHECKOUTS, wanted_checkouts(wanted), request)
        steps = plan(writer.connection, statement, values)
        scans = [step for step in steps if step.startswith("SCAN") and "json_each" not in step]
        # By state and without a filter they walk the key, and no further than the page.
        assert all("USING" in step for step in scans)
        assert not any(step == "SCAN outings" for step in steps)


def test_who_has_an_asset_is_found_by_indexes(writer: Writer) -> None:
    values = {"asset": "a", "grouping": "b", "category": "c", "rows": 9}
    steps = plan(writer.connection, custody_questions._OPEN_FOR, values)
    assert not any(step.startswith("SCAN") for step in steps)
    assert sum("checkouts_open_of_" in step for step in steps) == 3


def test_steps_stand_in_the_audit_log(writer: Writer) -> None:
    writer.commit(opened(gates=("door",), note="x"), step("revoked", terms(), 5, "eve", "lost"))
    rows = writer.rows("SELECT actor, action, target, why, detail FROM audit ORDER BY number")
    assert [row[:4] for row in rows] == [
        ("ann", "checkout.opened", "c1", ""),
        ("eve", "checkout.revoked", "c1", "lost"),
    ]
    assert msgspec.json.decode(str(rows[0][4])) == {
        "asset": "drill",
        "person": "bob",
        "from_ns": at(10),
        "until_ns": at(100),
        "gates": ["door"],
        "grace_s": 10.0,
    }
