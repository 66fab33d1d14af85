"""The system alert `blind`: raised for zones that nobody hears, and over by itself."""

import pytest

from alerts.alert import state_of
from alerts.changes import AcknowledgeAlert, ResetAlert
from alerts.lifecycle import alert_id
from alerts.shown import alert_json
from tests.gateway.watched import BLIND, Watched
from tests.zones.made import at, health

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
    assert (shown["zones"], shown["evidence"]["readers"]) == (["office"], {"t": "silent"})
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


def test_it_is_raised_only_once_however_often_readers_say_that_they_are_down() -> None:
    watched = Watched()
    watched.turn("offline", 5, "r", "s", "t")
    watched.turn("connecting", 30, "r", "s", "t")
    watched.turn("offline", 31, "r", "s", "t")
    watched.wait_until(100)
    assert watched.said == [("raised", "gate", 15)]


@pytest.mark.parametrize(
    ("site", "readers", "severity"),
    [
        ("usual", ("t",), "warning"),
        ("door", ("t",), "critical"),
        ("usual", ("r",), "critical"),
        ("usual", ("r", "s", "t"), "critical"),
    ],
)
def test_a_blind_exit_or_portal_is_critical(
    site: str, readers: tuple[str, ...], severity: str
) -> None:
    watched = Watched(site)
    watched.turn("offline", 5, *readers)
    watched.wait_until(100)
    assert [each.alert.severity for each in watched.changes] == [severity]


def test_a_zone_that_nobody_is_meant_to_hear_is_not_blind() -> None:
    watched = Watched(healthy=False)
    watched.wait_until(100)
    assert [change.alert.zones for change in watched.changes] == [("gate", "hall", "office")]


def test_readers_that_fall_one_after_the_other_count_from_the_last() -> None:
    watched = Watched()
    watched.turn("offline", 2, "s")
    watched.turn("offline", 8, "r")
    watched.wait_until(100)
    assert watched.said == [("raised", "gate", 18)]
    assert watched.changes[0].alert.zones == ("gate", "hall")


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
