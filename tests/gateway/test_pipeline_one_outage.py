"""Readers that fall over together are one outage, told once; a new one never hides behind it."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.alert import Alert
from alerts.changes import AcknowledgeAlert
from alerts.lifecycle import alert_id
from gateway.entries import GatewayStarted, SiteChanged
from readers.maintenance import Target
from tests.gateway.test_pipeline_presence import DOWN_S, UP_S, Depot
from tests.gateway.watched import BLIND, Watched
from tests.zones.made import at, health

ALL = ("r", "s", "t")


def outage(site: str = "usual") -> Watched:
    """Nobody hears anything since 5 s; it was told at 15 s and it is 20 s now."""
    watched = Watched(site)
    watched.turn("offline", 5, *ALL)
    watched.wait_until(20)
    assert watched.said == [("raised", "gate", 15)]
    return watched


def zones(watched: Watched) -> list[tuple[str, tuple[str, ...]]]:
    return [(change.transition, change.alert.zones) for change in watched.changes]


def last_open(watched: Watched) -> list[Alert]:
    """The open alerts as they were told, which is as they were committed."""
    alerts = {change.alert.id: change.alert for change in watched.changes}
    return [alert for alert in alerts.values() if not alert.cleared]


# Together


def test_a_thousand_tags_and_no_readers_are_one_alert() -> None:
    depot = Depot()
    depot.turn("offline", DOWN_S, "r", "s")
    depot.wait_until(UP_S)
    assert (depot.movements, depot.unknown) == ([], 1000)
    depot.turn("online", UP_S, "r", "s")
    depot.wait_until(UP_S + 60)
    assert [change.transition for change in depot.alerts] == ["raised", "returned", "cleared"]
    assert depot.movements == []


def test_readers_that_are_noticed_one_after_the_other_are_one_alert() -> None:
    depot = Depot()
    depot.turn("silent", DOWN_S, "r")
    depot.turn("silent", DOWN_S + 7, "s")
    depot.wait_until(UP_S)
    assert [change.transition for change in depot.alerts] == ["raised"]


def test_the_alert_names_all_that_fell_and_every_reader_that_should_hear_it() -> None:
    alert = outage().changes[0].alert
    assert alert.zones == ("gate", "hall", "office")
    assert alert.evidence.readers == dict.fromkeys(ALL, "offline")
    assert (alert.time_ns, alert.decided_ns) == (at(5), at(15))
    assert alert.id == alert_id(BLIND, "zone:gate", "gate", 1)


def test_a_shelf_that_falls_first_takes_a_gate_along_and_is_as_bad() -> None:
    watched = Watched()
    watched.turn("offline", 5, "t")
    watched.turn("offline", 14, "r", "s")
    watched.wait_until(100)
    (change,) = watched.changes
    assert (change.alert.to_zone, change.alert.zones) == ("office", ("gate", "hall", "office"))
    assert change.alert.severity == "critical"


def test_it_is_over_when_all_are_heard_again() -> None:
    watched = outage()
    watched.turn("online", 30, "r")
    watched.wait_until(60)
    assert watched.said[1:] == []
    watched.turn("online", 60, "t")
    watched.wait_until(100)
    assert watched.said[1:] == [("returned", "gate", 60), ("cleared", "gate", 70)]
    assert watched.changes[-1].alert.zones == ("gate", "hall", "office")


def test_the_next_outage_is_another_alert_whoever_falls_first() -> None:
    watched = outage()
    watched.turn("online", 30, *ALL)
    watched.wait_until(50)
    watched.turn("offline", 60, "t")
    watched.turn("offline", 61, "r")
    watched.wait_until(100)
    assert watched.said[3:] == [("raised", "office", 70)]
    assert watched.changes[-1].alert.zones == ("gate", "office")


def test_a_zone_where_somebody_works_is_no_part_of_it() -> None:
    watched = Watched()
    watched.maintain(Target("reader", "t"), 1, 500)
    watched.turn("offline", 5, *ALL)
    watched.wait_until(100)
    assert zones(watched) == [("raised", ("gate", "hall"))]


# Nothing new stays untold


def test_a_zone_that_falls_later_has_an_alert_of_its_own() -> None:
    watched = Watched()
    watched.turn("offline", 5, "r", "s")
    watched.turn("offline", 16, "t")
    watched.wait_until(50)
    assert watched.said == [("raised", "gate", 15), ("raised", "office", 26)]
    watched.turn("online", 50, "t")
    watched.turn("online", 70, "r")
    watched.wait_until(100)
    assert watched.said[2:] == [
        ("returned", "office", 50),
        ("cleared", "office", 60),
        ("returned", "gate", 70),
        ("cleared", "gate", 80),
    ]


def test_a_zone_that_has_an_alert_is_no_part_of_the_next_one() -> None:
    watched = Watched()
    watched.turn("offline", 5, "t")
    watched.turn("offline", 20, "r")
    watched.wait_until(50)
    assert zones(watched) == [("raised", ("office",)), ("raised", ("gate",))]


@pytest.mark.parametrize(("reader", "zone"), [("t", "office"), ("r", "gate")])
def test_one_that_was_heard_and_falls_anew_reopens_it(reader: str, zone: str) -> None:
    """Also the one that called for the alert."""
    watched = outage()
    taken = AcknowledgeAlert(
        arrival_ns=at(21), by="ann", alert=watched.changes[0].alert.id, note="n"
    )
    assert watched.take(taken) is None
    watched.turn("online", 30, reader)
    watched.turn("offline", 40, reader)
    watched.turn("connecting", 45, "s")
    watched.wait_until(100)
    assert watched.said[2:] == [("reopened", "gate", 50)]
    alert = watched.changes[-1].alert
    assert zone in alert.zones
    assert (alert.occurrences, alert.acknowledged) == (2, None)
    watched.turn("online", 110, *ALL)
    watched.wait_until(200)
    assert watched.said[3:] == [("returned", "gate", 110), ("cleared", "gate", 120)]


def test_one_that_is_heard_for_a_moment_and_falls_for_a_moment_is_no_news() -> None:
    watched = outage()
    for seconds in range(30, 90, 10):
        watched.turn("online", seconds, "t")
        watched.turn("offline", seconds + 1, "t")
    watched.turn("online", 90, "t")
    watched.wait_until(200)
    assert watched.said[1:] == []


def test_a_part_that_soon_falls_anew_reopens_what_was_over() -> None:
    watched = outage()
    watched.turn("online", 30, *ALL)
    watched.turn("offline", 35, "t")
    watched.wait_until(100)
    assert watched.said[1:] == [("returned", "gate", 30), ("reopened", "gate", 45)]
    assert len({change.alert.id for change in watched.changes}) == 1


def test_what_is_closed_while_a_part_falls_anew_is_told_anew() -> None:
    watched = outage()
    watched.turn("online", 30, *ALL)
    watched.turn("offline", 35, "t")
    alert = watched.changes[0].alert.id
    taken = AcknowledgeAlert(arrival_ns=at(36), by="ann", alert=alert, note="fuse")
    assert watched.take(taken) is None
    watched.wait_until(100)
    assert [each for each in watched.said if each[2] > 36] == [("raised", "office", 46)]
    assert watched.changes[-1].alert.zones == ("office",)


turns = st.lists(
    st.tuples(st.sampled_from((0.5, 3.0, 6.0, 9.0, 10.5, 25.0)), st.sampled_from(ALL)),
    max_size=30,
)


@given(turns)
def test_whatever_falls_is_told_in_time_and_nothing_stays_open(
    script: list[tuple[float, str]],
) -> None:
    """Each reader is turned off and on. `r` hears the gate alone, and the hall with `s`."""
    watched, now_s = Watched(), 10.0
    down: set[str] = set()
    since_s: dict[str, float] = {}
    for wait_s, reader in [*script, (25.0, "r")]:
        for zone, fell_s in since_s.items():
            if now_s + wait_s >= fell_s + 10:
                watched.wait_until(fell_s + 10)
                told = [
                    change
                    for change in watched.changes
                    if change.transition in {"raised", "reopened"}
                    and at(fell_s) <= change.at_ns
                    and zone in change.alert.zones
                ]
                assert told, zone
        now_s += wait_s
        down ^= {reader}
        watched.turn("offline" if reader in down else "online", now_s, reader)
        unheard = {"gate": "r" in down, "hall": {"r", "s"} <= down, "office": "t" in down}
        since_s = {zone: since_s.get(zone, now_s) for zone, blind in unheard.items() if blind}
    watched.turn("online", now_s + 1, *ALL)
    watched.wait_until(now_s + 60)
    assert last_open(watched) == []


# Starts and other site files


@pytest.mark.parametrize("wait_s", [5.0, 60.0])
def test_it_goes_on_over_a_start(wait_s: float) -> None:
    watched = outage()
    watched.turn("online", 30, "t")
    watched.write_down_and_read_back()
    assert watched.pipeline.judge.adopt_open(last_open(watched)) == []
    watched.take(GatewayStarted(at(500), at(100)))
    watched.turn("online", 501, "t")
    watched.wait_until(500 + wait_s)
    watched.turn("online", 500 + wait_s, "r", "s")
    watched.wait_until(600)
    over_s = 500 + wait_s
    assert watched.said[1:] == [("returned", "gate", over_s), ("cleared", "gate", over_s + 10)]


def test_what_was_committed_counts_even_where_the_state_is_older() -> None:
    """The raising was committed, the state from before it was restored."""
    watched = outage()
    ahead = last_open(watched)
    behind = Watched()
    behind.turn("offline", 5, *ALL)
    assert behind.pipeline.judge.adopt_open(ahead) == [ahead[0].id]
    behind.write_down_and_read_back()
    behind.take(GatewayStarted(at(500), at(10)))
    behind.wait_until(550)
    assert behind.said == []
    behind.turn("online", 550, *ALL)
    behind.wait_until(600)
    assert behind.said == [("returned", "gate", 550), ("cleared", "gate", 560)]


def test_where_nothing_is_committed_every_zone_begins_anew() -> None:
    watched = outage()
    assert watched.pipeline.judge.adopt_open([]) == [watched.changes[0].alert.id]
    watched.take(GatewayStarted(at(500), at(100)))
    watched.wait_until(600)
    assert watched.said[1:] == [("raised", "gate", 510)]


def test_an_alert_of_one_zone_from_before_alerts_told_of_several_goes_on() -> None:
    watched = Watched()
    watched.turn("offline", 5, "t")
    watched.wait_until(20)
    (known,) = last_open(watched)
    assert watched.pipeline.judge.adopt_open([msgspec.structs.replace(known, zones=())]) != []
    watched.take(GatewayStarted(at(500), at(100)))
    watched.turn("online", 501, "r", "s")
    watched.wait_until(520)
    watched.turn("online", 520, "t")
    watched.wait_until(600)
    assert watched.said[1:] == [("returned", "office", 520), ("cleared", "office", 530)]


def test_a_zone_that_vanishes_ends_only_its_part() -> None:
    watched = Watched()
    watched.turn("offline", 5, "t")
    watched.turn("offline", 6, "s", "r")
    watched.wait_until(20)
    assert watched.said == [("raised", "office", 15)]
    watched.take(SiteChanged(at(20), "test", "without office", "without office"))
    watched.wait_until(30)
    assert watched.said[1:] == []
    watched.turn("online", 30, "r", "s")
    watched.wait_until(100)
    assert watched.said[1:] == [("returned", "office", 30), ("cleared", "office", 40)]


def test_a_zone_that_comes_back_while_the_alert_is_open_is_told() -> None:
    watched = Watched()
    watched.turn("offline", 5, "t")
    watched.turn("offline", 6, "s", "r")
    watched.wait_until(20)
    watched.take(SiteChanged(at(20), "test", "without office", "without office"))
    watched.take(SiteChanged(at(30), "test", "usual", "usual"))
    watched.wait_until(100)
    assert watched.said[1:] == [("reopened", "office", 40)]


def test_a_part_that_comes_back_has_an_alert_of_its_own_and_keeps_it() -> None:
    watched = outage()
    watched.take(SiteChanged(at(20), "test", "without office", "without office"))
    watched.take(SiteChanged(at(30), "test", "usual", "usual"))
    watched.wait_until(50)
    watched.turn("online", 50, "r")
    watched.turn("offline", 55, "r")
    watched.wait_until(80)
    watched.turn("online", 80, "t")
    watched.wait_until(100)
    assert watched.said[1:] == [
        ("raised", "office", 40),
        ("returned", "gate", 50),
        ("reopened", "gate", 65),
        ("returned", "office", 80),
        ("cleared", "office", 90),
    ]


def test_what_is_closed_after_the_zone_that_called_vanished_is_not_told_of_that_zone() -> None:
    watched = Watched()
    watched.turn("offline", 5, "t")
    watched.turn("offline", 6, "s", "r")
    watched.wait_until(20)
    watched.turn("online", 30, *ALL)
    watched.take(SiteChanged(at(32), "test", "without office", "without office"))
    watched.turn("offline", 33, "r")
    alert = watched.changes[0].alert.id
    taken = AcknowledgeAlert(arrival_ns=at(35), by="ann", alert=alert, note="fuse")
    assert watched.take(taken) is None
    watched.wait_until(100)
    assert [each for each in watched.said if each[2] > 35] == [("raised", "gate", 45)]


def test_the_last_blind_part_that_vanishes_ends_it() -> None:
    watched = outage()
    watched.turn("online", 30, "r", "s")
    watched.take(SiteChanged(at(40), "test", "without office", "without office"))
    watched.wait_until(100)
    assert watched.said[1:] == [("returned", "gate", 40), ("cleared", "gate", 50)]


def test_a_part_that_is_renamed_begins_anew() -> None:
    watched = outage()
    watched.take(SiteChanged(at(30), "test", "lab", "lab"))
    watched.turn("online", 35, "r", "s")
    watched.wait_until(100)
    assert watched.said[1:] == [
        ("returned", "gate", 35),
        ("raised", "lab", 40),
        ("cleared", "gate", 45),
    ]


def test_where_the_watch_is_written_down_changes_nothing() -> None:
    def run(*, kept: bool) -> list[tuple[str, str | None, float]]:
        watched = Watched()
        for seconds, state, names in (
            (5, "offline", "rt"), (20, "online", "t"), (27, "offline", "ts"), (50, "online", "rs"),
            (55, "offline", "r"), (90, "online", "rst"), (120, "offline", "st"),
        ):  # fmt: skip
            for name in names:
                watched.take(health(name, "online" if state == "online" else "offline", seconds))
            if kept:
                watched.write_down_and_read_back()
        watched.wait_until(200)
        return watched.said

    assert run(kept=True) == run(kept=False)
    assert len(run(kept=True)) > 5
