"""The system alert about readers that do not answer, and the alert about zones that covers it."""

import pytest

from alerts.alert import state_of
from alerts.settings import SystemSettings
from readers.health import HealthState, ReaderHealth
from readers.maintenance import WHOLE_READER, Maintenance, Target
from readers.scanner_settings import ScannerSettings
from readers.settings import DeviceSettings, ReaderSettings
from tags.times import SECOND_NS
from tests.alerts.made import END_S, Bench, readers, zones
from tests.zones.made import antenna, at, reader, seconds_of
from zones.floorplan import FloorPlan

OFFLINE, BLIND = "system: offline", "system: blind"
OFFICE_READER = "t"
"""The only one that hears the office; hall and gate have two readers each, or one of two."""


class Network(Bench):
    """A bench that listens since 0 s, all of whose readers are online since then."""

    def __init__(self, *names: str, floor_plan: FloorPlan | None = None, **system: object) -> None:
        super().__init__()
        self.system = SystemSettings.model_validate({"notify": ["desk"]} | system)
        self.rebuild(floor_plan or self.plan, "v1")
        self.judge.note_start(0)
        self.judge.listen()
        self.turn("online", 0.0, *(names or ("r", "s", "t")))

    def turn(
        self,
        state: HealthState,
        seconds: float,
        *names: str,
        maintenance: tuple[Maintenance, ...] = (),
    ) -> None:
        self.judge.advance(at(seconds))
        for name in names:
            health = ReaderHealth(
                reader=name,
                state=state,
                since_ns=at(seconds),
                reason="" if state == "online" else f"{name}: no answer",
                maintenance=maintenance,
            )
            self.judge.note_health(health)
        self._collect()

    def restart(self, seconds: float) -> None:
        self.judge.note_stop()
        self.judge.advance(at(seconds))
        self.judge.note_start(SECOND_NS)
        self.judge.listen()
        self._collect()

    def story(self, rule: str = OFFLINE) -> list[tuple[str, str | None, float]]:
        """Transition, reader and clock of what a rule said."""
        return [
            (change.transition, change.alert.reader, seconds_of(change.at_ns))
            for change in self.changes
            if change.alert.rule == rule
        ]

    @property
    def told(self) -> list[tuple[str, str, float]]:
        """What people were told: of whom, as what and when."""
        return [
            (change.alert.subject, change.announces or change.transition, seconds_of(change.at_ns))
            for change in self.changes
            if change.notify
        ]


def spare() -> FloorPlan:
    """Every zone has two readers, so that one may fall and no zone is blind."""
    rows = [reader(name, {1: antenna("hall"), 2: antenna("gate")}) for name in "rst"]
    return FloorPlan(zones(), rows)


# One reader


@pytest.mark.parametrize("state", ["offline", "silent", "misconfigured"])
def test_a_reader_that_does_not_answer_is_told_after_a_while(state: HealthState) -> None:
    bench = Network(floor_plan=spare())
    bench.turn(state, 10.0, "r")
    bench.turn("offline", 20.0, "r")
    bench.write_down_and_read_back()
    bench.wait_until(END_S)
    assert bench.story() == [("raised", "r", 40.0)]
    alert = bench.alert
    assert (alert.kind, alert.severity, alert.latched) == ("offline", "warning", False)
    assert (alert.reader, alert.antenna, alert.detail) == ("r", None, "r: no answer")
    assert alert.evidence.readers == {"r": "offline"}
    assert bench.told == [("reader:r", "raised", 40.0)]


def test_one_that_is_back_before_is_not() -> None:
    bench = Network(floor_plan=spare())
    bench.turn("offline", 10.0, "r")
    bench.turn("online", 39.0, "r")
    bench.wait_until(END_S)
    assert (bench.said, bench.pending) == ([], [])


def test_one_that_is_back_returns_the_alert_and_clears_it_once_it_has_stayed() -> None:
    bench = Network(floor_plan=spare(), offline_after_s=20)
    bench.turn("offline", 10.0, "r")
    bench.turn("online", 100.0, "r")
    bench.turn("offline", 110.0, "r")
    bench.turn("online", 140.0, "r")
    bench.wait_until(END_S)
    assert bench.story() == [
        ("raised", "r", 30.0),
        ("returned", "r", 100.0),
        ("reopened", "r", 130.0),
        ("returned", "r", 140.0),
        ("cleared", "r", 160.0),
    ]
    assert state_of(bench.alert) == "cleared"


def test_a_reader_that_is_only_being_connected_is_not_offline_and_not_back() -> None:
    bench = Network("s", "t", floor_plan=spare())
    bench.turn("connecting", 0.0, "r")
    bench.wait_until(100.0)
    bench.turn("offline", 100.0, "r")
    bench.turn("connecting", 110.0, "r")
    bench.wait_until(200.0)
    assert bench.story() == []
    bench.turn("offline", 200.0, "r")
    bench.wait_until(231.0)
    bench.turn("connecting", 240.0, "r")
    bench.wait_until(END_S)
    assert bench.story() == [("raised", "r", 230.0)]


@pytest.mark.parametrize("state", ["disabled", "online"])
def test_a_reader_that_has_ended_or_is_online_is_not_offline(state: HealthState) -> None:
    bench = Network(floor_plan=spare())
    bench.turn("offline", 10.0, "r")
    bench.wait_until(50.0)
    bench.turn(state, 50.0, "r")
    bench.wait_until(END_S)
    assert [transition for transition, *_ in bench.story()] == ["raised", "returned", "cleared"]


def test_who_is_worked_on_may_be_offline_for_as_long_as_that_takes() -> None:
    bench = Network(floor_plan=spare())
    points = (("r", WHOLE_READER),)
    work = Maintenance(
        target=Target("reader", "r"),
        since_ns=at(5),
        until_ns=at(500),
        reason="cables",
        by="ann",
        points=points,
    )
    bench.turn("offline", 10.0, "r", maintenance=(work,))
    bench.wait_until(500.0)
    assert bench.story() == []
    bench.turn("offline", 500.0, "r")
    bench.wait_until(END_S)
    assert bench.story() == [("raised", "r", 530.0)]


def test_before_the_gateway_listens_nobody_is_offline() -> None:
    bench = Bench()
    bench.judge.note_health(ReaderHealth(reader="r", state="offline", since_ns=at(0)))
    bench.wait_until(END_S)
    assert bench.said == []


def test_from_a_start_on_each_reader_has_the_whole_time() -> None:
    bench = Network(floor_plan=spare())
    bench.turn("offline", 10.0, "r")
    bench.restart(35.0)
    bench.turn("online", 35.0, "s", "t")
    bench.turn("offline", 36.0, "r")
    bench.wait_until(END_S)
    assert bench.story() == [("raised", "r", 66.0)]


def test_an_alert_goes_on_over_a_start_and_is_told_once() -> None:
    bench = Network(floor_plan=spare())
    bench.turn("offline", 10.0, "r")
    bench.wait_until(50.0)
    bench.write_down_and_read_back()
    bench.restart(60.0)
    bench.turn("online", 60.0, "s", "t")
    bench.turn("connecting", 60.0, "r")
    bench.turn("offline", 61.0, "r")
    bench.wait_until(200.0)
    bench.turn("online", 200.0, "r")
    bench.wait_until(END_S)
    assert bench.story() == [
        ("raised", "r", 40.0),
        ("returned", "r", 200.0),
        ("cleared", "r", 230.0),
    ]


def test_a_reader_that_left_the_site_file_is_not_offline_any_more() -> None:
    bench = Network(floor_plan=spare())
    bench.turn("offline", 10.0, "r")
    bench.turn("offline", 30.0, "s")
    bench.wait_until(50.0)
    bench.rebuild(FloorPlan(zones(), readers()[2:]))
    bench.wait_until(END_S)
    assert bench.story() == [("raised", "r", 40.0), ("returned", "r", 50.0), ("cleared", "r", 50.0)]


# Zones that nobody hears


def test_where_the_alert_about_zones_tells_of_it_nobody_is_told_twice() -> None:
    bench = Network()
    bench.turn("offline", 10.0, "t")
    bench.wait_until(100.0)
    bench.turn("online", 100.0, "t")
    bench.wait_until(END_S)
    assert bench.told == [
        ("zone:office", "raised", 20.0),
        ("zone:office", "returned", 100.0),
        ("zone:office", "cleared", 110.0),
    ]
    assert bench.story() == []


@pytest.mark.parametrize("acknowledged", [True, False])
def test_readers_that_fell_together_and_come_back_together_are_told_once(
    *, acknowledged: bool
) -> None:
    bench = Network()
    bench.turn("offline", 10.0, "r", "s", "t")
    bench.wait_until(50.0)
    if acknowledged:
        blind = next(change.alert for change in bench.changes if change.alert.rule == BLIND)
        assert bench.acknowledge("the switch", alert=blind.id).refused is None
    for second, name in ((100.0, "r"), (103.0, "s"), (105.0, "t")):
        bench.turn("online", second, name)
    bench.wait_until(END_S)
    assert {subject for subject, *_ in bench.told} == {"zone:gate"}


def test_once_the_zones_are_heard_again_the_reader_that_is_still_gone_is_told() -> None:
    floor_plan = FloorPlan(zones(), [reader(name, {1: antenna("hall")}) for name in "rs"])
    bench = Network("r", "s", floor_plan=floor_plan)
    bench.turn("offline", 10.0, "r", "s")
    bench.wait_until(100.0)
    bench.turn("online", 100.0, "s")
    bench.wait_until(200.0)
    assert bench.told == [
        ("zone:hall", "raised", 20.0),
        ("zone:hall", "returned", 100.0),
        ("zone:hall", "cleared", 110.0),
        ("reader:r", "raised", 110.0),
    ]
    assert bench.story() == [("raised", "r", 110.0)]


def test_a_zone_that_falls_blind_later_takes_the_alerts_about_its_readers_along() -> None:
    floor_plan = FloorPlan(zones(), [reader(name, {1: antenna("hall")}) for name in "rs"])
    bench = Network("r", "s", floor_plan=floor_plan)
    bench.turn("offline", 10.0, "r")
    bench.turn("offline", 100.0, "s")
    bench.wait_until(200.0)
    assert bench.story() == [
        ("raised", "r", 40.0),
        ("suppressed", "r", 110.0),
    ]
    own = next(change.alert for change in reversed(bench.changes) if change.alert.rule == OFFLINE)
    parent = next(change.alert.id for change in bench.changes if change.alert.rule == BLIND)
    assert (own.suppressed_by, state_of(own)) == (f"alert:{parent}", "suppressed")
    assert [(subject, what) for subject, what, _ in bench.told] == [
        ("reader:r", "raised"),
        ("zone:hall", "raised"),
    ]


# Links


def behind(*names: str, zone: str | None = None) -> FloorPlan:
    """A broker with devices behind it; their silence is limited."""
    devices = {name: DeviceSettings(zone=zone, silent_after_s=60) for name in names}
    broker = ReaderSettings(name="broker", driver="mqtt", devices=devices)
    return FloorPlan(zones(), [broker])


DEVICES = tuple(f"d{number}" for number in range(40))
HEARERS = ("broker", *(f"broker:{name}" for name in DEVICES))


def test_a_link_with_many_devices_behind_it_is_one_alert() -> None:
    bench = Network(*HEARERS, floor_plan=behind(*DEVICES))
    bench.turn("offline", 9.0, "broker:d1")
    bench.turn("offline", 10.0, *HEARERS)
    bench.wait_until(100.0)
    bench.turn("connecting", 100.0, *HEARERS)
    bench.turn("online", 101.0, *HEARERS[:5])
    bench.wait_until(END_S)
    assert bench.story() == [
        ("raised", "broker", 40.0),
        ("returned", "broker", 101.0),
        ("cleared", "broker", 131.0),
    ]


def test_a_device_that_is_gone_alone_is_told_by_its_name() -> None:
    bench = Network(*HEARERS, floor_plan=behind(*DEVICES))
    bench.turn("silent", 10.0, "broker:d3")
    bench.wait_until(50.0)
    bench.turn("offline", 50.0, *HEARERS)
    bench.wait_until(END_S)
    assert bench.story() == [("raised", "broker:d3", 40.0), ("raised", "broker", 80.0)]


def test_a_link_is_told_with_the_zones_that_its_devices_covered() -> None:
    bench = Network(*HEARERS, floor_plan=behind(*DEVICES, zone="hall"))
    bench.turn("offline", 10.0, *HEARERS)
    bench.wait_until(100.0)
    assert bench.told == [("zone:hall", "raised", 20.0)]
    assert bench.story() == []


# Who need not speak


def test_the_silence_of_what_need_not_speak_is_nothing() -> None:
    scanner = ScannerSettings(name="desk", driver="scanner", port="/dev/null")
    handhelds = ReaderSettings(name="handhelds", driver="http")
    timed = ReaderSettings(name="timed", driver="http", silent_after_s=900)
    floor_plan = FloorPlan(zones(), [scanner, handhelds, timed])
    names = ("desk", "handhelds", "timed")
    bench = Network(*names, floor_plan=floor_plan)
    bench.turn("silent", 10.0, *names)
    bench.wait_until(100.0)
    assert bench.story() == [("raised", "timed", 40.0)]
    bench.turn("offline", 100.0, *names)
    bench.wait_until(END_S)
    assert [name for _, name, _ in bench.story()] == ["timed", "desk", "handhelds"]
