"""Tags that no asset carries, at an exit."""

from typing import Any

import pytest

from alerts import stranger_watch
from alerts.alert import Event, state_of
from alerts.lifecycle import alert_id
from alerts.settings import AssetSelector, SystemSettings, UnknownTags
from inventory.assets import Asset
from tests.alerts.made import END_S, Bench, Said, rule
from tests.zones.made import seconds_of
from zones.movements import Direction
from zones.tracks import HOLD_NS

HOLD_S = HOLD_NS / 1e9
RULE = "system: stranger"


class Door(Bench):
    """A bench that goes by `unknown_tags`; d4, e5 and further tags are nobody's."""

    def __init__(self, unknown_tags: UnknownTags = "alert", *rules: Any) -> None:  # noqa: ANN401 -- rules of any kind
        super().__init__(*rules)
        self.system = SystemSettings(notify=("desk",), unknown_tags=unknown_tags)
        self.rebuild(self.plan, "v1")

    @property
    def events(self) -> list[Event]:
        self._collect()
        return [one for one in self.decided if isinstance(one, Event)]

    def become(self, unknown_tags: UnknownTags) -> None:
        """The site file wants another thing of strangers."""
        self.system = SystemSettings(notify=("desk",), unknown_tags=unknown_tags)
        self.rebuild(self.plan)


def leave_by(bench: Bench, way: str, seconds: float, tag: str = "d4") -> None:
    if way == "zone":
        bench.rush(tag, "gate", seconds)
    else:
        bench.cross(tag, "ramp", "outbound", seconds, known_s=seconds)


WAYS = ("zone", "portal")


# What is made of them


@pytest.mark.parametrize("way", WAYS)
def test_ignored_they_leave_without_a_trace(way: str) -> None:
    bench = Door("ignore")
    leave_by(bench, way, 10.0)
    bench.wait_until(END_S)
    assert (bench.changes, bench.events, bench.judge.state.strangers) == ([], [], {})


@pytest.mark.parametrize("way", WAYS)
def test_recorded_each_exit_is_an_event_that_calls_nobody(way: str) -> None:
    bench = Door("record")
    bench.move("d4", "hall", 1.0)
    leave_by(bench, way, 10.0)
    (event,) = bench.events
    assert (event.kind, event.tag, event.asset) == ("unknown_exit", "d4", None)
    assert (seconds_of(event.time_ns), seconds_of(event.at_ns)) == (10.0, 10.0)
    place = (event.from_zone, event.to_zone, event.portal)
    assert place == (("hall", "gate", None) if way == "zone" else (None, None, "ramp"))
    assert (bench.changes, bench.judge.state.cases) == ([], {})


@pytest.mark.parametrize("way", WAYS)
def test_alerted_each_exit_is_told_at_once(way: str) -> None:
    bench = Door("alert")
    bench.move("d4", "hall", 1.0)
    leave_by(bench, way, 10.0)
    assert bench.said == [Said("raised", 10.0)]
    alert = bench.alert
    assert (alert.rule, alert.kind, alert.severity) == (RULE, "unknown_tag", "warning")
    assert (alert.asset, alert.tag, alert.latched) == (None, "d4", False)
    assert (alert.to_zone, alert.portal) == (("gate", None) if way == "zone" else (None, "ramp"))
    assert len(alert.evidence.reads) == 1
    assert bench.changes[0].notify == ("desk",)
    assert bench.events == []


def test_a_short_site_file_leaves_them_to_the_history() -> None:
    assert SystemSettings().unknown_tags == "ignore"


# One exit is one


def test_zone_and_portal_tell_of_the_same_exit() -> None:
    modes: tuple[UnknownTags, ...] = ("alert", "record")
    for unknown_tags in modes:
        bench = Door(unknown_tags)
        bench.move("d4", "hall", 1.0)
        bench.rush("d4", "gate", 10.0)
        bench.cross("d4", "door", "outbound", 9.5)
        bench.rush("d4", "dock", 20.0)
        bench.write_down_and_read_back()
        bench.cross("d4", "ramp", "outbound", 25.0)
        bench.wait_until(END_S)
        assert len(bench.events) + bench.transitions.count("raised") == 1
        assert "reopened" not in bench.transitions


@pytest.mark.parametrize("way", WAYS)
def test_who_was_inside_or_away_in_between_leaves_again(way: str) -> None:
    bench = Door("record")
    leave_by(bench, way, 10.0)
    bench.move("d4", "hall", 20.0)
    leave_by(bench, way, 30.0)
    bench.move("d4", None, 40.0)
    leave_by(bench, way, 50.0)
    bench.cross("d4", "ramp", "inbound", 60.0)
    leave_by(bench, way, 70.0)
    assert [seconds_of(event.time_ns) for event in bench.events] == [10.0, 30.0, 50.0, 70.0]
    assert len({event.id for event in bench.events}) == 4


def test_turning_round_is_no_exit() -> None:
    bench = Door("alert")
    directions: tuple[Direction, ...] = ("inbound", "lingering", "unknown")
    for direction in directions:
        bench.cross("d4", "ramp", direction, 10.0)
    bench.move("d4", "yard", 20.0)
    bench.move("d4", "hall", 30.0)
    bench.wait_until(END_S)
    assert (bench.changes, bench.events) == ([], [])


# How an alert ends


def test_an_alert_is_over_after_a_minute_and_closes_once_somebody_has_looked() -> None:
    bench = Door("alert")
    bench.cross("d4", "ramp", "outbound", 10.0, known_s=10.0)
    bench.wait_until(END_S)
    assert [transition for transition, _ in bench.said] == ["raised", "returned"]
    assert 70.0 <= bench.said[1].clock_s <= 70.0 + HOLD_S + 0.5
    assert state_of(bench.alert) == "returned_unacknowledged"
    bench.acknowledge("a visitor")
    assert state_of(bench.alert) == "cleared"


def test_it_is_over_as_soon_as_the_tag_is_inside_again() -> None:
    bench = Door("alert")
    bench.rush("d4", "gate", 10.0)
    bench.rush("d4", "hall", 20.0)
    assert bench.said == [Said("raised", 10.0), Said("returned", 20.0)]
    bench.rush("d4", "gate", 30.0)
    assert bench.said[2:] == [Said("reopened", 30.0)]
    assert bench.alert.occurrences == 2


def test_a_tag_that_somebody_puts_on_an_asset_is_no_stranger_any_more() -> None:
    bench = Door("alert")
    bench.rush("d4", "gate", 10.0)
    bench.store(Asset(id="crate", tags=("d4",)))
    assert bench.transitions == ["raised", "returned"]
    bench.rush("d4", "hall", 20.0)
    bench.rush("d4", "gate", 30.0)
    bench.wait_until(END_S)
    assert bench.transitions == ["raised", "returned"]
    bench.remove("crate")
    bench.rush("d4", "dock", 40.0)
    assert bench.transitions[2:] == ["reopened"]


@pytest.mark.parametrize("unknown_tags", ["record", "ignore"])
def test_a_site_file_that_wants_no_alerts_any_more_ends_them(unknown_tags: UnknownTags) -> None:
    bench = Door("alert")
    bench.rush("d4", "gate", 10.0)
    bench.become(unknown_tags)
    assert bench.transitions == ["raised", "returned"]


# Who is none


@pytest.mark.parametrize("way", WAYS)
def test_what_an_asset_carries_is_no_stranger(way: str) -> None:
    bench = Door("alert", rule(assets=AssetSelector(category="crate")))
    leave_by(bench, way, 10.0, "a1")
    bench.wait_until(END_S)
    assert (bench.changes, bench.events) == ([], [])


@pytest.mark.parametrize("unknown_tags", ["alert", "record"])
def test_a_tag_that_a_rule_selects_is_left_to_the_rule(unknown_tags: UnknownTags) -> None:
    bench = Door(unknown_tags, rule(assets=AssetSelector(tag="d*")))
    bench.rush("d4", "gate", 10.0)
    bench.rush("e5", "gate", 10.0)
    names = [change.alert.rule for change in bench.changes]
    assert names == ["laptops stay in", RULE][: 2 if unknown_tags == "alert" else 1]
    assert [event.tag for event in bench.events] == ([] if unknown_tags == "alert" else ["e5"])


def test_a_rule_that_selects_it_from_now_on_takes_over() -> None:
    bench = Door("alert")
    bench.rush("d4", "gate", 10.0)
    bench.adopt(rule(assets=AssetSelector(tag="d4")))
    told = [(change.transition, change.alert.rule) for change in bench.changes]
    assert ("returned", RULE) in told


# Late


@pytest.mark.parametrize("way", WAYS)
def test_an_exit_that_is_read_late_is_told_as_late_and_changes_nothing_else(way: str) -> None:
    bench = Door("alert")
    bench.move("d4", "hall", 100.0)
    if way == "zone":
        bench.move("d4", "gate", 50.0, late=True)
    else:
        bench.cross("d4", "ramp", "outbound", 50.0, known_s=150.0, late=True)
    assert bench.transitions == ["raised"]
    assert (bench.alert.late, bench.alert.condition) == (True, "returned")
    assert bench.judge.state.strangers == {"d4": False}


def test_one_that_is_only_recorded_is_recorded_late() -> None:
    bench = Door("record")
    bench.move("d4", "hall", 100.0)
    bench.move("d4", "gate", 50.0, late=True)
    (event,) = bench.events
    assert seconds_of(event.time_ns) == 50.0


# Many


def test_no_more_are_remembered_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stranger_watch, "STRANGERS_MAX", 3)
    bench = Door("record")
    for number in range(10):
        bench.rush(f"e{number}", "gate", 10.0 + number)
    assert len(bench.events) == 10
    assert list(bench.judge.state.strangers) == ["e7", "e8", "e9"]


def test_an_alert_that_is_open_is_not_forgotten_and_more_are_recorded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stranger_watch, "STRANGERS_MAX", 3)
    bench = Door("alert")
    for number in range(5):
        bench.rush(f"e{number}", "gate", 10.0 + number)
    assert [change.alert.tag for change in bench.changes] == ["e0", "e1", "e2"]
    assert [event.tag for event in bench.events] == ["e3", "e4"]
    assert len(bench.judge.state.cases) == 3


def test_one_that_was_forgotten_and_comes_again_is_another_alert(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stranger_watch, "STRANGERS_MAX", 2)
    bench = Door("alert")
    for second, tag in ((10.0, "e0"), (110.0, "e1"), (210.0, "e2"), (310.0, "e0")):
        bench.rush(tag, "gate", second)
        bench.wait_until(second + 90)
        bench.acknowledge()
        bench.write_down_and_read_back()
    raised = [change.alert for change in bench.changes if change.transition == "raised"]
    assert [alert.tag for alert in raised] == ["e0", "e1", "e2", "e0"]
    assert len({alert.id for alert in raised}) == 4
    assert raised[-1].id == alert_id(RULE, "tag:e0", "gate", 2)
    assert len(bench.judge.state.cases) == 2
