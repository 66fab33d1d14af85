"""Where check-outs, schedules, renamed zones and restarts meet alerts that are open."""

from datetime import UTC, datetime

import pytest

from alerts.alert import AlertChange
from gateway.entries import ReadGroup, Tick
from tags.reads import Read
from tags.times import SECOND_NS
from tests.scenarios.scene import G1, HALL, LAPTOPS, VAULT, Scene, site

STEPS = LAPTOPS.replace(
    "notify: [guards]",
    "notify: [guards], escalate: [{after_s: 30}, {after_s: 120, notify: [chief]}]",
)
SIX_IN_THE_EVENING_NS = round(datetime(2026, 9, 22, 17, 59, tzinfo=UTC).timestamp()) * SECOND_NS


def test_a_check_out_that_was_made_afterwards_pardons_no_longer_than_it_holds() -> None:
    scene = Scene(site(LAPTOPS))
    scene.stay(1, 5, HALL)
    scene.shelve_rule(5, 15, "laptops stay in")
    scene.read(6, G1)
    scene.check_out(10, 9, 100)
    scene.wait_until(90)
    assert (scene.state, scene.deliveries) == ("suppressed", [])
    scene.wait_until(200)
    assert scene.state == "active_unacknowledged"
    assert [what for _, what, _ in scene.deliveries] == ["raised"]


MISSING = (
    "  - {name: all there, kind: missing, assets: {category: laptop}, zones: [hall],"
    " notify: [guards]}"
)


def test_a_renamed_zone_ends_no_suppression_of_what_vanished_from_it() -> None:
    scene = Scene(site(MISSING))
    scene.stay(0, 5, HALL)
    scene.wait_until(310)
    assert scene.story == ["raised"]
    scene.health("r", "offline", 320)
    assert scene.story == ["raised", "suppressed"]
    renamed = site(MISSING).replace("name: hall,", "name: lobby, was: hall,")
    renamed = renamed.replace("[hall]", "[lobby]").replace("zone: hall", "zone: lobby")
    renamed = renamed.replace("parent: hall", "parent: lobby")
    scene.edit(330, renamed, "v2")
    scene.health("s", "offline", 340)
    scene.health("s", "online", 350)
    assert scene.story == ["raised", "suppressed"]


@pytest.mark.parametrize("together", [True, False])
def test_a_window_that_opens_amid_a_group_of_reads_opens_for_the_fast_path(
    *, together: bool
) -> None:
    rule = (
        "  - {name: keep out, kind: forbidden, assets: {category: laptop}, zones: [vault],"
        " schedule: night, notify: [guards]}"
    )
    scene = Scene(site(rule), t0_ns=SIX_IN_THE_EVENING_NS)
    scene.stay(50, 58, HALL)
    reads = [
        Read("a1", *point, scene.at(at_s), scene.at(at_s), -50.0)
        for at_s, point in ((59.0, HALL), (60.5, VAULT))
    ]
    groups = [reads] if together else [[read] for read in reads]
    for number, group in enumerate(groups):
        scene.take(ReadGroup("other", number, group))
    scene.take(Tick(scene.at(60.6)))
    assert [scene.seconds(each.at_ns) for each in scene.changes] == [pytest.approx(60.5, abs=0.01)]


def test_what_is_known_only_after_its_window_is_over_with_it() -> None:
    at_night = LAPTOPS.replace("fence:", "schedule: night, fence:")
    scene = Scene(site(at_night), t0_ns=SIX_IN_THE_EVENING_NS)
    morning_s = 12 * 3600 + 60
    scene.stay(morning_s - 100, morning_s - 90, HALL)
    scene.stay(morning_s + 100, morning_s + 104, G1)
    for seconds in (-20, -19, -18):
        scene.read(morning_s + seconds, G1, arrival_s=morning_s + 200)
    scene.wait_until(morning_s + 400)
    assert [change.alert.late for change in scene.changes] == [True] * len(scene.changes)
    assert scene.alert.condition == "returned"


def test_while_the_gateway_is_down_nobody_is_called_in_vain() -> None:
    scene = Scene(site(STEPS))
    scene.stay(0, 12, HALL)
    scene.read(13, G1)
    scene.restart(20, 1000)
    scene.wait_until(1400)
    told = [(what, at_s) for _, what, at_s in scene.deliveries]
    assert told == [("raised", 13), ("escalated", 1023), ("escalated", 1113)]


def test_the_table_is_what_the_judge_says_after_every_step() -> None:
    scene = Scene(site(STEPS))
    table: dict[str, AlertChange] = {}

    def agree() -> None:
        for change in scene.changes:
            table[change.alert.id] = change
        opened = {each.alert.id: each.alert for each in table.values() if not each.alert.cleared}
        assert scene.pipeline.judge.adopt_open(opened.values()) == []

    scene.stay(0, 5, HALL)
    scene.read(6, G1)
    agree()
    scene.check_out(10, 9, 100)
    agree()
    scene.shelve(20, 300)
    agree()
    scene.restart(30, 40)
    agree()
    scene.revoke(50)
    agree()
    scene.acknowledge(60)
    scene.stay(61, 90, HALL)
    agree()
    scene.restart(250, 310)
    agree()
    scene.reset(320)
    agree()
    assert scene.state == "cleared"


def test_what_was_told_and_pardoned_is_news_once_the_check_out_is_over() -> None:
    scene = Scene(site(LAPTOPS))
    scene.stay(1, 5, HALL)
    scene.read(6, G1)
    scene.check_out(10, 9, 100, return_by_ns=scene.at(150))
    scene.wait_until(145)
    assert scene.state == "suppressed"
    scene.wait_until(200)
    assert [what for _, what, _ in scene.deliveries] == ["raised", "reopened"]


def test_a_pardon_that_is_revoked_while_it_is_outside_is_told_at_once() -> None:
    scene = Scene(site(LAPTOPS))
    scene.stay(1, 5, HALL)
    scene.read(6, G1)
    scene.check_out(10, 9, 100)
    scene.revoke(50)
    assert scene.deliveries[1:] == [("guards", "reopened", 50)]


def test_a_check_out_hides_no_alert_that_was_over_before_it() -> None:
    scene = Scene(site(LAPTOPS))
    scene.stay(1, 5, HALL)
    scene.read(6, G1)
    scene.stay(7, 30, HALL)
    assert scene.state == "returned_unacknowledged"
    scene.check_out(50, 49, 100)
    scene.wait_until(60)
    assert scene.state == "returned_unacknowledged"
