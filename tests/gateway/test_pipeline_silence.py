"""What no day may bring: an exit out of silence, a second alert, a gap in the numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.alert import AlertChange
from gateway.entries import GatewayStarted, Tick
from readers.health import HealthState
from tests.zones.desk import Desk
from tests.zones.made import (
    HALL,
    OFFICE,
    YARD,
    at,
    every,
    health,
)
from tests.zones.stories import Story, new_pipeline, stories

_STATES: tuple[HealthState | None, ...] = (
    None,  # the gateway was down
    "online",
    "offline",
    "silent",
    "connecting",
    "misconfigured",
)
_silence = st.lists(
    st.tuples(
        st.sampled_from((1, 5, 200, 900)),
        st.sampled_from(("r", "s")),
        st.sampled_from(_STATES),
    ),
    max_size=12,
)


@given(_silence)
def test_no_silence_whatever_its_reason_is_an_exit(
    happenings: list[tuple[int, str, HealthState | None]],
) -> None:
    desk = Desk()
    for tag, point in (("a1", HALL), ("b2", OFFICE), ("c3", HALL)):
        desk.stay(tag, point, 0, 1)
    now_s = 10
    for gap_s, name, what in happenings:
        desk.wait_until(now_s)
        now_s += gap_s
        if what is None:
            desk.take(GatewayStarted(at(now_s), at(now_s - gap_s)))
        else:
            desk.take(health(name, what, now_s))
    desk.wait_until(now_s + 100_000)
    assert desk.story == []
    assert [movement.kind for movement in desk.movements] == ["arrived"] * 3


@given(stories())
def test_one_rule_has_at_most_one_open_alert_of_an_asset(story: Story) -> None:
    pipeline = new_pipeline()
    open_alerts: dict[tuple[str, str], str] = {}
    for entry in story.entries():
        for numbered in pipeline.advance([entry]).outputs:
            if not isinstance(numbered.output, AlertChange):
                continue
            alert = numbered.output.alert
            key = (alert.rule, alert.subject)
            raised = numbered.output.transition == "raised"
            assert raised == (key not in open_alerts)
            assert open_alerts.setdefault(key, alert.id) == alert.id
            if alert.cleared:
                del open_alerts[key]


@given(stories())
def test_outputs_are_numbered_without_a_gap(story: Story) -> None:
    pipeline = new_pipeline()
    outputs = [o for entry in story.entries() for o in pipeline.advance([entry]).outputs]
    assert [numbered.seq for numbered in outputs] == list(range(1, len(outputs) + 1))
    assert pipeline.state.seq == len(outputs)


@pytest.mark.parametrize("site", ["no rules", "usual"])
def test_an_idle_pipeline_decides_nothing(site: str) -> None:
    desk = Desk(site)
    for seconds in every(0.25, 1, 60):
        assert desk.pipeline.advance([Tick(at(seconds))]).outputs == []


@pytest.mark.parametrize("down_s", [13.0, 14.0])
def test_silence_while_the_gateway_was_down_confirms_no_exit(down_s: float) -> None:
    desk = Desk()
    desk.stay("a1", HALL, 0, 10)
    desk.stay("a1", YARD, 10, 13)
    desk.take(GatewayStarted(at(3600), at(down_s)))
    desk.stay("a1", HALL, 3600, 3604)
    desk.wait_until(4000)
    assert desk.story == []
    assert [movement.to_zone for movement in desk.movements] == ["hall", "yard", "hall"]
