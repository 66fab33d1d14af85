"""The book of check-outs: what it takes, what it refuses, and whom a check-out is for."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory import custody as custody_module
from inventory.assets import Asset
from inventory.changes import CheckIn, CheckOut, Outcome, RevokeCheckOut
from inventory.custody import OPEN_STATES, Custody, CustodyState, Known, Loan, Out
from tests.zones.made import at
from zones.movements import Movement, movement_id

LAPTOP = Asset(id="laptop-1", category="laptop", group="sales")
BARE = Asset(id="bare")
ANYTHING = Known(*[bool] * 3)
NOTHING = Known(*["".startswith] * 3)


def check_out(name: str = "c1", **changes: Any) -> CheckOut:  # noqa: ANN401 -- any field of it
    fields: dict[str, Any] = {
        "arrival_ns": at(0),
        "by": "ann",
        "id": name,
        "person": "bob",
        "from_ns": at(10),
        "until_ns": at(100),
    }
    if not {"asset", "category", "group"} & changes.keys():
        fields["asset"] = "laptop-1"
    return CheckOut(**(fields | changes))


def check_in(name: str = "c1", seconds: float = 50) -> CheckIn:
    return CheckIn(arrival_ns=at(seconds), by="ann", id=name)


def revoke(name: str = "c1", reason: str = "lost badge") -> RevokeCheckOut:
    return RevokeCheckOut(arrival_ns=at(60), by="ann", id=name, reason=reason)


def out(seconds: float = 20) -> Out:
    movement = Movement(
        id=movement_id("a1", "hall", "street", at(seconds)),
        time_ns=at(seconds),
        decided_ns=at(seconds),
        tag="a1",
        kind="moved",
        from_zone="hall",
        to_zone="street",
    )
    return Out(rules=("stay in",), fact=movement)


def book(*taken: CheckOut) -> Custody:
    made = Custody(CustodyState())
    for change in taken:
        assert made.take(change, ANYTHING) == Outcome()
    return made


def loan_of(made: Custody, name: str) -> Loan:
    loan = made.loan(name)
    assert loan is not None
    return loan


def names(made: Custody, asset: Asset = LAPTOP, at_ns: int | None = None) -> list[str]:
    return [loan.terms.id for loan in made.concerning(asset, at_ns)]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"asset": "", "category": ""}, "asset"),
        ({"asset": "laptop-1", "group": "sales"}, "asset"),
        ({"person": "  "}, "person"),
        ({"until_ns": at(10)}, "until"),
        ({"return_by_ns": at(9)}, "return_by"),
        ({"grace_s": -1.0}, "grace_s"),
        ({"grace_s": 86_401.0}, "grace_s"),
        ({"grace_s": float("nan")}, "grace_s"),
        ({"zones": ("z",) * 101}, "zones"),
        ({"gates": ("g",) * 101}, "gates"),
    ],
)
def test_what_does_not_fit_together_is_refused_by_the_name_of_its_field(
    changes: dict[str, Any], field: str
) -> None:
    made = book()
    outcome = made.take(check_out(**changes), ANYTHING)
    assert (outcome.refused, outcome.field) == ("invalid", field)
    assert outcome.detail
    assert made.state == CustodyState()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({}, "asset"),
        ({"group": "g", "zones": ("nowhere",)}, "zones"),
        ({"group": "g", "gates": ("nowhere",)}, "gates"),
    ],
)
def test_what_a_check_out_names_must_be_there(changes: dict[str, Any], field: str) -> None:
    outcome = book().take(check_out(**changes), NOTHING)
    assert (outcome.refused, outcome.field) == ("invalid", field)
    assert "there is no" in outcome.detail


def test_of_a_category_or_group_there_may_be_nothing_yet() -> None:
    made = book()
    assert made.take(check_out("c1", category="new"), NOTHING) == Outcome()
    assert made.take(check_out("c2", group="new"), NOTHING) == Outcome()


def test_an_id_is_given_once() -> None:
    made = book(check_out())
    assert made.take(check_out(), ANYTHING).refused == "conflict"
    made.check_in(check_in())
    assert made.take(check_out(), ANYTHING).refused == "conflict"


def test_only_so_many_check_outs_are_open_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(custody_module, "OPEN_MAX", 2)
    made = book(check_out("c1"), check_out("c2"))
    outcome = made.take(check_out("c3"), ANYTHING)
    assert outcome.refused == "conflict"
    assert "2 check-outs are open" in outcome.detail
    made.check_in(check_in("c1"))
    assert made.take(check_out("c3"), ANYTHING) == Outcome()


def test_of_closed_ones_the_first_that_was_closed_is_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(custody_module, "CLOSED_MAX", 2)
    made = book(*(check_out(name) for name in ("c1", "c2", "c3", "c4")))
    for name in ("c3", "c1", "c2"):
        made.check_in(check_in(name))
    assert made.loan("c3") is None
    assert list(made.state.loans) == ["c4", "c1", "c2"]
    assert made.check_in(check_in("c3"))[0].refused == "unknown"
    made.check_in(check_in("c4"))
    assert names(made, at_ns=at(0)) == ["c2", "c4"]


def test_a_check_out_is_for_an_asset_a_group_or_a_category() -> None:
    made = book(
        check_out("by category", category="laptop"),
        check_out("by group", group="sales"),
        check_out("by id"),
        check_out("other", asset="laptop-2"),
    )
    assert names(made) == ["by id", "by group", "by category"]
    assert names(made, BARE) == []


def test_the_one_under_which_it_is_out_stands_first() -> None:
    made = book(check_out("c1"), check_out("c2", category="laptop"))
    made.let_out(loan_of(made, "c2"), "laptop-1", out())
    assert names(made) == ["c2", "c1"]
    moved = msgspec.structs.replace(LAPTOP, category="desk")
    assert names(made, moved) == ["c2", "c1"]


def test_an_asset_is_out_under_one_check_out_at_a_time() -> None:
    made = book(check_out("c1"), check_out("c2"))
    made.let_out(loan_of(made, "c1"), "laptop-1", out())
    made.let_out(loan_of(made, "c2"), "laptop-1", out())
    assert made.holder("laptop-1") is loan_of(made, "c2")
    assert not loan_of(made, "c1").out
    assert made.take_back("laptop-1") == out()
    assert made.holder("laptop-1") is None
    assert made.take_back("laptop-1") is None


def test_a_closed_check_out_concerns_nobody_but_what_was_before() -> None:
    made = book(check_out())
    made.check_in(check_in(seconds=50))
    assert names(made) == []
    assert names(made, at_ns=at(49)) == ["c1"]
    assert names(made, at_ns=at(50)) == []


def test_checking_in_ends_it_once() -> None:
    made = book(check_out())
    made.let_out(loan_of(made, "c1"), "laptop-1", out())
    assert made.check_in(check_in()) == (Outcome(), {"laptop-1": out()})
    assert made.holder("laptop-1") is None
    assert loan_of(made, "c1").state == "returned"
    assert made.check_in(check_in())[0].refused == "conflict"
    assert made.revoke(revoke())[0].refused == "conflict"
    assert made.check_in(check_in("c9"))[0].refused == "unknown"


def test_revoking_needs_a_reason_and_says_what_is_out() -> None:
    made = book(check_out())
    made.let_out(loan_of(made, "c1"), "laptop-1", out())
    outcome, left = made.revoke(revoke(reason=" "))
    assert (outcome.refused, outcome.field, left) == ("invalid", "reason", {})
    assert made.revoke(revoke()) == (Outcome(), {"laptop-1": out()})
    assert loan_of(made, "c1").state == "revoked"
    assert made.revoke(revoke("c9"))[0].refused == "unknown"


def test_it_is_due_at_the_time_to_be_back_and_shut_when_nobody_may_leave() -> None:
    terms = check_out(grace_s=5.0)
    assert (Loan(terms=terms).due_ns, Loan(terms=terms).shut_ns) == (at(105), at(105))
    later = Loan(terms=check_out(grace_s=5.0, return_by_ns=at(500)))
    assert (later.due_ns, later.shut_ns) == (at(505), at(105))
    sooner = Loan(terms=check_out(return_by_ns=at(50)))
    assert (sooner.due_ns, sooner.shut_ns) == (at(50), at(50))


Step = tuple[str, int]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["take", "check_in", "revoke", "expire", "out", "back"]),
        st.integers(0, 7),
    ),
    max_size=40,
)
ASSETS = [Asset(id=f"a{n}", category=f"k{n % 2}", group=f"g{n % 3}") for n in range(8)]
TARGETS = [
    {"asset": "a0"},
    {"asset": "a1"},
    {"asset": "a7"},
    {"category": "k0"},
    {"category": "k1"},
    {"group": "g0"},
    {"group": "g1"},
    {"group": "g2"},
]


def play(made: Custody, step: Step, count: int) -> None:
    """One step; check-out `n` is always for the n-th target."""
    what, n = step
    name = f"c{n}"
    loan = made.loan(name)
    match what:
        case "take":
            made.take(check_out(name, **TARGETS[n]), ANYTHING)
        case "check_in":
            made.check_in(check_in(name, count))
        case "revoke":
            made.revoke(revoke(name))
        case "expire" if loan is not None and loan.state in OPEN_STATES and not loan.out:
            made.expire(loan, at(count))
        case "out":
            found = next(made.concerning(ASSETS[n]), None)
            if found is not None:
                made.let_out(found, f"a{n}", out(count))
        case _:
            made.take_back(f"a{n}")


@given(steps=STEPS)
@settings(max_examples=60, deadline=None)
def test_the_index_says_what_a_walk_through_all_check_outs_says(steps: list[Step]) -> None:
    made = book()
    for count, step in enumerate(steps):
        play(made, step, count)
    for asset in ASSETS:
        walked = {
            loan.terms.id
            for loan in made.state.loans.values()
            if loan.closed_ns is None
            and (loan.terms.asset or None, loan.terms.category or None, loan.terms.group or None)
            in {(asset.id, None, None), (None, asset.category, None), (None, None, asset.group)}
        }
        holders = [loan for loan in made.state.loans.values() if asset.id in loan.out]
        assert set(names(made, asset)) == walked
        assert len(names(made, asset)) == len(walked)
        assert holders == [each for each in [made.holder(asset.id)] if each is not None]


@given(steps=STEPS, cut=st.integers(0, 40))
@settings(max_examples=60, deadline=None)
def test_a_book_that_was_written_down_goes_on_as_if_it_was_not(steps: list[Step], cut: int) -> None:
    whole, parted = book(), book()
    for count, step in enumerate(steps):
        if count == cut:
            blob = msgspec.msgpack.encode(parted.state)
            parted = Custody(msgspec.msgpack.decode(blob, type=CustodyState))
        play(whole, step, count)
        play(parted, step, count)
    assert msgspec.msgpack.encode(parted.state) == msgspec.msgpack.encode(whole.state)
