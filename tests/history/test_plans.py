"""How SQLite finds the answers: the cost of a question follows the answer, not the table."""

from typing import Any

import pytest

from history import presence
from history.filters import (
    AlertFilter,
    AssetFilter,
    AuditFilter,
    CrossingFilter,
    MovementFilter,
    VisitFilter,
)
from history.listings import (
    ALERTS,
    ASSETS,
    AUDIT,
    CROSSINGS,
    MOVEMENTS,
    VISITS,
    wanted_alerts,
    wanted_assets,
)
from history.paging import PageRequest, encode_cursor, page_query
from history.presence import Stretch, present_query
from history.sqlite_history import ALERTS_BETWEEN, LAST_POSITIONS, TRACK, VISITS_BETWEEN
from history.timeline import timeline_query
from tests.history.made import Writer, plan

_SPAN = {"zone": "a", "since_ns": 1, "until_ns": 2, "rows": 3}
PLANS: dict[str, tuple[str, dict[str, Any]]] = {}
for _name, _listing, _wanted in (
    ("movements", MOVEMENTS, MovementFilter()),
    ("movements of an asset", MOVEMENTS, MovementFilter(asset="a", since_ns=1, until_ns=2)),
    ("movements of a tag", MOVEMENTS, MovementFilter(tag="a")),
    ("movements since", MOVEMENTS, MovementFilter(since_ns=1)),
    ("movements between", MOVEMENTS, MovementFilter(since_ns=1, until_ns=2)),
    ("crossings", CROSSINGS, CrossingFilter()),
    ("crossings of an asset", CROSSINGS, CrossingFilter(asset="a", since_ns=1, until_ns=2)),
    ("crossings of a tag", CROSSINGS, CrossingFilter(tag="a", direction="outbound")),
    ("crossings of a portal", CROSSINGS, CrossingFilter(portal="a", since_ns=1)),
    ("crossings since", CROSSINGS, CrossingFilter(since_ns=1)),
    ("visits", VISITS, VisitFilter()),
    ("visits in a zone", VISITS, VisitFilter(zone="a")),
    ("visits in a zone since", VISITS, VisitFilter(zone="a", since_ns=1)),
    ("visits that go on in zones", VISITS, VisitFilter(zones='["a", "b"]', open=True)),
    ("visits in zones between", VISITS, VisitFilter(zones='["a", "b"]', since_ns=1, until_ns=2)),
    ("visits in a zone between", VISITS, VisitFilter(zone="a", since_ns=1, until_ns=2)),
    ("visits of an asset", VISITS, VisitFilter(asset="a", since_ns=1)),
    ("visits of a tag", VISITS, VisitFilter(tag="a")),
    ("assets", ASSETS, wanted_assets(AssetFilter())),
    ("asset of an id", ASSETS, wanted_assets(AssetFilter(id="a"))),
    ("asset of a tag", ASSETS, wanted_assets(AssetFilter(tag="a"))),
    ("alerts", ALERTS, wanted_alerts(AlertFilter())),
    ("active alerts", ALERTS, wanted_alerts(AlertFilter(states=("active",)))),
    ("latched alerts", ALERTS, wanted_alerts(AlertFilter(states=("latched",)))),
    ("alerts of an asset", ALERTS, wanted_alerts(AlertFilter(asset="a"))),
    ("alerts of a rule", ALERTS, wanted_alerts(AlertFilter(rule="a"))),
    ("alerts since", ALERTS, wanted_alerts(AlertFilter(since_ns=1))),
    ("audit", AUDIT, AuditFilter()),
    ("audit of an actor", AUDIT, AuditFilter(actor="a")),
    ("audit of an action", AUDIT, AuditFilter(action="a", target="b")),
    ("audit of an alert", AUDIT, AuditFilter(alert="a")),
    ("audit since", AUDIT, AuditFilter(since_ns=1, until_ns=2)),
):
    PLANS[_name] = page_query(_listing, _wanted, PageRequest())
    _cursor = encode_cursor(_listing.name, "-seq", (9,))
    PLANS[f"{_name}, next page"] = page_query(_listing, _wanted, PageRequest(cursor=_cursor))
PLANS["visits of a zone"] = VISITS_BETWEEN, _SPAN
PLANS["track of a tag"] = TRACK, {**_SPAN, "tag": "a"}
PLANS["alerts between"] = ALERTS_BETWEEN, _SPAN
for _sort in ("seq", "-seq"):
    for _unbound, _after in ((False, None), (False, "a"), (True, None), (True, "a")):
        PLANS[f"who is in, {_sort}, {_unbound}, {_after}"] = present_query(
            "a", Stretch(_unbound, _after), PageRequest(sort=_sort)
        )
PLANS["history"] = timeline_query(VisitFilter(asset="a", since_ns=1), PageRequest())
# In the order of the key and no further than the page.
WALKS = {"movements", "crossings", "visits", "assets", "alerts", "active alerts", "audit"}


@pytest.mark.parametrize("name", PLANS)
def test_no_question_reads_a_table_from_end_to_end(writer: Writer, name: str) -> None:
    statement, values = PLANS[name]
    steps = plan(writer.connection, statement, values)
    scans = [step for step in steps if step.startswith("SCAN") and "json_each" not in step]
    searches = [step for step in steps if step.startswith("SEARCH")]
    if name in WALKS:
        assert len(scans) == 1
        assert not any("B-TREE FOR ORDER BY" in step for step in steps)
    else:
        assert [step for step in scans if "subquery" not in step.lower()] == []
    assert searches


def test_who_is_there_costs_nothing_for_those_who_were(writer: Writer) -> None:
    steps = [
        *plan(writer.connection, *PLANS["who is in, seq, False, None"]),
        *plan(writer.connection, presence._NEWEST_OPEN, ("drill",)),
        *plan(
            writer.connection, "UPDATE visits SET to_ns = 1 WHERE tag = ? AND to_ns IS NULL", "a"
        ),
    ]
    searches = [step for step in steps if step.startswith(("SEARCH visits", "SEARCH newer"))]
    assert len(searches) == 4
    assert all("visits_open" in step for step in searches)


@pytest.mark.parametrize("name", [name for name in PLANS if name.startswith("who is in")])
def test_a_page_of_who_is_there_begins_where_the_last_one_ended(writer: Writer, name: str) -> None:
    sought = [f"{'tag' if ', True' in name else 'asset'}>?"]
    if name.endswith("a"):
        sought = ["<?" if "-seq" in name else ">?"]
    steps = plan(writer.connection, *PLANS[name])
    (search,) = [step for step in steps if step.startswith("SEARCH visits")]
    assert "visits_open_in_zone (zone=?" in search
    assert all(part in search for part in sought)
    assert not any("B-TREE" in step for step in steps)


@pytest.mark.parametrize("name", ["visits of a zone", "visits in a zone between"])
def test_visits_of_a_zone_are_sought_by_length(writer: Writer, name: str) -> None:
    steps = plan(writer.connection, *PLANS[name])
    sought = [step for step in steps if "visits_by_length" in step]
    assert len(sought) == 8
    assert sum("from_ns>? AND from_ns<?" in step for step in sought) == 6
    assert all("length_class=?" in step and "from_ns" in step for step in sought)
    others = [step for step in steps if step.startswith(("SCAN", "SEARCH")) and step not in sought]
    assert all("rowid=?" in step for step in others if "visits" in step)


@pytest.mark.parametrize("name", ["visits in a zone", "visits in a zone, next page"])
def test_a_page_of_a_zone_is_not_sorted_before_it_is_cut(writer: Writer, name: str) -> None:
    steps = plan(writer.connection, *PLANS[name])
    assert any("visits_by_zone" in step for step in steps)
    assert not any("B-TREE FOR ORDER BY" in step for step in steps)


def test_last_positions_walk_over_the_tags_and_not_over_their_visits(writer: Writer) -> None:
    assert plan(writer.connection, LAST_POSITIONS) == ["SCAN last_visits"]
