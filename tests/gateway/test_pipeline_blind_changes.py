"""The system alert `blind` over restarts, maintenance and other site files."""

import pytest

from gateway.entries import GatewayStarted, SiteChanged
from readers.maintenance import Target
from tests.gateway.watched import Watched
from tests.zones.made import at

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
    opened = [watched.changes[-1].alert]
    assert watched.pipeline.judge.adopt_open(opened) == []
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
    (change,) = watched.changes
    assert change.alert.zones == ("gate", "hall")
    assert change.alert.evidence.readers == {"r": "offline", "s": "maintenance"}


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
