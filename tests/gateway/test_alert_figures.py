"""What `/metrics` says of alerts, and how rules are shown."""

from types import SimpleNamespace
from typing import Any, cast

from msgspec.structs import replace
from prometheus_client import generate_latest

from alerts.alert import Acknowledgement, Alert, AlertChange, Shelf, Transition
from alerts.lifecycle import Case
from alerts.rule_kinds import DwellRule, ExitRule, ForbiddenRule, MissingRule
from alerts.state import JudgeState
from gateway.figures import Counts, GatewayFigures
from gateway.journal import Group
from gateway.metrics import Figures
from gateway.rule_rows import rule_rows
from gateway.site import parse_site
from history.outputs import Numbered
from tags.times import SECOND_NS
from tests.gateway.made import NOON_NS, SITE
from tests.history.made import alert

DAY_NS = 86_400 * SECOND_NS


def opened(name: str, raised_at_ns: int, **facts: Any) -> Alert:  # noqa: ANN401 - any field
    return replace(alert(name, name), raised_at_ns=raised_at_ns, **facts)


def noted(*changes: tuple[Transition, Alert]) -> Counts:
    counts = Counts()
    outputs = [
        Numbered(seq, AlertChange(transition, one, NOON_NS))
        for seq, (transition, one) in enumerate(changes, start=1)
    ]
    counts.note_outputs([Group(1, NOON_NS, [], outputs, 0)], NOON_NS)
    return counts


def test_standing_and_chattering_alerts_are_counted() -> None:
    judged = JudgeState()
    for one in (
        opened("old", NOON_NS - DAY_NS - 1, chattering=True),
        opened("new", NOON_NS - DAY_NS),
        opened("newer", NOON_NS, severity="info"),
    ):
        judged.cases["stay in", one.id] = Case(alert=one)
    judged.cases["stay in", "none"] = Case()
    pipeline = SimpleNamespace(state=SimpleNamespace(judged=judged, now_ns=NOON_NS))
    collector: Any = SimpleNamespace(station=SimpleNamespace(pipeline=pipeline))
    none = cast("Any", None)
    figures = GatewayFigures(Counts(), collector, none, none, none)
    assert figures.alerts_open() == {("critical",): 2, ("info",): 1}
    assert figures.alerts_standing() == {(): 1}
    assert figures.alerts_chattering() == {(): 1}


def test_raises_are_counted_by_rule_and_severity_and_reopenings_with_them() -> None:
    one = opened("a", NOON_NS)
    counts = noted(("raised", one), ("reopened", one), ("returned", one), ("shelved", one))
    assert counts.alerts_raised == {("stay in", "critical"): 2}
    assert counts.alerts == 1


def test_the_time_until_somebody_acknowledged_is_a_histogram() -> None:
    taken = Acknowledgement("ann", NOON_NS, "")
    counts = noted(
        ("acknowledged", opened("a", NOON_NS - 90 * SECOND_NS, acknowledged=taken)),
        ("acknowledged", opened("b", NOON_NS + SECOND_NS, acknowledged=taken)),
        ("cleared", opened("a", NOON_NS - 90 * SECOND_NS, acknowledged=taken)),
    )
    shown = generate_latest(Figures([counts.ack_seconds]).registry).decode()
    assert 'tagwarden_alert_ack_seconds_bucket{le="5.0"} 1.0' in shown
    assert 'tagwarden_alert_ack_seconds_bucket{le="60.0"} 1.0' in shown
    assert 'tagwarden_alert_ack_seconds_bucket{le="120.0"} 2.0' in shown
    assert "tagwarden_alert_ack_seconds_count 2.0" in shown
    assert "tagwarden_alert_ack_seconds_sum 90.0" in shown


def test_rules_are_shown_with_what_people_put_aside() -> None:
    rules = parse_site(SITE).settings.rules
    judged = JudgeState(
        shelves={
            "stay in\n": Shelf("ann", NOON_NS, NOON_NS + SECOND_NS, "repair"),
            "stay in\nasset:tag:7": Shelf("bob", NOON_NS, NOON_NS + SECOND_NS, "loan"),
            "stay in\nover": Shelf("bob", NOON_NS - SECOND_NS, NOON_NS, "was"),
            "another\n": Shelf("eve", NOON_NS, NOON_NS + SECOND_NS, "gone"),
        },
        in_force={"stay in": False},
    )
    (row,) = rule_rows(rules, judged, NOON_NS)
    assert (row["name"], row["kind"], row["severity"]) == ("stay in", "exit", "critical")
    assert (row["in_force"], row["out_of_service"], row["notify"]) == (False, None, [])
    assert row["shelved_until"] == "2025-06-15T15:06:41.000000Z"
    assert [(each["asset"], each["by"], each["reason"]) for each in row["shelves"]] == [
        (None, "ann", "repair"),
        ("tag:7", "bob", "loan"),
    ]
    (later,) = rule_rows(rules, JudgeState(), NOON_NS + SECOND_NS)
    assert (later["shelved_until"], later["shelves"], later["in_force"]) == (None, [], True)


def test_a_rule_tells_the_zones_that_it_names() -> None:
    rules = [
        ForbiddenRule(name="keep out", zones=("cage", "vault")),
        DwellRule(name="move on", zones=("dock",), longer_than_s=60),
        MissingRule(name="nothing vanishes"),
        ExitRule(name="stay in", fence=("hall",)),
    ]
    rows = rule_rows(rules, JudgeState(), NOON_NS)
    assert [row["zones"] for row in rows] == [["cage", "vault"], ["dock"], [], []]
