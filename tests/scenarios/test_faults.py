"""The acceptance scenarios of alerts by their numbers: what is wrong with readers and clocks."""

from itertools import pairwise

import pytest

from alerts.alert import AlertChange, state_of
from gateway.entries import ClockOffset, ReadGroup, Tick
from tags.reads import Read
from tags.times import SECOND_NS
from tests.scenarios.scene import G1, HALL, LAPTOPS, Scene, site

AHEAD_S = 3600.0
TAMPER = "  - {name: hands off, kind: tamper, notify: [guards]}"


def read_fast(scene: Scene, seconds: float, point: tuple[str, int]) -> None:
    """A read by a reader whose clock is an hour ahead."""
    scene.read(seconds + AHEAD_S, point, arrival_s=seconds)


def system(scene: Scene, rule: str) -> list[str]:
    changes = [output for output in scene.outputs if isinstance(output, AlertChange)]
    return [change.transition for change in changes if change.alert.rule == rule]


@pytest.mark.parametrize("stated", [True, False])
def test_08_a_clock_that_is_an_hour_ahead_is_told_once_and_nothing_is_in_the_future(
    *, stated: bool
) -> None:
    scene = Scene(site(LAPTOPS))
    scene.read(1, HALL)
    for seconds in (10, 30, 50):
        if stated:
            scene.take(ClockOffset(scene.at(seconds), "r", round(-AHEAD_S * SECOND_NS)))
        for quarter in range(20):
            read_fast(scene, seconds + quarter / 4, HALL)
    scene.wait_until(70)
    assert all(m.time_ns <= m.decided_ns <= scene.at(70) for m in scene.movements)
    assert [m.to_zone for m in scene.movements] == ["hall"]
    read_fast(scene, 80, G1)
    scene.wait_until(200)
    told = [change.alert for change in scene.changes if change.alert.rule == "laptops stay in"]
    assert [alert.late for alert in told] == [False]
    assert scene.seconds(told[0].time_ns) == pytest.approx(80, abs=0.1)
    assert system(scene, "system: clock") == ["raised"]


def test_08_the_clock_alert_is_over_once_the_clock_is_right() -> None:
    scene = Scene(site(LAPTOPS))
    scene.take(ClockOffset(scene.at(5), "r", round(-AHEAD_S * SECOND_NS)))
    scene.wait_until(30)
    scene.take(ClockOffset(scene.at(40), "r", 0))
    scene.wait_until(200)
    assert system(scene, "system: clock") == ["raised", "returned", "cleared"]


def test_a_reader_that_is_cut_off_is_one_tamper_alert_and_nobody_moved() -> None:
    scene = Scene(site(LAPTOPS, TAMPER))
    scene.stay(1, 10, HALL)
    scene.health("r", "offline", 10)
    scene.wait_until(300)
    (tamper,) = [change.alert for change in scene.changes if change.alert.kind == "tamper"]
    assert (tamper.rule, tamper.reader, scene.seconds(tamper.decided_ns)) == ("hands off", "r", 15)
    assert state_of(tamper) == "active_unacknowledged"
    assert system(scene, "laptops stay in") == []
    assert [m.to_zone for m in scene.movements] == ["hall"]


def test_an_unknown_tag_at_an_exit_is_an_event_unless_the_site_wants_an_alert() -> None:
    for wanted, outcome in (("record", (1, 0)), ("alert", (0, 1)), ("ignore", (0, 0))):
        scene = Scene(site(LAPTOPS, system=f"{{unknown_tags: {wanted}, notify: [guards]}}"))
        scene.stay(1, 3, HALL, tag="e280")
        scene.stay(3, 6, G1, tag="e280")
        scene.wait_until(30)
        raised = system(scene, "system: stranger").count("raised")
        assert (len(scene.events), raised) == outcome


def test_reads_in_any_grouping_tell_of_the_same_stranger() -> None:
    stories = []
    for size in (1, 7, 1000):
        scene = Scene(site(LAPTOPS, system="{unknown_tags: alert}"))
        reads = [
            Read("e280", *(HALL if n < 20 else G1), scene.at(1 + n / 4), scene.at(1 + n / 4), -50.0)
            for n in range(40)
        ]
        for number, first in enumerate(range(0, len(reads), size)):
            scene.take(ReadGroup("local", number + 1, reads[first : first + size]))
        scene.take(Tick(scene.at(100)))
        stories.append([(c.transition, c.alert.id, c.at_ns) for c in scene.changes])
    assert all(one == other for one, other in pairwise(stories))
    assert len(stories[0]) == 2
