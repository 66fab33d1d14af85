"""The system alert `blind`: raised for each zone that nobody hears, and over by itself."""

import msgspec
import pytest

from alerts.alert import AlertChange, alert_json, state_of
from alerts.changes import AcknowledgeAlert, ResetAlert, StartMaintenance
from alerts.lifecycle import alert_id
from alerts.settings import SystemSettings
from gateway.entries import Entry, GatewayStarted, SiteChanged, Tick
from gateway.pipeline import Blueprint, Pipeline, PipelineState
from readers.maintenance import Target
from readers.settings import ReaderSettings
from tests.zones.made import antenna, at, health, reader, seconds_of
from zones.floorplan import FloorPlan
from zones.settings import PortalSettings, ZoneSettings

BLIND = "system: blind"
ZONES = [
    ZoneSettings(name="hall"),
    ZoneSettings(name="office"),
    ZoneSettings(name="gate", role="exit"),
    ZoneSettings(name="attic"),
]
READERS = [
    reader("r", {1: antenna("hall"), 2: antenna("gate")}),
    reader("s", {1: antenna("hall")}),
    reader("t", zone="office"),
]
DOOR = PortalSettings(name="door", inside=("t/1",), outside=("r/2",))


def blueprint(
    zones: list[ZoneSettings] = ZONES,
    readers: list[ReaderSettings] = READERS,
    *portals: PortalSettings,
    blind_after_s: float = 10,
) -> Blueprint:
    system = SystemSettings(blind_after_s=blind_after_s, notify=("desk",))
    return Blueprint(FloorPlan(zones, readers, portals=portals), [], system=system)


SITES = {
    "usual": blueprint(),
    "door": blueprint(ZONES, READERS, DOOR),
    "patient": blueprint(blind_after_s=60),
    "without office": blueprint([zone for zone in ZONES if zone.name != "office"], READERS[:2]),
    "office unheard": blueprint(ZONES, READERS[:2]),
    "lab": blueprint(
        [*ZONES[:1], ZoneSettings(name="lab", was="office"), *ZONES[2:]],
        [*READERS[:2], reader("t", zone="lab")],
    ),
}


class Watched:
    """A gateway at work, with what it told about zones: transition, zone, clock in seconds."""

    def __init__(self, site: str = "usual", *, started: bool = True, healthy: bool = True) -> None:
        self.pipeline = Pipeline(SITES.__getitem__)
        self.changes: list[AlertChange] = []
        if started:
            self.take(GatewayStarted(at(0), None))
        self.take(SiteChanged(at(0), "test", site, site))
        for name in ("r", "s", "t") if healthy else ():
            self.take(health(name))

    def take(self, entry: Entry) -> str | None:
        decisions = self.pipeline.advance([entry])
        outputs = [numbered.output for numbered in decisions.outputs]
        self.changes += [output for output in outputs if isinstance(output, AlertChange)]
        outcome = decisions.outcomes.get(0)
        return None if outcome is None else outcome.refused

    def turn(self, state: str, since_s: float, *readers: str) -> None:
        for name in readers:
            self.take(health(name, state, since_s))  # type: ignore[arg-type] # a state in words

    def wait_until(self, seconds: float) -> None:
        self.take(Tick(at(seconds)))

    def maintain(self, target: Target, since_s: float, until_s: float) -> None:
        change = StartMaintenance(
            arrival_ns=at(since_s), by="ann", target=target, until_ns=at(until_s), reason="work"
        )
        assert self.take(change) is None

    def write_down_and_read_back(self) -> None:
        blob = msgspec.msgpack.encode(self.pipeline.state)
        state = msgspec.msgpack.decode(blob, type=PipelineState)
        self.pipeline = Pipeline(SITES.__getitem__, state)

    @property
    def said(self) -> list[tuple[str, str | None, float]]:
        return [
            (change.transition, change.alert.to_zone, seconds_of(change.at_ns))
            for change in self.changes
        ]


# Raised


def test_a_zone_that_nobody_hears_for_ten_seconds_is_blind() -> None:
    watched = Watched()
    watched.turn("offline", 5, "t")
    watched.wait_until(14.999)
    assert watched.said == []
    watched.wait_until(100)
    assert watched.said == [("raised", "office", 15)]


def test_the_alert_names_the_zone_and_the_health_that_caused_it() -> None:
    watched = Watched()
    watched.turn("silent", 5, "t")
    watched.wait_until(20)
    (change,) = watched.changes
    shown = alert_json(change.alert, 7)
    assert (shown["rule"], shown["kind"], shown["severity"]) == (BLIND, "blind", "warning")
    assert (shown["asset"], shown["tag"], shown["from"], shown["to"]) == (
        None,
        None,
        "office",
        "office",
    )
    assert shown["evidence"]["readers"] == {"t": "silent"}
    assert (shown["latched"], shown["late"], shown["state"]) == (
        False,
        False,
        "active_unacknowledged",
    )
    assert (change.alert.time_ns, change.alert.decided_ns) == (at(5), at(15))
    assert change.alert.id == alert_id(BLIND, "zone:office", "office", 1)
    assert change.notify == ("desk",)


def test_a_zone_that_somebody_still_hears_is_not_blind() -> None:
    watched = Watched()
    watched.turn("offline", 5, "s")
    watched.wait_until(100)
    assert watched.said == []


def test_an_antenna_that_came_off_makes_its_zone_blind() -> None:
    watched = Watched()
    watched.take(health("r", since_s=5, antennas={1: "connected", 2: "disconnected"}))
    watched.wait_until(100)
    (change,) = watched.changes
    assert change.alert.to_zone == "gate"
    assert change.alert.evidence.readers == {"r": "online, antenna 2 disconnected"}


def test_each_zone_has_an_alert_of_its_own_and_only_one() -> None:
    watched = Watched()
    watched.turn("offline", 5, "r", "s", "t")
    watched.turn("connecting", 30, "r", "s", "t")
    watched.turn("offline", 31, "r", "s", "t")
    watched.wait_until(100)
    assert watched.said == [("raised", zone, 15) for zone in ("gate", "hall", "office")]


@pytest.mark.parametrize(
    ("site", "severities"),
    [
        ("usual", {"gate": "critical", "hall": "warning", "office": "warning"}),
        ("door", {"gate": "critical", "hall": "warning", "office": "critical"}),
    ],
)
def test_a_blind_exit_or_portal_is_critical(site: str, severities: dict[str, str]) -> None:
    watched = Watched(site, healthy=False)
    watched.wait_until(100)
    assert {each.alert.to_zone: each.alert.severity for each in watched.changes} == severities


def test_a_zone_that_nobody_is_meant_to_hear_is_not_blind() -> None:
    watched = Watched(healthy=False)
    watched.wait_until(100)
    assert "attic" not in {change.alert.to_zone for change in watched.changes}


def test_readers_that_fall_one_after_the_other_count_from_the_last() -> None:
    watched = Watched()
    watched.turn("offline", 2, "s")
    watched.turn("offline", 8, "r")
    watched.wait_until(100)
    assert watched.said == [("raised", "gate", 18), ("raised", "hall", 18)]


def test_the_site_file_says_how_long_to_wait() -> None:
    watched = Watched("patient")
    watched.turn("offline", 5, "t")
    watched.wait_until(64)
    assert watched.said == []
    watched.wait_until(65)
    assert watched.said == [("raised", "office", 65)]


# Over


def test_it_returns_when_the_zone_is_heard_and_clears_when_that_lasts() -> None:
    watched = Watched()
    watched.turn("offline", 5, "t")
    watched.turn("online", 40, "t")
    watched.wait_until(100)
    assert watched.said == [
        ("raised", "office", 15),
        ("returned", "office", 40),
        ("cleared", "office", 50),
    ]
    assert state_of(watched.changes[-1].alert) == "cleared"


def test_health_that_is_said_again_does_not_keep_it_open() -> None:
    watched = Watched()
    watched.turn("offline", 5, "t")
    for seconds in range(40, 60, 2):
        watched.turn("online", seconds, "t")
    assert watched.said[-1] == ("cleared", "office", 50)


def test_a_short_silence_is_none() -> None:
    watched = Watched()
    for seconds in range(5, 100, 12):
        watched.turn("offline", seconds, "t")
        watched.turn("online", seconds + 9.9, "t")
    assert watched.said == []


def test_a_zone_that_is_soon_blind_again_has_the_same_alert() -> None:
    watched = Watched()
    watched.turn("offline", 5, "t")
    watched.turn("online", 20, "t")
    watched.turn("offline", 29, "t")
    watched.wait_until(50)
    assert watched.said[1:] == [("returned", "office", 20), ("reopened", "office", 39)]
    assert watched.changes[-1].alert.occurrences == 2
    assert len({change.alert.id for change in watched.changes}) == 1


def test_flapping_within_the_time_tells_nobody_anything_new() -> None:
    watched = Watched()
    watched.turn("offline", 5, "t")
    for seconds in range(20, 100, 8):
        watched.turn("online", seconds, "t")
        watched.turn("offline", seconds + 4, "t")
    assert watched.said == [("raised", "office", 15), ("returned", "office", 20)]
    watched.turn("online", 100, "t")
    watched.wait_until(110)
    assert watched.said[-1] == ("cleared", "office", 110)


def test_the_next_time_is_another_alert() -> None:
    watched = Watched()
    watched.turn("offline", 5, "t")
    watched.turn("online", 20, "t")
    watched.turn("offline", 60, "t")
    watched.wait_until(100)
    assert [transition for transition, _, _ in watched.said] == [
        "raised",
        "returned",
        "cleared",
        "raised",
    ]
    assert watched.changes[-1].alert.id == alert_id(BLIND, "zone:office", "office", 2)


def test_who_has_taken_it_on_does_not_have_to_close_it() -> None:
    watched = Watched()
    watched.turn("offline", 5, "t")
    watched.wait_until(20)
    alert = watched.changes[-1].alert.id
    assert watched.take(AcknowledgeAlert(arrival_ns=at(21), by="ann", alert=alert)) is None
    assert watched.take(ResetAlert(arrival_ns=at(22), by="ann", alert=alert)) == "conflict"
    watched.turn("online", 30, "t")
    watched.wait_until(100)
    assert [transition for transition, _, _ in watched.said] == [
        "raised",
        "acknowledged",
        "returned",
        "cleared",
    ]


def test_one_that_is_taken_on_while_it_is_over_is_closed_once() -> None:
    watched = Watched()
    watched.turn("offline", 5, "t")
    watched.turn("online", 20, "t")
    alert = watched.changes[-1].alert.id
    watched.take(AcknowledgeAlert(arrival_ns=at(21), by="ann", alert=alert))
    watched.wait_until(100)
    assert watched.said[-1] == ("cleared", "office", 21)


# Starts


def test_before_a_gateway_has_started_nobody_listens() -> None:
    watched = Watched(started=False)
    watched.turn("offline", 5, "r", "s", "t")
    watched.wait_until(100)
    assert watched.said == []


def test_from_a_start_on_readers_have_the_usual_time() -> None:
    watched = Watched()
    watched.take(GatewayStarted(at(500), at(100)))
    watched.turn("online", 509, "r", "s")
    watched.wait_until(600)
    assert watched.said == [("raised", "office", 510)]
    assert watched.changes[0].alert.evidence.readers == {"t": "unknown"}


def test_what_was_pending_before_a_start_begins_anew() -> None:
    watched = Watched()
    watched.turn("offline", 91, "t")
    watched.take(GatewayStarted(at(500), at(100)))
    watched.turn("online", 501, "r", "s")
    watched.wait_until(509)
    assert watched.said == []
    watched.wait_until(600)
    assert watched.said == [("raised", "office", 510)]


def test_an_alert_that_is_open_goes_on_over_a_start() -> None:
    watched = Watched()
    watched.turn("offline", 5, "t")
    watched.wait_until(50)
    watched.write_down_and_read_back()
    assert watched.pipeline.judge.adopt_open([watched.changes[-1].alert]) == []
    watched.take(GatewayStarted(at(500), at(100)))
    watched.turn("online", 501, "r", "s", "t")
    watched.wait_until(600)
    assert watched.said == [
        ("raised", "office", 15),
        ("returned", "office", 501),
        ("cleared", "office", 511),
    ]


def test_what_is_pending_is_written_down() -> None:
    watched = Watched()
    watched.turn("offline", 5, "t")
    watched.write_down_and_read_back()
    watched.wait_until(50)
    watched.turn("online", 60, "t")
    watched.write_down_and_read_back()
    watched.wait_until(100)
    assert watched.said == [
        ("raised", "office", 15),
        ("returned", "office", 60),
        ("cleared", "office", 70),
    ]


# Maintenance


def test_a_zone_whose_readers_are_all_worked_on_is_not_blind() -> None:
    watched = Watched()
    watched.maintain(Target("reader", "t"), 1, 50)
    watched.turn("offline", 5, "t")
    watched.wait_until(59)
    assert watched.said == []
    watched.wait_until(100)
    assert watched.said == [("raised", "office", 60)]


def test_a_zone_is_blind_when_one_reader_is_worked_on_and_the_other_fails() -> None:
    watched = Watched()
    watched.maintain(Target("antenna", "r", 1), 1, 500)
    watched.turn("offline", 5, "s")
    watched.wait_until(100)
    assert watched.said == [("raised", "hall", 15)]
    assert watched.changes[0].alert.evidence.readers == {
        "r": "online, antenna 1 in maintenance",
        "s": "offline",
    }


def test_work_on_the_reader_that_failed_ends_the_alert() -> None:
    watched = Watched()
    watched.turn("offline", 5, "t")
    watched.wait_until(30)
    watched.maintain(Target("reader", "t"), 30, 500)
    watched.wait_until(100)
    assert watched.said == [
        ("raised", "office", 15),
        ("returned", "office", 30),
        ("cleared", "office", 40),
    ]


def test_a_reader_that_is_worked_on_is_said_to_be_in_the_evidence() -> None:
    watched = Watched()
    watched.maintain(Target("reader", "s"), 1, 500)
    watched.turn("offline", 5, "r")
    watched.wait_until(100)
    hall = next(each.alert for each in watched.changes if each.alert.to_zone == "hall")
    assert hall.evidence.readers == {"r": "offline", "s": "maintenance"}


# Other site files


@pytest.mark.parametrize("site", ["without office", "office unheard"])
def test_a_zone_that_needs_no_hearing_any_more_is_cleared(site: str) -> None:
    watched = Watched()
    watched.turn("offline", 5, "t")
    watched.wait_until(30)
    watched.take(SiteChanged(at(30), "test", site, site))
    watched.wait_until(100)
    assert watched.said == [
        ("raised", "office", 15),
        ("returned", "office", 30),
        ("cleared", "office", 30),
    ]
    assert watched.changes[-1].notify == ("desk",)


@pytest.mark.parametrize("site", ["without office", "office unheard"])
def test_what_was_pending_of_such_a_zone_is_dropped(site: str) -> None:
    watched = Watched()
    watched.turn("offline", 5, "t")
    watched.take(SiteChanged(at(6), "test", site, site))
    watched.wait_until(100)
    assert watched.said == []


def test_a_renamed_zone_begins_anew() -> None:
    watched = Watched()
    watched.turn("offline", 5, "t")
    watched.take(SiteChanged(at(8), "test", "lab", "lab"))
    watched.wait_until(100)
    assert watched.said == [("raised", "lab", 18)]


def test_a_zone_that_comes_new_has_the_usual_time() -> None:
    watched = Watched("without office", healthy=False)
    watched.turn("online", 0, "r", "s")
    watched.take(SiteChanged(at(50), "test", "usual", "usual"))
    watched.wait_until(100)
    assert watched.said == [("raised", "office", 60)]
