"""Hours of a facility, from a seed, through the real pipeline, before an independent checker."""

import sys
from collections.abc import Iterator

import pytest

from simulators.day_lives import Pace
from simulators.day_troubles import NO_TROUBLE, Odds
from simulators.facility_day import DayPlan, FacilityDay
from tests.simulation.checker import Verdicts, check
from tests.simulation.stage import Stage, Story

BUSY = DayPlan(
    hours=1.0,
    pace=Pace(
        goods=160,
        carts=10,
        badges=10,
        shifts=40.0,
        silences=20.0,
        turns=15.0,
        exits=40.0,
        parties=1.5,
        free_exits=10.0,
        out_s=(120.0, 900.0),
    ),
    odds=Odds(outages=6.0, at_exits=8.0, jumps=5.0, restarts=2.0, slow=4.0, buffered_share=0.5),
)
CALM = DayPlan(hours=1 / 3, pace=BUSY.pace, odds=NO_TROUBLE)
SHORT = DayPlan(hours=1 / 3, pace=BUSY.pace, odds=BUSY.odds)
SOAK_S_MAX = 300.0


def played(day: FacilityDay, **way: int) -> Story:
    """The whole story."""
    *_, story = Stage(day, **way).run()
    return story


def assert_right(day: FacilityDay, story: Story) -> Verdicts:
    verdicts = check(day, story)
    assert not verdicts.complaints, "\n".join([f"seed {day.seed}", *verdicts.complaints])
    return verdicts


@pytest.mark.parametrize("seed", range(1, 6))
def test_each_exit_of_an_hour_full_of_trouble_is_one_alert(seed: int) -> None:
    day = FacilityDay(seed, BUSY)
    verdicts = assert_right(day, played(day))
    assert verdicts.exits["heard"] > 3


def test_without_trouble_every_exit_is_heard() -> None:
    day = FacilityDay(6, CALM)
    verdicts = assert_right(day, played(day))
    assert set(verdicts.exits) <= {"heard", "allowed"}
    assert verdicts.exits["heard"] > 3


def test_the_same_seed_gives_the_same_outputs_to_the_byte() -> None:
    one, other = (played(FacilityDay(7, SHORT)) for _ in range(2))
    assert one.digest == other.digest
    assert one.reads == other.reads


def test_three_parts_of_the_tags_decide_as_one() -> None:
    one, three = (played(FacilityDay(8, SHORT), parts=parts) for parts in (1, 3))
    assert one.digest == three.digest


def test_how_reads_are_grouped_changes_nothing() -> None:
    many, few = (played(FacilityDay(9, SHORT), group_reads=reads) for reads in (1_000, 11))
    assert many.digest == few.digest


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1, 21))
def test_each_exit_of_a_day_with_two_thousand_assets_is_one_alert(
    seed: int, capfd: pytest.CaptureFixture[str]
) -> None:
    day = FacilityDay(seed)
    with capfd.disabled():
        *_, story = told(day, Stage(day).run())
    assert_right(day, story)
    assert story.reads > 16_000_000
    assert story.total_s < SOAK_S_MAX, figures(story)


def told(day: FacilityDay, stories: Iterator[Story]) -> Iterator[Story]:
    """The same, with a line for people that says how far it is."""
    for minute, story in enumerate(stories, start=1):
        yield story
        if minute % 15 == 0 or minute * 60 >= day.until_s:
            sys.stderr.write(
                f"\rseed {day.seed}: {minute // 60:2}:{minute % 60:02} h, {figures(story)} "
            )
            sys.stderr.flush()
    sys.stderr.write("\n")


def figures(story: Story) -> str:
    """How fast it went, and what took the time."""
    share = story.pipeline_s / story.total_s
    return (
        f"{story.reads:,} reads in {story.total_s:.0f} s CPU ({story.reads / story.total_s:,.0f}/s,"
        f" pipeline {share:.0%}), {story.movements:,} movements, {len(story.changes)} alert steps"
    )
