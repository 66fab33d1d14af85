"""From positions to alerts: a fence that was left is told once, when it is sure."""

from typing import Any

from alerts.alert import Alert, AlertChange
from alerts.settings import AssetSelector, ExitRule
from gateway.entries import Observed, SiteChanged, Tick
from gateway.pipeline import Blueprint, Pipeline
from inventory.assets import Asset
from inventory.changes import StoreAssets
from tags.reads import Fix
from tests.zones.made import T0_NS, at, seconds_of
from zones.floorplan import FloorPlan
from zones.movements import Movement
from zones.settings import FloorSettings, ZoneSettings

TRACKER = "gps:4711"
CORNERS = ((0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0))
PLAN = FloorPlan(
    [ZoneSettings(name="yard", floor="ground", polygon=CORNERS)],
    floors=[FloorSettings(name="ground", size_m=(300, 300))],
)
RULE = ExitRule(name="stays", assets=AssetSelector(), fence=("yard",))


class Yard:
    """A pipeline with one fence and one asset that carries a tracker."""

    def __init__(self) -> None:
        self.pipeline = Pipeline(lambda _text: Blueprint(PLAN, [RULE]))
        self.changes: list[AlertChange] = []
        self.movements: list[Movement] = []
        self.take(SiteChanged(T0_NS, "test", "v1", "v1"))
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
