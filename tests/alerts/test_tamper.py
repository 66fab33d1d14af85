"""Tamper: an antenna that is not on its reader any more, or a reader that is gone."""

import pytest

from alerts.rule_kinds import TamperRule
from alerts.rules.tamper import judge_antenna, judge_reader
from readers.driver import AntennaState
from readers.health import HealthState, ReaderHealth
from readers.maintenance import WHOLE_READER, Maintenance, Target
from readers.scanner_settings import ScannerSettings
from readers.settings import DeviceSettings, ReaderSettings
from tags.times import SECOND_NS
from tests.alerts.made import END_S, Bench, readers, zones
from tests.zones.made import antenna, at
from zones.floorplan import FloorPlan

RULE = "hands off"
ON: dict[int, AntennaState] = {1: "connected", 2: "connected"}
OFF: dict[int, AntennaState] = {1: "connected", 2: "disconnected"}


def tamper(**changes: object) -> TamperRule:
    return TamperRule.model_validate({"name": RULE, "notify": ["guards"]} | changes)


def work(*antennas: int, reader: str = "r") -> tuple[Maintenance, ...]:
    """Somebody works on these antennas, or on all of the reader."""
    return tuple(
        Maintenance(
            target=Target("antenna" if number else "reader", reader, number),
            since_ns=at(0),
            until_ns=at(END_S),
            reason="cables",
            by="ann",
            points=((reader, number),),
        )
        for number in antennas
    )


class Guarded(Bench):
    """A bench whose readers tell how they are; at 1 s, r and s are online with their antennas."""

    def __init__(self, *rules: TamperRule) -> None:
        super().__init__(*(rules or (tamper(),)))
        self.turn("online", 1.0, antennas=ON)
        self.turn("online", 1.0, "s", antennas=ON)

    def turn(
        self,
        state: HealthState,
        seconds: float,
        reader: str = "r",
        *,
        antennas: dict[int, AntennaState] | None = None,
        maintenance: tuple[Maintenance, ...] = (),
    ) -> None:
        self.judge.advance(at(seconds))
        known: dict[int, AntennaState] = antennas or dict.fromkeys(ON, "unknown")
        health = ReaderHealth(
            reader=reader,
            state=state,
            since_ns=at(seconds),
            reason="" if state == "online" else f"{reader}: peer closed",
            antennas=known,
            maintenance=maintenance,
        )
        self.judge.note_health(health)
        self._collect()

    def restart(self, seconds: float) -> None:
        """The gateway was away for a second."""
        self.judge.note_stop()
        self.judge.advance(at(seconds))
        self.judge.note_start(SECOND_NS)
        self.judge.listen()
        self._collect()

    def adopt_in_place(self, *rules: TamperRule) -> None:
        """Other rules, and the floor plan as it is."""
        self.rules = rules
        self.rebuild(self.plan, "v3")

    @property
    def told(self) -> list[tuple[str, str, float]]:
        """What the tamper rules said: transition, subject and clock."""
        return [
            (change.transition, change.alert.subject, (change.at_ns - at(0)) / SECOND_NS)
            for change in self.changes
            if change.alert.kind == "tamper"
        ]


# Antennas


def test_an_antenna_that_is_not_connected_any_more_is_one_critical_latched_alert() -> None:
    bench = Guarded()
    bench.turn("online", 10.0, antennas=OFF)
    bench.turn("online", 12.0, antennas=OFF)
    bench.write_down_and_read_back()
    bench.wait_until(100.0)
    assert bench.told == [("raised", "reader:r/2", 15.0)]
    alert = bench.alert
    assert (alert.kind, alert.severity, alert.latched) == ("tamper", "critical", True)
    assert (alert.reader, alert.antenna, alert.detail) == (
        "r",
        2,
        "antenna 2 is not connected any more",
    )
    assert alert.evidence.readers == {"r": "online, antenna 2 disconnected"}
    assert (alert.asset, alert.tag, alert.to_zone) == (None, "", None)
    assert bench.changes[-1].notify == ("guards",)


def test_an_antenna_that_is_back_returns_the_alert_and_a_person_resets_it() -> None:
    bench = Guarded()
    bench.turn("online", 10.0, antennas=OFF)
    bench.turn("online", 20.0, antennas=ON)
    bench.wait_until(100.0)
    assert bench.told == [("raised", "reader:r/2", 15.0), ("returned", "reader:r/2", 30.0)]
    bench.acknowledge("the cleaner")
    bench.reset()
    assert bench.alert.cleared


def test_a_loose_contact_is_no_tamper() -> None:
    bench = Guarded()
    for second in range(10, 40, 6):
        bench.turn("online", second, antennas=OFF)
        bench.turn("online", second + 4, antennas=ON)
    bench.wait_until(END_S)
    assert (bench.told, bench.pending) == ([], [])


def test_an_antenna_that_never_was_connected_is_not_gone() -> None:
    bench = Guarded()
    bench.turn("online", 10.0, "t", antennas={1: "disconnected"})
    bench.turn("online", 11.0, "t", antennas={1: "unknown"})
    bench.turn("online", 12.0, "t", antennas={1: "disconnected"})
    bench.wait_until(END_S)
    assert bench.told == []


def test_an_antenna_that_the_site_file_does_not_name_is_nobodys() -> None:
    bench = Guarded()
    bench.turn("online", 10.0, antennas={**ON, 7: "connected"})
    bench.turn("online", 11.0, antennas={**ON, 7: "disconnected"})
    bench.wait_until(END_S)
    assert bench.told == []


def test_an_antenna_that_is_cut_while_the_gateway_is_away_is_told_after_the_start() -> None:
    bench = Guarded()
    bench.write_down_and_read_back()
    bench.restart(20.0)
    bench.turn("connecting", 20.0)
    bench.turn("online", 21.0)
    bench.turn("online", 22.0, antennas=OFF)
    bench.wait_until(100.0)
    assert bench.told == [("raised", "reader:r/2", 27.0)]


# Readers


@pytest.mark.parametrize("state", ["offline", "silent"])
def test_a_reader_that_is_gone_is_one_alert_and_not_one_for_each_antenna(
    state: HealthState,
) -> None:
    bench = Guarded()
    bench.turn("online", 10.0, antennas=OFF)
    bench.turn(state, 12.0)
    bench.wait_until(1000.0)
    assert bench.told == [("raised", "reader:r", 17.0)]
    alert = next(change.alert for change in bench.changes if change.alert.kind == "tamper")
    assert (alert.reader, alert.antenna, alert.detail) == ("r", None, "r: peer closed")
    assert alert.evidence.readers == {"r": state}


def test_a_reader_that_is_back_returns_the_alert_once_it_has_stayed() -> None:
    bench = Guarded()
    bench.turn("offline", 10.0)
    bench.turn("online", 20.0, antennas=ON)
    bench.wait_until(END_S)
    assert bench.told == [("raised", "reader:r", 15.0), ("returned", "reader:r", 30.0)]


def test_an_antenna_alert_stays_as_it_is_while_its_reader_is_gone() -> None:
    bench = Guarded()
    bench.turn("online", 10.0, antennas=OFF)
    bench.wait_until(16.0)
    bench.turn("online", 20.0, antennas=ON)
    bench.turn("offline", 25.0)
    bench.wait_until(200.0)
    assert bench.told == [("raised", "reader:r/2", 15.0), ("raised", "reader:r", 30.0)]


def test_a_reader_that_never_was_online_is_not_gone() -> None:
    bench = Guarded()
    bench.turn("connecting", 10.0, "t")
    bench.turn("offline", 11.0, "t")
    bench.wait_until(END_S)
    assert bench.told == []


def test_a_gateway_restart_is_no_tamper() -> None:
    bench = Guarded()
    bench.turn("offline", 19.0)
    bench.restart(20.0)
    for name in ("r", "s"):
        bench.turn("connecting", 20.0, name)
        bench.turn("offline", 21.0, name)
    bench.wait_until(60.0)
    bench.turn("online", 60.0, antennas=ON)
    bench.wait_until(END_S)
    assert bench.told == []


def test_an_open_alert_outlives_a_restart_and_is_over_once_the_reader_is_back() -> None:
    bench = Guarded()
    bench.turn("offline", 10.0)
    bench.wait_until(20.0)
    bench.restart(30.0)
    bench.turn("connecting", 30.0)
    bench.turn("offline", 31.0)
    bench.wait_until(100.0)
    assert bench.told == [("raised", "reader:r", 15.0)]
    bench.turn("online", 100.0, antennas=ON)
    bench.wait_until(END_S)
    assert bench.told[1:] == [("returned", "reader:r", 110.0)]


def test_a_reader_that_is_set_up_wrongly_or_has_ended_is_not_gone() -> None:
    bench = Guarded()
    bench.turn("misconfigured", 10.0)
    bench.turn("disabled", 10.0, "s")
    bench.wait_until(END_S)
    assert bench.told == []


# Who is expected there


def test_what_is_worked_on_is_no_tamper_and_neither_is_what_was_taken_off_then() -> None:
    bench = Guarded()
    bench.turn("online", 10.0, antennas=OFF, maintenance=work(2))
    bench.turn("offline", 10.0, "s", maintenance=work(WHOLE_READER, reader="s"))
    bench.wait_until(100.0)
    bench.turn("online", 100.0, antennas=OFF)
    bench.turn("offline", 100.0, "s")
    bench.wait_until(END_S)
    assert bench.told == []


def test_what_was_back_after_the_work_can_be_gone_again() -> None:
    bench = Guarded()
    bench.turn("online", 10.0, antennas=OFF, maintenance=work(2))
    bench.turn("online", 20.0, antennas=ON)
    bench.turn("online", 30.0, antennas=OFF)
    bench.wait_until(100.0)
    assert bench.told == [("raised", "reader:r/2", 35.0)]


def test_work_on_one_antenna_does_not_cover_the_other_ones() -> None:
    bench = Guarded()
    bench.turn(
        "online",
        10.0,
        antennas={1: "disconnected", 2: "disconnected"},
        maintenance=work(2),
    )
    bench.wait_until(100.0)
    assert bench.told == [("raised", "reader:r/1", 15.0)]


def test_work_that_begins_while_an_alert_is_open_returns_it() -> None:
    bench = Guarded()
    bench.turn("online", 10.0, antennas=OFF)
    bench.turn("online", 40.0, antennas=OFF, maintenance=work(WHOLE_READER))
    bench.wait_until(END_S)
    assert bench.told == [("raised", "reader:r/2", 15.0), ("returned", "reader:r/2", 50.0)]


# What a rule is about


@pytest.mark.parametrize(
    ("listed", "told"),
    [
        (None, ["reader:r", "reader:s/2"]),
        (["r"], ["reader:r"]),
        (["r/1"], ["reader:r"]),
        (["r/1", "r/2"], ["reader:r"]),
        (["s"], ["reader:s/2"]),
        (["s/2"], ["reader:s/2"]),
        (["s/1"], []),
    ],
)
def test_a_rule_is_about_the_readers_and_antennas_that_it_names(
    listed: list[str] | None, told: list[str]
) -> None:
    bench = Guarded(tamper(readers=listed))
    bench.turn("offline", 10.0)
    bench.turn("online", 11.0, "s", antennas=OFF)
    bench.wait_until(100.0)
    assert [subject for _, subject, _ in bench.told] == told


def test_an_edited_rule_ends_what_it_is_not_about_any_more_and_sees_what_is_gone() -> None:
    bench = Guarded(tamper(readers=["r"]))
    bench.turn("offline", 10.0)
    bench.turn("offline", 10.0, "s")
    bench.wait_until(20.0)
    bench.adopt(tamper(readers=["s"]))
    bench.wait_until(100.0)
    assert bench.told == [
        ("raised", "reader:r", 15.0),
        ("returned", "reader:r", 20.0),
        ("raised", "reader:s", 25.0),
    ]


def test_a_rule_that_is_new_knows_what_was_there_before_it() -> None:
    bench = Guarded(tamper(readers=["t"]))
    bench.turn("online", 10.0, antennas=OFF)
    bench.write_down_and_read_back()
    bench.wait_until(20.0)
    bench.adopt(tamper())
    bench.wait_until(100.0)
    assert bench.told == [("raised", "reader:r/2", 25.0)]


def test_a_reader_that_left_the_site_file_ends_its_alert_and_is_forgotten() -> None:
    bench = Guarded()
    bench.turn("offline", 10.0)
    bench.turn("online", 10.0, "s", antennas=OFF)
    bench.wait_until(20.0)
    bench.rebuild(FloorPlan(zones(), readers()[2:]))
    assert [transition for transition, *_ in bench.told] == ["raised"] * 2 + ["returned"] * 2
    assert bench.judge.state.attached == {}


# Links


def linked() -> Guarded:
    """A broker with two readers behind it, whose names hold slashes."""
    bench = Guarded()
    devices = {
        "FX/1": DeviceSettings(antennas={1: antenna("hall"), 2: antenna("gate")}),
        "FX/2": DeviceSettings(zone="office"),
    }
    broker = ReaderSettings(name="broker", driver="mqtt", devices=devices)
    bench.rebuild(FloorPlan(zones(), [*readers(), broker]))
    bench.turn("online", 2.0, "broker", antennas={})
    for device in devices:
        bench.turn("online", 2.0, f"broker:{device}", antennas=ON)
    return bench


def test_a_link_that_is_gone_is_one_alert_whatever_is_behind_it() -> None:
    bench = linked()
    bench.turn("offline", 10.0, "broker:FX/1")
    bench.turn("offline", 12.0, "broker")
    for device in ("FX/1", "FX/2"):
        bench.turn("offline", 12.0, f"broker:{device}")
    bench.wait_until(100.0)
    bench.turn("connecting", 100.0, "broker")
    for device in ("FX/1", "FX/2"):
        bench.turn("connecting", 100.0, f"broker:{device}")
    bench.wait_until(200.0)
    assert bench.told == [("raised", "reader:broker", 17.0)]


@pytest.mark.parametrize("listed", [None, ["broker"], ["broker:FX/1"], ["broker:FX/1/2"]])
def test_a_device_that_is_gone_alone_is_told_like_a_reader(listed: list[str] | None) -> None:
    bench = linked()
    bench.adopt_in_place(tamper(readers=listed))
    bench.turn("offline", 10.0, "broker:FX/1")
    bench.wait_until(100.0)
    assert bench.told == [("raised", "reader:broker:FX/1", 15.0)]


@pytest.mark.parametrize("listed", [None, ["broker:FX/1/2"]])
def test_so_is_an_antenna_of_one(listed: list[str] | None) -> None:
    bench = linked()
    bench.adopt_in_place(tamper(readers=listed))
    bench.turn("online", 10.0, "broker:FX/1", antennas=OFF)
    bench.wait_until(20.0)
    bench.adopt_in_place(tamper(readers=listed, severity="warning"))
    bench.wait_until(100.0)
    assert bench.told == [("raised", "reader:broker:FX/1/2", 15.0)]


def test_the_silence_of_what_a_hand_holds_says_nothing() -> None:
    bench = Guarded()
    scanner = ScannerSettings(name="desk", driver="scanner", port="/dev/null")
    bench.rebuild(FloorPlan(zones(), [*readers(), scanner]))
    bench.turn("online", 2.0, "desk", antennas={})
    bench.turn("silent", 17.0, "desk")
    bench.wait_until(100.0)
    assert bench.told == []
    bench.turn("online", 100.0, "desk", antennas={})
    bench.turn("offline", 110.0, "desk")
    bench.wait_until(200.0)
    assert bench.told == [("raised", "reader:desk", 115.0)]


# The verdict


@pytest.mark.parametrize(
    ("state", "was_there", "verdict"),
    [
        ("online", True, "kept"),
        ("offline", True, "broken"),
        ("silent", True, "broken"),
        ("offline", False, "undecided"),
        ("connecting", True, "undecided"),
        ("misconfigured", True, "undecided"),
        ("disabled", True, "kept"),
    ],
)
def test_the_verdict_about_a_reader(state: HealthState, verdict: str, *, was_there: bool) -> None:
    health = ReaderHealth(reader="r", state=state, since_ns=at(0))
    assert judge_reader(health, was_there=was_there) == verdict
    assert judge_antenna(health, 1, was_there=was_there) == "undecided"


def test_a_reader_that_tells_nothing_of_its_antennas_says_nothing_of_them() -> None:
    health = ReaderHealth(reader="r", state="online", since_ns=at(0))
    assert judge_antenna(health, 1, was_there=True) == "undecided"
