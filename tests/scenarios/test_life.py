"""The acceptance scenarios of alerts by their numbers: what people and time do with them."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from inventory.assets import Asset
from tags.reads import Read
from tags.times import SECOND_NS
from tests.scenarios.scene import (
    G1,
    G2,
    HALL,
    LAPTOP,
    LAPTOPS,
    VANS,
    VAULT,
    YARD,
    Scene,
    site,
)

AT_NIGHT = VANS.replace("fence:", "schedule: night, fence:")


def _clock(*moment: int, zone: str = "Europe/Berlin") -> int:
    year, month, day, hour = moment
    return round(datetime(year, month, day, hour, tzinfo=ZoneInfo(zone)).timestamp()) * SECOND_NS


def test_14_who_is_outside_when_the_night_begins_is_told_then_and_over_in_the_morning() -> None:
    scene = Scene(site(AT_NIGHT, timezone="Europe/Berlin"), t0_ns=_clock(2026, 9, 21, 16))
    for hour_s in range(3600, 16 * 3600, 600):
        scene.fix(hour_s, 150)
    scene.wait_until(16 * 3600)
    assert scene.story == ["raised", "returned"]
    raised, returned = scene.changes
    assert scene.seconds(raised.at_ns) == 2 * 3600
    assert (raised.alert.cause, raised.alert.outside_now) == ("schedule", True)
    assert scene.seconds(returned.at_ns) == pytest.approx(14 * 3600, abs=3)


@pytest.mark.parametrize("evening", [(2026, 3, 28, 12), (2026, 10, 24, 12)])
def test_14_on_a_night_when_the_clock_changes_it_opens_and_shuts_once(
    evening: tuple[int, int, int, int],
) -> None:
    scene = Scene(site(AT_NIGHT, timezone="Europe/Berlin"), t0_ns=_clock(*evening))
    for hour_s in range(0, 22 * 3600, 900):
        scene.fix(hour_s, 150)
    scene.wait_until(22 * 3600)
    assert scene.story == ["raised", "returned"]
    local = [
        datetime.fromtimestamp(change.at_ns // SECOND_NS, ZoneInfo("Europe/Berlin")).hour
        for change in scene.changes
    ]
    assert local == [18, 6]


def test_14_an_exit_in_the_last_moment_of_the_window_still_counts() -> None:
    laptops = LAPTOPS.replace("fence:", "schedule: night, confirm_s: 0, fence:")
    scene = Scene(site(laptops), t0_ns=_clock(2026, 9, 22, 5, zone="UTC"))
    scene.stay(3590, 3599, HALL)
    scene.read(3599.9, YARD, arrival_s=3600.5)
    scene.read(3600.2, YARD, arrival_s=3600.6)
    scene.wait_until(3700)
    assert scene.story in (["raised", "returned"], [])
    if scene.raised:
        assert scene.seconds(scene.raised[0].time_ns) < 3600


def test_15_an_authorised_exit_is_an_event_and_what_stays_out_is_overdue() -> None:
    scene = Scene(site(LAPTOPS))
    scene.check_out(0, 10, 100, grace_s=10)
    scene.stay(1, 19, HALL)
    scene.read(20, G1)
    scene.wait_until(100)
    assert scene.story == []
    assert [event.kind for event in scene.events] == ["authorised_exit"]
    scene.read(105, G1)
    scene.wait_until(125)
    assert scene.story == ["raised"]
    assert (scene.alert.kind, scene.alert.asset) == ("overdue", "laptop")
    assert scene.seconds(scene.alert.decided_ns) == pytest.approx(110, abs=3)
    assert scene.deliveries[0][0] == "guards"
    scene.stay(130, 150, HALL)
    scene.wait_until(170)
    assert scene.story == ["raised", "returned"]
    assert [event.kind for event in scene.events] == ["authorised_exit", "authorised_return"]


def test_15_an_exit_before_the_window_is_an_alert() -> None:
    scene = Scene(site(LAPTOPS))
    scene.check_out(0, 10, 100, grace_s=10)
    scene.stay(0, 4, HALL)
    scene.read(5, G1)
    scene.wait_until(9)
    assert [alert.rule for alert in scene.raised] == ["laptops stay in"]


def test_15_the_wrong_gate_is_an_alert() -> None:
    scene = Scene(site(LAPTOPS))
    scene.check_out(0, 10, 100, gates=("G1",))
    scene.stay(1, 19, HALL)
    scene.read(20, G2)
    assert [alert.rule for alert in scene.raised] == ["laptops stay in"]
    assert scene.state == "active_unacknowledged"


def test_15_what_is_revoked_while_it_is_outside_is_an_alert_at_once() -> None:
    scene = Scene(site(LAPTOPS))
    scene.check_out(0, 10, 1000)
    scene.stay(1, 19, HALL)
    scene.read(20, G1)
    scene.wait_until(30)
    assert scene.story == []
    scene.revoke(31)
    assert scene.story == ["raised"]
    assert (scene.alert.rule, scene.alert.cause) == ("laptops stay in", "custody")
    assert scene.seconds(scene.changes[0].at_ns) == 31


def test_15_a_check_out_that_is_made_afterwards_suppresses_the_alert() -> None:
    scene = Scene(site(LAPTOPS))
    scene.stay(1, 5, HALL)
    scene.read(6, G1)
    scene.check_out(20, 19, 1000)
    assert scene.story == ["raised", "suppressed"]
    assert scene.alert.suppressed_by == "checkout:out-1"


STEPS = LAPTOPS.replace(
    "notify: [guards]",
    "notify: [guards], escalate: [{after_s: 30}, {after_s: 120, notify: [chief]}]",
)


def _escalated(scene: Scene) -> list[tuple[str, float]]:
    return [(name, at_s) for name, what, at_s in scene.deliveries if what == "escalated"]


def _raised_at_13() -> Scene:
    scene = Scene(site(STEPS))
    scene.stay(0, 12, HALL)
    scene.read(13, G1)
    assert scene.seconds(scene.alert.decided_ns) == 13
    return scene


def test_16_nobody_who_acknowledges_is_called_again() -> None:
    scene = _raised_at_13()
    scene.acknowledge(20)
    scene.wait_until(400)
    assert _escalated(scene) == []


def test_16_without_an_acknowledgement_each_step_comes_once() -> None:
    scene = _raised_at_13()
    scene.wait_until(400)
    assert _escalated(scene) == [("guards", 43), ("chief", 133)]
    assert scene.alert.escalations == 2


def test_16_an_acknowledgement_after_the_first_step_stops_the_second() -> None:
    scene = _raised_at_13()
    scene.wait_until(60)
    scene.acknowledge(61)
    scene.wait_until(400)
    assert _escalated(scene) == [("guards", 43)]


def test_17_a_shelved_rule_records_and_tells_once_its_time_is_over() -> None:
    scene = Scene(site(LAPTOPS))
    scene.read(0, HALL)
    scene.shelve_rule(5, 605, "laptops stay in")
    scene.read(10, G1)
    assert scene.state == "shelved"
    scene.wait_until(604)
    assert scene.deliveries == []
    scene.wait_until(700)
    assert scene.deliveries == [("guards", "raised", 605)]
    assert scene.story == ["raised", "unshelved"]
    assert scene.state == "active_unacknowledged"


def test_17_an_alert_can_be_shelved_and_taken_up_again() -> None:
    scene = Scene(site(STEPS))
    scene.read(0, HALL)
    scene.read(10, G1)
    scene.shelve(12, 500)
    scene.wait_until(300)
    assert [what for _, what, _ in scene.deliveries] == ["raised"]
    scene.unshelve(301)
    assert scene.state == "active_unacknowledged"
    scene.wait_until(320)
    assert [what for _, what, _ in scene.deliveries] == ["raised", "escalated"]
    scene.wait_until(400)
    assert _escalated(scene) == [("guards", 301), ("chief", 391)]


@pytest.mark.parametrize(("until_s", "reason", "field"), [(600, " ", "reason"), (5, "x", "until")])
def test_17_a_shelf_needs_a_reason_and_a_time_to_come(
    until_s: float, reason: str, field: str
) -> None:
    scene = Scene(site(LAPTOPS))
    scene.read(0, HALL)
    scene.read(10, G1)
    outcome = scene.shelve(12, until_s, reason)
    assert outcome is not None
    assert (outcome.refused, outcome.field) == ("invalid", field)
    assert scene.story == ["raised"]


QUICK = VANS.replace("notify:", "confirm_s: 0, clear_confirm_s: 0, latch: false, notify:")


def _swing(scene: Scene, first_s: float, times: int, period_s: float = 40) -> None:
    for turn in range(times):
        start_s = first_s + turn * period_s
        for second in range(int(period_s)):
            scene.fix(start_s + second, 110 if second < period_s / 2 else 50)


def test_18_who_flaps_has_one_alert_that_counts() -> None:
    scene = Scene(site(QUICK))
    scene.fix(0, 50)
    _swing(scene, 1, 1)
    scene.acknowledge(45)
    assert scene.state == "cleared"
    _swing(scene, 50, 1)
    scene.wait_until(95)
    assert len({change.alert.id for change in scene.changes}) == 1
    assert scene.alert.occurrences == 2


def test_18_the_sixth_time_in_an_hour_is_chattering_and_told_once() -> None:
    scene = Scene(site(QUICK))
    scene.fix(0, 50)
    _swing(scene, 1, 8)
    scene.wait_until(400)
    told = [what for _, what, _ in scene.deliveries]
    assert told.count("chattering") == 1
    assert told.count("raised") + told.count("reopened") == 5
    assert told[-1] == "chattering"
    assert scene.alert.occurrences == 8
    assert scene.alert.chattering


def test_19_a_storm_is_recorded_whole_and_told_in_twenty_messages_and_one() -> None:
    things = tuple(
        Asset(id=f"laptop-{n}", category="laptop", tags=(f"{n:04x}",)) for n in range(500)
    )
    scene = Scene(site(LAPTOPS), things)
    scene.hear([Read(f"{n:04x}", *HALL, scene.at(1), scene.at(1), -50.0) for n in range(500)])
    scene.wait_until(5)
    for n in range(500):
        scene.read(10 + n / 50, G1, tag=f"{n:04x}")
    scene.wait_until(60)
    assert len(scene.raised) == 500
    assert len(scene.deliveries) == 20
    assert max(at_s for _, _, at_s in scene.deliveries) < 11
    (notice,) = scene.notices
    assert (notice.kind, notice.count, notice.notify) == ("storm", 480, ("guards",))
    assert notice.subjects[0] == "laptop-20"
    assert scene.seconds(notice.at_ns) < 41


def test_21_the_same_exit_that_comes_twice_a_thousand_times_is_a_thousand_alerts() -> None:
    things = tuple(
        Asset(id=f"laptop-{n}", category="laptop", tags=(f"{n:04x}",)) for n in range(1000)
    )
    scene = Scene(site(LAPTOPS), things)
    for n in range(1000):
        arrival_ns = scene.at(10 + n / 100)
        read = Read(f"{n:04x}", *G1, arrival_ns, arrival_ns, -50.0)
        scene.hear([read, read])
        scene.hear([read])
    scene.wait_until(60)
    assert len(scene.raised) == len({alert.asset for alert in scene.raised}) == 1000
    assert set(scene.story) == {"raised"}


def test_32_shelves_acknowledgements_and_edits_survive_a_restart() -> None:
    scene = Scene(site(STEPS))
    scene.read(0, HALL)
    scene.shelve_rule(1, 605, "laptops stay in", subject="laptop")
    scene.read(10, G1)
    scene.restart(20, 30)
    scene.wait_until(604)
    assert scene.deliveries == []
    scene.restart(604.5, 604.9)
    scene.wait_until(636)
    assert [(what, at_s) for _, what, at_s in scene.deliveries] == [
        ("raised", 605),
        ("escalated", 635),
    ]
    scene.acknowledge(640)
    scene.restart(641, 650)
    scene.wait_until(1000)
    assert scene.state == "active_acknowledged"
    assert len(scene.deliveries) == 3


FORBIDDEN = (
    "  - {name: keep out, kind: forbidden, assets: {category: laptop}, zones: [vault],"
    " notify: [guards]}"
)


def test_one_good_read_in_a_forbidden_zone_is_told_at_once() -> None:
    scene = Scene(site(FORBIDDEN))
    scene.read(0, HALL)
    scene.read(10, VAULT)
    assert scene.story == ["raised"]
    assert scene.seconds(scene.changes[0].at_ns) < 10.001


def test_a_zone_that_is_forbidden_for_others_is_an_ordinary_one() -> None:
    scene = Scene(site(FORBIDDEN), (LAPTOP, Asset(id="chair", category="chair", tags=("c3",))))
    scene.stay(0, 3, HALL, tag="c3")
    scene.read(10, VAULT, tag="c3")
    assert [movement.to_zone for movement in scene.movements] == ["hall"]
    scene.stay(10.25, 13, VAULT, tag="c3")
    scene.wait_until(20)
    assert scene.story == []


def test_a_drill_marks_every_alert_of_its_span_all_the_way() -> None:
    scene = Scene(site(LAPTOPS))
    scene.drill(1, 100)
    scene.read(0, HALL, arrival_s=2)
    scene.read(10, G1)
    assert scene.alert.test
    scene.stay(120, 140, HALL)
    scene.wait_until(160)
    assert [change.alert.test for change in scene.changes] == [True, True]
    scene.acknowledge(165)
    scene.reset(166)
    scene.read(170, G1)
    assert not scene.alert.test


OUT_OF_SERVICE = LAPTOPS.replace("notify:", "out_of_service: gate is rebuilt, notify:")


def test_a_rule_that_is_out_of_service_records_and_tells_nobody() -> None:
    scene = Scene(site(OUT_OF_SERVICE))
    scene.read(0, HALL)
    scene.read(10, G1)
    assert (scene.state, scene.deliveries) == ("out_of_service", [])
    scene.edit(20, site(LAPTOPS), "v2")
    assert scene.story == ["raised", "in_service"]
    assert scene.deliveries == [("guards", "raised", 20)]


@pytest.mark.parametrize(("late", "told"), [("notify", 1), ("record", 0), ("digest", 0)])
def test_a_late_exit_is_told_as_its_rule_says(late: str, told: int) -> None:
    scene = Scene(site(LAPTOPS.replace("notify:", f"late: {late}, notify:")))
    scene.stay(3490, 3500, HALL)
    for seconds in (10, 13):
        scene.read(seconds, G1, arrival_s=3600)
    scene.wait_until(5000)
    assert len(scene.raised) == 1
    assert len(scene.deliveries) == told
    assert [notice.kind for notice in scene.notices] == (["digest"] if late == "digest" else [])
