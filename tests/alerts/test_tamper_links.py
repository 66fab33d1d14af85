"""Tamper behind links, where one connection carries many readers, and the verdict by itself."""

import pytest

from alerts.rules.tamper import judge_antenna, judge_reader
from readers.health import HealthState, ReaderHealth
from readers.scanner_settings import ScannerSettings
from readers.settings import DeviceSettings, ReaderSettings
from tests.alerts.guarded import OFF, ON, Guarded, tamper
from tests.alerts.made import readers, zones
from tests.zones.made import antenna, at
from zones.floorplan import FloorPlan


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
