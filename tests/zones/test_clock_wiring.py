"""A clock that jumps is no movement, and what moves afterwards is told: for Locate as wired."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.zones.made import GATE, HALL, OFFICE, YARD, Stage, every, plan, read
from zones.clock import ClockJump

HOUR_S = 3600.0


def stay(  # noqa: PLR0913, PLR0917 -- what a test says about a stay
    stage: Stage,
    point: tuple[str, int],
    start_s: float,
    end_s: float,
    ahead_s: float = 0.0,
    period_s: float = 0.25,
) -> None:
    times_s = every(period_s, start_s, end_s)
    stage.hear([read("a", point, each + ahead_s, arrival_s=each) for each in times_s])


def jumps(stage: Stage) -> list[tuple[str, int]]:
    decisions = [step.decision for step in stage.steps]
    return [
        (each.reader, round(each.behind_ns / 1e9))
        for each in decisions
        if isinstance(each, ClockJump)
    ]


@pytest.mark.parametrize("ahead_s", [HOUR_S, -HOUR_S, -100 * 86_400.0])
def test_what_moves_after_a_jump_is_told_as_ever(ahead_s: float) -> None:
    stage = Stage(plan(10))
    stay(stage, HALL, 0, 30)
    stay(stage, HALL, 30, 60, ahead_s)
    stay(stage, YARD, 60, 70, ahead_s)
    stay(stage, HALL, 70, 100, ahead_s)
    stay(stage, HALL, 100, 110)
    stage.wait_until(115)
    assert [(move.kind, move.to_zone) for move in stage.moves] == [
        ("arrived", "hall"),
        ("moved", "yard"),
        ("moved", "hall"),
    ]
    assert 60 <= stage.moves[1].time_s <= 63
    assert stage.late_moves == []
    assert jumps(stage) == [("r", round(-ahead_s)), ("r", round(ahead_s))]


def test_what_stands_at_the_exit_has_not_left_a_second_time() -> None:
    stage = Stage()
    stay(stage, GATE, 0, 30)
    stay(stage, GATE, 30, 60, -HOUR_S)
    stage.wait_until(70)
    assert [move.to_zone for move in stage.moves] == ["gate"]
    assert stage.late_moves == []
    assert stage.locate.dropped == {("r", "clock"): 6}


def test_a_late_exit_is_told_before_the_hold_is_over() -> None:
    for arrival_s in (3600.0, 3600.1, 3600.249):
        stage = Stage()
        stay(stage, HALL, 3490, 3600)
        stage.hear([read("a", GATE, 10, arrival_s=arrival_s)])
        stage.wait_until(arrival_s + 2)
        assert [move.time_s for move in stage.late_moves] == [10.0]


def test_a_tag_that_waits_in_doubt_is_present() -> None:
    stage = Stage(plan(1))
    stay(stage, HALL, 0, 30)
    stay(stage, HALL, 30, 60, -HOUR_S)
    stage.wait_until(60.5)
    assert [move.kind for move in stage.moves] == ["arrived"]


def test_the_same_clock_is_told_once_however_many_parts_there_are() -> None:
    stage = Stage()
    stay(stage, HALL, 0, 30)
    stay(stage, HALL, 30, 60, -HOUR_S)
    stage.locate.note_offset("r", round(HOUR_S * 1e9))
    stay(stage, HALL, 60, 90, -HOUR_S)
    assert jumps(stage) == [("r", 3600)]


@given(
    st.sampled_from((HALL, OFFICE, GATE)),
    st.lists(
        st.tuples(
            st.sampled_from((HOUR_S, -HOUR_S, 0.0, 5.0, -5.0, -40.0, -1e7, 1e7)),
            st.floats(2.5, 40),
            st.sampled_from((0.05, 0.1, 0.25, 0.4)),
        ),
        max_size=5,
    ),
)
def test_no_jump_of_a_clock_is_a_move(
    point: tuple[str, int], jumps_of: list[tuple[float, float, float]]
) -> None:
    stage = Stage(plan(10))
    stay(stage, point, 0, 10)
    now_s = 10.0
    for ahead_s, lasts_s, period_s in jumps_of:
        stay(stage, point, now_s, now_s + lasts_s, ahead_s, period_s)
        now_s += lasts_s
    stage.wait_until(now_s + 5)
    assert [move.kind for move in stage.moves] == ["arrived"]
    assert stage.late_moves == []


@given(st.integers(-7200, 7200), st.integers(1, 20))
def test_no_jump_of_the_gateway_is_a_move(ahead_s: int, tags: int) -> None:
    """The pipeline is told that nothing was taken in; readers go on by their own clocks."""
    stage = Stage(plan(10))
    names = [f"{number:02x}" for number in range(tags)]
    stage.hear([read(tag, GATE, n / 4) for n in range(80) for tag in names])
    stage.wait_until(20)
    if ahead_s > 0:
        stage.locate.note_start(0)
        stage.wait_until(20 + ahead_s)
        for name in ("r", "s"):
            stage.note(name, "online", 20 + ahead_s)
    stage.hear(
        [read(tag, GATE, n / 4, arrival_s=n / 4 + ahead_s) for n in range(80, 160) for tag in names]
    )
    stage.wait_until(45 + ahead_s)
    assert [move.kind for move in stage.moves] == ["arrived"] * tags
    assert stage.late_moves == []
