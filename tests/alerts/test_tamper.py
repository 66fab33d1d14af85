"""Tamper: an antenna that is not on its reader any more, or a reader that is gone."""

import pytest

from readers.health import HealthState
from readers.maintenance import WHOLE_READER
from tests.alerts.guarded import OFF, ON, Guarded, tamper, work
from tests.alerts.made import END_S, readers, zones
from zones.floorplan import FloorPlan

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
