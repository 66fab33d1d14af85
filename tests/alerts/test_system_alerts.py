"""What the gateway says of itself: clocks that are wrong, and tags that are in two places."""

import pytest

from alerts.alert import state_of
from alerts.clock_watch import CONFIRM_S
from alerts.settings import SystemSettings
from inventory.assets import Asset
from readers.settings import ReaderSettings
from tags.times import SECOND_NS
from tests.alerts.made import END_S, HEARD, LAPTOP, Bench, Said, plan, rule
from tests.zones.made import at
from zones.clock import ClockJump
from zones.floorplan import FloorPlan
from zones.tracks import PHASE_ARRIVAL, Step

STEADY_S = 60.0


class Clocks(Bench):
    """A bench whose readers state their clocks."""

    def __init__(self, **settings: float) -> None:
        super().__init__(rule())
        self.system = SystemSettings.model_validate({"notify": ["desk"]} | settings)
        self.rebuild(self.plan, "v1")

    def state_clock(self, reader: str, offset_s: float, seconds: float) -> None:
        self.judge.advance(at(seconds))
        self.judge.note_offset(reader, round(offset_s * SECOND_NS))
        self._collect()


# Clocks


def test_a_clock_that_jumps_far_is_told_once_while_it_is_off() -> None:
    bench = Clocks()
    bench.state_clock("r", 0.02, 1.0)
    for second, offset_s in ((10.0, -3600.0), (20.0, -3600.2), (30.0, -7200.0)):
        bench.state_clock("r", offset_s, second)
        bench.write_down_and_read_back()
    bench.wait_until(END_S)
    # It jumped, and so it was told at once.
    assert bench.said == [Said("raised", 10.0)]
    alert = bench.alert
    assert (alert.rule, alert.kind, alert.severity) == ("system: clock", "clock", "warning")
    assert (alert.reader, alert.asset, alert.tag, alert.to_zone) == ("r", None, "", None)
    assert alert.subject == "reader:r"
    assert alert.evidence.readers == {"r": "clock 3600.000 s ahead"}
    assert bench.changes[0].notify == ("desk",)


def test_a_clock_that_is_right_again_for_a_while_clears_the_alert() -> None:
    bench = Clocks()
    bench.state_clock("r", 3600.0, 10.0)
    bench.wait_until(25.0)
    assert bench.alert.evidence.readers == {"r": "clock 3600.000 s behind"}
    bench.state_clock("r", 0.0, 30.0)
    bench.wait_until(END_S)
    # Being set right is a jump, too; from then on it is steady.
    assert bench.said == [
        Said("raised", 10.0 + CONFIRM_S),
        Said("returned", 30.0 + STEADY_S),
        Said("cleared", 30.0 + STEADY_S),
    ]
    assert state_of(bench.alert) == "cleared"


def test_a_clock_that_is_set_right_soon_after_it_connected_is_not_told_of_as_off() -> None:
    bench = Clocks()
    bench.state_clock("r", 5.5, 10.0)
    bench.state_clock("r", 4.9, 15.0)
    bench.wait_until(END_S)
    assert (bench.said, bench.pending) == ([], [])


def test_a_small_jump_is_told_and_over_once_the_clock_is_steady() -> None:
    bench = Clocks()
    bench.state_clock("r", 0.0, 1.0)
    bench.state_clock("r", 1.5, 10.0)
    bench.write_down_and_read_back()
    bench.state_clock("r", 3.5, 40.0)
    bench.wait_until(END_S)
    assert bench.said == [
        Said("raised", 10.0),
        Said("returned", 40.0 + STEADY_S),
        Said("cleared", 40.0 + STEADY_S),
    ]


def test_a_clock_that_drifts_is_told_only_once_it_is_far_off() -> None:
    bench = Clocks()
    for number in range(60):
        bench.state_clock("r", number / 10, 10.0 + number)
    assert bench.said == []
    bench.wait_until(END_S)
    assert bench.said == [Said("raised", 61.0 + CONFIRM_S)]


@pytest.mark.parametrize("offset_s", [0.0, 0.9, -4.9, 5.0])
def test_the_first_statement_may_be_off_by_what_networks_cost(offset_s: float) -> None:
    bench = Clocks()
    bench.state_clock("r", offset_s, 10.0)
    bench.wait_until(END_S)
    assert bench.said == []


def test_how_much_is_too_much_can_be_set() -> None:
    bench = Clocks(clock_off_s=100, clock_jump_s=50, clock_steady_s=5)
    for second, offset_s in ((1.0, 40.0), (2.0, 80.0), (3.0, 20.0)):
        bench.state_clock("r", offset_s, second)
    bench.wait_until(END_S)
    assert bench.said == [Said("raised", 3.0), Said("returned", 8.0), Said("cleared", 8.0)]


def test_each_reader_has_an_alert_of_its_own() -> None:
    bench = Clocks()
    for name, offset_s in (("r", 60.0), ("s", -90.0), ("t", 0.0), ("stranger", 60.0)):
        bench.state_clock(name, offset_s, 10.0)
    bench.wait_until(END_S)
    assert [change.alert.reader for change in bench.changes] == ["r", "s"]
    assert sorted(bench.judge.state.clocks) == ["r", "s", "t"]


@pytest.mark.parametrize(("behind_s", "told"), [(3.0, 1), (-2.5, 1), (0.9, 0)])
def test_a_jump_that_only_the_reads_show_is_told_like_one_that_is_stated(
    behind_s: float, told: int
) -> None:
    bench = Clocks()
    for name in ("r", "stranger"):
        jump = ClockJump(name, at(10.0), round(behind_s * SECOND_NS), round(behind_s * SECOND_NS))
        bench.step(Step(at(10.0), PHASE_ARRIVAL, 0, "", jump))
    bench.wait_until(END_S)
    assert bench.transitions == ["raised", "returned", "cleared"][: 3 * told]
    assert {change.alert.reader for change in bench.changes} == ({"r"} if told else set())
    assert list(bench.judge.state.clocks) == ["r"]


# The gateway's own clock


def test_where_most_readers_agree_it_is_the_clock_of_the_gateway() -> None:
    bench = Clocks()
    for name in ("r", "s", "t"):
        bench.state_clock(name, 0.1, 1.0)
    bench.judge.note_start(3600 * SECOND_NS)
    for number, name in enumerate(("r", "s", "t")):
        bench.state_clock(name, 3600.2, 10.0 + 4 * number)
        bench.write_down_and_read_back()
    bench.wait_until(100.0)
    assert bench.said == [Said("raised", 14.0 + CONFIRM_S)]
    alert = bench.alert
    assert (alert.reader, alert.subject, alert.tag, alert.to_zone) == (None, "gateway", "", None)
    assert alert.evidence.readers == dict.fromkeys("rst", "clock 3600.200 s behind")
    for name in ("r", "s", "t"):
        bench.state_clock(name, 0.1, 200.0)
    bench.wait_until(END_S)
    assert bench.transitions == ["raised", "returned", "cleared"]


def test_an_alert_about_the_gateways_clock_outlives_another_site_file_with_readers() -> None:
    bench = Clocks()
    for name in ("r", "s", "t"):
        bench.state_clock(name, 60.0, 10.0)
    bench.wait_until(30.0)
    bench.rebuild(bench.plan)
    assert bench.transitions == ["raised"]
    bench.rebuild(FloorPlan(), "v3")
    assert bench.transitions == ["raised", "returned", "cleared"]


def test_a_reader_that_differs_from_all_others_is_told_of_beside_the_gateway() -> None:
    bench = Clocks()
    for name, offset_s in (("r", 50.0), ("s", 50.5), ("t", 0.0)):
        bench.state_clock(name, offset_s, 10.0)
    bench.wait_until(END_S)
    assert sorted(change.alert.subject for change in bench.changes) == ["gateway", "reader:t"]


def test_a_jump_to_where_another_reader_is_already_is_told_of_once() -> None:
    bench = Clocks()
    for second, offset_s in ((1.0, 0.0), (10.0, 3.0)):
        for name in ("r", "s", "t"):
            bench.state_clock(name, offset_s, second)
    bench.wait_until(END_S)
    assert [(change.transition, change.alert.reader) for change in bench.changes] == [
        ("raised", "r"),
        ("returned", "r"),
        ("cleared", "r"),
    ]


def test_two_readers_that_are_off_by_different_times_are_two_readers() -> None:
    bench = Clocks()
    for name, offset_s in (("r", 50.0), ("s", 70.0)):
        bench.state_clock(name, offset_s, 10.0)
    bench.wait_until(END_S)
    assert [change.alert.subject for change in bench.changes] == ["reader:r", "reader:s"]


def test_a_start_forgets_what_clocks_were_compared_to_and_no_open_alert() -> None:
    bench = Clocks()
    bench.state_clock("r", 60.0, 10.0)
    bench.state_clock("s", 1.0, 10.0)
    bench.judge.note_start(100 * SECOND_NS)
    bench.state_clock("r", 60.5, 120.0)
    bench.state_clock("s", 4.0, 120.0)
    bench.wait_until(END_S)
    assert [(change.transition, change.alert.reader) for change in bench.changes] == [
        ("raised", "r"),
    ]


def test_a_reader_that_is_gone_withdraws_the_alert_about_its_clock() -> None:
    bench = Clocks()
    bench.state_clock("r", 60.0, 10.0)
    bench.wait_until(30.0)
    bench.rebuild(FloorPlan())
    assert bench.transitions == ["raised", "returned", "cleared"]
    assert bench.judge.state.clocks == {}


def test_a_device_behind_a_broker_has_a_clock_too() -> None:
    bench = Clocks()
    broker = ReaderSettings(name="broker", driver="mqtt")
    bench.rules = ()
    bench.rebuild(FloorPlan(readers=[broker]))
    bench.state_clock("broker", 60.0, 10.0)
    bench.wait_until(30.0)
    assert bench.alert.reader == "broker"


# Tags in two places


def test_a_tag_in_two_far_places_is_told_once_while_it_lasts_and_clears_by_itself() -> None:
    bench = Bench()
    bench.conflict("a1", 10.0)
    bench.write_down_and_read_back()
    bench.conflict("a1", 100.0, ended=True)
    bench.wait_until(END_S)
    assert bench.transitions == ["raised", "returned", "cleared"]
    alert = bench.changes[0].alert
    assert (alert.rule, alert.kind, alert.severity) == ("system: conflict", "conflict", "warning")
    assert (alert.asset, alert.tag, alert.from_zone, alert.to_zone) == (
        "laptop-1",
        "a1",
        "hall",
        "yard",
    )
    assert alert.evidence.reads == (HEARD,)
    assert sorted(alert.evidence.readers) == ["r", "s"]


def test_a_conflict_is_neither_a_movement_nor_an_exit() -> None:
    bench = Bench()
    bench.move("a1", "hall", 1.0)
    bench.conflict("a1", 10.0)
    assert [type(one).__name__ for one in bench.decided] == ["Movement", "AlertChange"]
    assert bench.judge.state.places["a1"].zone == "hall"


def test_the_end_of_a_conflict_that_was_never_told_says_nothing() -> None:
    bench = Bench()
    bench.conflict("d4", 10.0, ended=True)
    assert bench.said == []


def test_a_tag_that_changes_its_carrier_withdraws_the_conflict() -> None:
    bench = Bench()
    bench.conflict("a1", 10.0)
    bench.remove(LAPTOP.id)
    assert bench.transitions == ["raised", "returned", "cleared"]
    bench.conflict("d4", 20.0)
    bench.store(Asset(id="new", tags=("d4",)))
    assert bench.transitions[3:] == ["raised", "returned", "cleared"]


def test_a_conflict_outlives_another_site_file() -> None:
    bench = Bench()
    bench.conflict("a1", 10.0)
    bench.rebuild(plan(yard="lot"))
    bench.wait_until(END_S)
    assert bench.transitions == ["raised"]
