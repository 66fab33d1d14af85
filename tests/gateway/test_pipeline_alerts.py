"""From reads to alerts: what leaves its fence is told once, with its evidence."""

from alerts.alert import state_of
from alerts.shown import alert_json
from gateway.entries import GatewayStarted, ReadGroup, SiteChanged
from inventory.assets import Asset
from inventory.changes import RemoveAsset
from tests.zones.desk import CLEAR_CONFIRM_S, CONFIRM_S, Desk
from tests.zones.made import (
    DOCK,
    GATE,
    HALL,
    OFFICE,
    YARD,
    at,
    every,
    health,
    read,
    seconds_of,
)


def outside() -> Desk:
    """A laptop in the hall goes to the yard: first heard there at 20.35, moved at 20.85."""
    desk = Desk()
    desk.stay("a1", HALL, 0, 5)
    desk.stay("a1", YARD, 20, 22)
    return desk


# Exits


def test_an_exit_is_raised_when_the_first_read_of_the_gate_arrives() -> None:
    desk = Desk()
    desk.stay("a1", HALL, 0, 5)
    desk.hear([read("a1", GATE, 12, arrival_s=12.4)])
    assert desk.story == ["raised"]
    assert desk.changes[0].at_ns == desk.alert.raised_at_ns == at(12.4)
    assert (desk.alert.time_ns, desk.alert.decided_ns) == (at(12), at(12))
    assert (desk.alert.from_zone, desk.alert.to_zone) == ("hall", "gate")
    assert state_of(desk.alert) == "active_unacknowledged"


def test_an_alert_shows_its_evidence() -> None:
    desk = Desk()
    desk.hear([read("a1", HALL, 0.1), read("a1", GATE, 12, -61)])
    shown = alert_json(desk.alert, 9)
    assert (shown["asset"], shown["tag"], shown["seq"]) == ("laptop-1", "a1", 9)
    (heard,) = shown["evidence"]["reads"]
    assert (heard["reader"], heard["antenna"], heard["rssi_dbm"]) == ("r", 2, -61.0)
    assert shown["evidence"]["readers"] == {"r": "online"}
    assert shown["evidence"]["site_version"] == "usual"


def test_more_exits_of_what_is_out_already_are_one_alert() -> None:
    desk = Desk()
    desk.hear([read("a1", GATE, 1), read("a1", DOCK, 3), read("a1", GATE, 5)])
    desk.stay("a1", YARD, 20, 60)
    desk.wait_until(100)
    assert desk.story == ["raised"]


def test_a_tag_between_hall_and_gate_raises_nothing() -> None:
    desk = Desk()
    for seconds in every(0.25, 0, 30):
        desk.hear([read("a1", HALL, seconds, -50), read("a1", GATE, seconds + 0.01, -51)])
    desk.wait_until(60)
    assert desk.story == []


def test_a_thousand_laptops_that_leave_at_once_are_a_thousand_alerts() -> None:
    laptops = [Asset(id=f"l{n}", category="laptop", tags=(f"{n:04x}",)) for n in range(1000)]
    desk = Desk(assets=tuple(laptops))
    reads = [read(laptop.tags[0], GATE, 10) for laptop in laptops for _ in range(3)]
    desk.take(ReadGroup("local", 1, reads))
    desk.take(ReadGroup("other", 1, reads))
    desk.wait_until(60)
    assert sorted({change.alert.asset or "" for change in desk.changes}) == sorted(
        laptop.id for laptop in laptops
    )
    assert desk.story == ["raised"] * 1000


def test_what_is_no_laptop_may_leave() -> None:
    desk = Desk(assets=(Asset(id="chair-1", category="chair", tags=("a1",)),))
    desk.hear([read("a1", GATE, 1), read("d4", GATE, 1)])
    desk.wait_until(60)
    assert desk.story == []
    assert [movement.asset for movement in desk.movements] == ["chair-1", None]


# Confirming


def test_a_break_is_raised_once_it_lasted() -> None:
    desk = outside()
    moved = desk.movements
    desk.wait_until(27.49)
    assert desk.story == []
    desk.wait_until(100)
    (change,) = desk.changes
    moved_s = seconds_of(moved[-1].time_ns)
    assert (moved[-1].to_zone, moved_s) == ("yard", 20.35)
    assert seconds_of(change.alert.time_ns) == moved_s
    assert seconds_of(change.alert.decided_ns) == moved_s + CONFIRM_S
    assert change.at_ns == change.alert.raised_at_ns
    sure_s = seconds_of(moved[-1].decided_ns)
    assert sure_s + CONFIRM_S + 2 <= seconds_of(change.at_ns) <= sure_s + CONFIRM_S + 2.25


def test_who_is_back_before_that_raises_nothing() -> None:
    desk = outside()
    desk.stay("a1", HALL, 22, 26)
    desk.wait_until(100)
    assert [movement.to_zone for movement in desk.movements] == ["hall", "yard", "hall"]
    assert desk.story == []


def test_each_break_that_is_broken_off_starts_its_own_time() -> None:
    desk = outside()
    desk.stay("a1", HALL, 22, 27)
    desk.stay("a1", YARD, 27, 31)
    desk.wait_until(100)
    (change,) = desk.changes
    assert change.alert.time_ns == desk.movements[-1].time_ns
    assert change.alert.decided_ns == desk.movements[-1].time_ns + at(CONFIRM_S) - at(0)


def test_who_goes_on_to_an_exit_is_raised_at_once_and_not_again() -> None:
    desk = outside()
    desk.hear([read("a1", GATE, 23)])
    assert desk.story == ["raised"]
    assert desk.alert.decided_ns == at(23)
    desk.wait_until(100)
    assert desk.story == ["raised"]


def test_silence_after_the_break_does_not_call_it_off() -> None:
    desk = outside()
    for name in ("r", "s"):
        desk.take(health(name, "offline", 23))
    desk.wait_until(100)
    assert desk.story == ["raised"]


def test_who_leaves_again_within_the_wait_stays_out() -> None:
    desk = outside()
    desk.wait_until(40)
    desk.stay("a1", HALL, 40, 45)
    desk.stay("a1", YARD, 45, 60)
    desk.wait_until(100)
    assert desk.story == ["raised"]


# Returning, acknowledging, closing


def returned() -> Desk:
    desk = outside()
    desk.wait_until(40)
    desk.stay("a1", OFFICE, 40, 45)
    desk.wait_until(70)
    return desk


def test_what_is_back_for_long_enough_has_returned_and_stays_latched() -> None:
    desk = returned()
    assert desk.story == ["raised", "returned"]
    back = desk.movements[-1]
    lasted_s = (desk.changes[-1].at_ns - back.decided_ns) / 1e9
    assert CLEAR_CONFIRM_S + 2 <= lasted_s <= CLEAR_CONFIRM_S + 2.25
    assert state_of(desk.alert) == "returned_unacknowledged"


def test_what_leaves_again_reopens_its_alert() -> None:
    desk = returned()
    desk.hear([read("a1", GATE, 80)])
    assert desk.story == ["raised", "returned", "reopened"]
    assert desk.alert.id == desk.changes[0].alert.id
    assert (desk.alert.occurrences, desk.alert.condition) == (2, "active")
    assert desk.acknowledge(81) is None
    desk.stay("a1", HALL, 90, 95)
    desk.wait_until(120)
    desk.hear([read("a1", GATE, 130)])
    assert (desk.alert.occurrences, desk.alert.acknowledged) == (3, None)


def test_an_alert_is_closed_by_a_person_once_it_is_over_and_acknowledged() -> None:
    desk = outside()
    desk.wait_until(40)
    assert desk.reset(41) == "conflict"
    assert desk.acknowledge(42, "on my way") is None
    assert desk.alert.acknowledged is not None
    assert (desk.alert.acknowledged.by, desk.alert.acknowledged.at_ns) == ("ann", at(42))
    assert desk.acknowledge(43) is None
    desk.stay("a1", HALL, 50, 55)
    desk.wait_until(80)
    assert state_of(desk.alert) == "latched"
    assert desk.reset(81) is None
    assert desk.story == ["raised", "acknowledged", "returned", "cleared"]
    assert desk.changes[-1].actor == "ann"
    assert (desk.reset(82), desk.acknowledge(82)) == ("unknown", "unknown")


def test_an_alert_that_nobody_acknowledged_is_not_reset() -> None:
    desk = returned()
    assert desk.reset(80) == "conflict"


def test_after_the_alert_is_closed_the_next_exit_is_another_one() -> None:
    desk = returned()
    desk.acknowledge(80)
    desk.reset(81)
    desk.hear([read("a1", GATE, 90)])
    assert desk.story[-1] == "raised"
    assert desk.alert.id != desk.changes[0].alert.id
    assert desk.alert.occurrences == 1


def test_an_alert_without_a_latch_closes_itself() -> None:
    desk = Desk("unlatched")
    desk.stay("a1", HALL, 0, 5)
    desk.stay("a1", YARD, 20, 22)
    desk.wait_until(40)
    desk.acknowledge(41)
    desk.stay("a1", HALL, 50, 55)
    desk.wait_until(80)
    assert desk.story == ["raised", "acknowledged", "returned", "cleared"]


def test_who_is_removed_from_the_register_returns() -> None:
    desk = outside()
    desk.wait_until(40)
    remove = RemoveAsset(arrival_ns=at(50), by="ann", asset="laptop-1")
    assert desk.take(remove) is None
    assert desk.take(remove) == "unknown"
    assert desk.story == ["raised", "returned"]


def test_a_rule_that_is_gone_takes_its_alerts_back() -> None:
    desk = outside()
    desk.wait_until(40)
    desk.take(SiteChanged(at(50), "test", "no rules", "no rules"))
    assert desk.story == ["raised", "returned"]


# Late, and starts


def test_a_late_exit_is_one_alert_that_is_late_and_over() -> None:
    desk = Desk()
    desk.stay("a1", HALL, 3490, 3500)
    desk.wait_until(3590)
    upload = [read("a1", GATE, seconds, arrival_s=3600) for seconds in (10, 13)]
    for _ in range(2):
        desk.hear(upload)
        desk.wait_until(3700)
    assert desk.story == ["raised"]
    assert (desk.alert.late, desk.alert.condition, desk.alert.time_ns) == (True, "returned", at(10))
    assert [movement.to_zone for movement in desk.movements] == ["hall", "gate"]


def test_a_restart_raises_nothing_again() -> None:
    desk = outside()
    for start_s, down_s in ((40, 26), (50, 49)):
        desk.take(GatewayStarted(at(start_s), at(down_s)))
        desk.stay("a1", YARD, start_s + 1, start_s + 3)
    desk.wait_until(100)
    assert desk.story == ["raised"]
    assert seconds_of(desk.alert.time_ns) == 20.35
