"""From positions to alerts: a fence that was left is told once, when it is sure."""

from typing import Any

from alerts.alert import Alert, AlertChange
from alerts.rule_kinds import ExitRule
from alerts.settings import AssetSelector
from gateway.entries import GatewayStarted, Observed, SiteChanged, Tick
from gateway.pipeline import Blueprint, Pipeline
from inventory.assets import Asset
from inventory.changes import StoreAssets
from tags.reads import Fix
from tests.zones.made import T0_NS, at, health, reader, seconds_of
from zones.floorplan import FloorPlan
from zones.movements import Movement
from zones.settings import FloorSettings, ZoneSettings

TRACKER = "gps:4711"
CORNERS = ((0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0))
RULE = ExitRule(name="stays", assets=AssetSelector(), fence=("yard",))


def plan(absent_after_s: float | None) -> FloorPlan:
    yard = ZoneSettings(name="yard", floor="ground", polygon=CORNERS, absent_after_s=absent_after_s)
    floor = FloorSettings(name="ground", size_m=(300, 300))
    return FloorPlan([yard], [reader("r", zone="yard")], floors=[floor])


class Yard:
    """A pipeline with one fence, a reader in it, and one asset that carries a tracker."""

    def __init__(self, absent_after_s: float | None = None) -> None:
        yard = Blueprint(plan(absent_after_s), [RULE])
        self.pipeline = Pipeline(lambda _text: yard)
        self.changes: list[AlertChange] = []
        self.movements: list[Movement] = []
        self.take(SiteChanged(T0_NS, "test", "v1", "v1"))
        self.take(health("r"))
        self.take(
            StoreAssets(arrival_ns=T0_NS, by="test", assets=(Asset(id="van-1", tags=(TRACKER,)),))
        )

    def take(self, entry: Any) -> None:  # noqa: ANN401 -- any entry
        for numbered in self.pipeline.advance([entry]).outputs:
            if isinstance(numbered.output, AlertChange):
                self.changes.append(numbered.output)
            elif isinstance(numbered.output, Movement):
                self.movements.append(numbered.output)

    def see(self, x_m: float, y_m: float, seconds: float, arrival_s: float | None = None) -> None:
        arrival_ns = at(seconds if arrival_s is None else arrival_s)
        self.take(Observed(arrival_ns, [Fix(TRACKER, "gps", at(seconds), arrival_ns, x_m, y_m)]))

    def wait_until(self, seconds: float) -> None:
        self.take(Tick(at(seconds)))

    @property
    def story(self) -> list[str]:
        return [change.transition for change in self.changes]

    @property
    def alert(self) -> Alert:
        return self.changes[-1].alert


def test_two_positions_outside_raise_without_waiting_longer() -> None:
    yard = Yard()
    for x_m, seconds in ((50, 0), (110, 10), (110, 13), (110, 16)):
        yard.see(x_m, 50, seconds)
    yard.wait_until(60)
    assert yard.story == ["raised"]
    assert (seconds_of(yard.alert.time_ns), seconds_of(yard.alert.decided_ns)) == (10, 13)


def test_one_position_outside_and_back_raises_nothing() -> None:
    yard = Yard()
    for x_m, seconds in ((50, 0), (110, 10), (50, 11), (50, 12)):
        yard.see(x_m, 50, seconds)
    yard.wait_until(60)
    assert yard.story == []


def test_one_position_outside_raises_once_nothing_spoke_against_it_for_five_seconds() -> None:
    yard = Yard()
    yard.see(50, 50, 0)
    for delivery in range(5):
        yard.see(110, 50, 10, arrival_s=10 + delivery / 20)
    yard.wait_until(60)
    assert yard.story == ["raised"]
    assert (seconds_of(yard.alert.time_ns), seconds_of(yard.alert.decided_ns)) == (10, 15)


def test_positions_out_of_order_within_the_hold_raise_once_at_the_time_of_the_last_exit() -> None:
    yard = Yard()
    for x_m, seconds, arrival_s in ((50, 0, 0), (110, 10, 10), (110, 14, 14), (50, 12, 14.5)):
        yard.see(x_m, 50, seconds, arrival_s)
    yard.wait_until(60)
    assert yard.story == ["raised"]
    assert (seconds_of(yard.alert.time_ns), seconds_of(yard.alert.decided_ns)) == (14, 19)


def test_an_exit_in_a_late_upload_is_told_once_and_moves_nothing() -> None:
    yard = Yard()
    yard.see(50, 50, 0)
    yard.see(50, 50, 3500)
    for _ in range(2):
        yard.see(110, 50, 10, arrival_s=3600)
        yard.see(110, 50, 13, arrival_s=3600)
    yard.wait_until(3700)
    assert [change.transition for change in yard.changes][:1] == ["raised"]
    assert yard.story.count("raised") == 1
    assert (yard.alert.late, seconds_of(yard.alert.time_ns)) == (True, 10)
    assert yard.pipeline.locates[0].state.tracks[TRACKER].zone == "yard"


def test_silence_while_the_gateway_was_down_confirms_nothing() -> None:
    back, gone = Yard(), Yard()
    for yard in (back, gone):
        yard.see(50, 50, 0)
        yard.see(110, 50, 10)
        yard.take(GatewayStarted(at(3600), at(11)))
        yard.wait_until(3603)
        assert [each.kind for each in yard.movements] == ["arrived"]
    back.see(50, 50, 3603.5)
    for yard in (back, gone):
        yard.wait_until(3700)
    assert [each.kind for each in back.movements] == ["arrived"]
    exits = [seconds_of(each.time_ns) for each in gone.movements[1:]]
    assert exits == [10]


def test_groups_of_positions_decide_what_they_decide_one_by_one() -> None:
    rows = ((50, 0, 0), (110, 10, 10), (110, 14, 14), (50, 12, 14.5), (110, 20, 20), (111, 30, 30))
    one_by_one, together = Yard(), Yard()
    fixes = [Fix(TRACKER, "gps", at(s), at(a), float(x), 50.0) for x, s, a in rows]
    for x_m, seconds, arrival_s in rows:
        one_by_one.see(x_m, 50, seconds, arrival_s)
    together.take(Observed(fixes[-1].arrival_ns, fixes))
    for yard in (one_by_one, together):
        yard.wait_until(100)
    assert one_by_one.movements == together.movements
    assert one_by_one.changes == together.changes


def test_what_is_first_seen_outside_raises_once() -> None:
    yard = Yard()
    for seconds in (0, 3, 6, 20):
        yard.see(150, 50, seconds)
    yard.wait_until(60)
    assert yard.story == ["raised"]
    assert [(each.kind, each.to_zone) for each in yard.movements] == [("moved", None)]


def test_what_departed_and_is_seen_outside_raises() -> None:
    yard = Yard(absent_after_s=10)
    yard.see(50, 50, 0)
    yard.wait_until(60)
    for seconds in (70, 73):
        yard.see(150, 50, seconds)
    yard.wait_until(100)
    assert [each.kind for each in yard.movements] == ["arrived", "departed", "moved"]
    assert yard.story == ["raised"]


def test_what_is_known_by_positions_departs_that_long_after_the_last_of_them() -> None:
    yard = Yard(absent_after_s=10)
    yard.wait_until(1000)
    for seconds in (1000, 1006, 1012):
        yard.see(50, 50, seconds)
    yard.wait_until(2000)
    told = [(m.kind, seconds_of(m.time_ns), seconds_of(m.decided_ns)) for m in yard.movements]
    assert told == [("arrived", 1000, 1000), ("departed", 1012, 1022)]
