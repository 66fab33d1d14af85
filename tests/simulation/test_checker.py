"""The checker finds what is wrong: each story was true before something was done to it."""

from collections.abc import Callable
from functools import cache

import msgspec
import pytest

from alerts.alert import AlertChange
from simulators.facility_day import FacilityDay
from tests.simulation.checker import check
from tests.simulation.site_text import EXIT_RULE
from tests.simulation.stage import Stage, Story
from tests.simulation.test_facility_day import CALM

Tamper = Callable[[list[AlertChange], int], None]


@cache
def true_story() -> tuple[FacilityDay, Story]:
    day = FacilityDay(6, CALM)
    *_, story = Stage(day).run()
    return day, story


def first_raise(changes: list[AlertChange]) -> int:
    return next(
        n
        for n, change in enumerate(changes)
        if change.alert.rule == EXIT_RULE and change.transition == "raised"
    )


def with_alert(change: AlertChange, **facts: object) -> AlertChange:
    alert = msgspec.structs.replace(change.alert, **facts)
    return msgspec.structs.replace(change, alert=alert)


def dropped(changes: list[AlertChange], n: int) -> None:
    lost = changes[n].alert.id
    changes[:] = [change for change in changes if change.alert.id != lost]


def doubled(changes: list[AlertChange], n: int) -> None:
    changes.insert(n + 1, changes[n])


def doubled_under_another_id(changes: list[AlertChange], n: int) -> None:
    changes.insert(n + 1, with_alert(changes[n], id="another"))


def of_somebody_inside(changes: list[AlertChange], n: int) -> None:
    changes.insert(n + 1, with_alert(changes[n], id="another", asset="goods-00000"))


def of_another_door(changes: list[AlertChange], n: int) -> None:
    changes[n] = with_alert(changes[n], portal="door-9", to_zone=None)


def at_another_time(changes: list[AlertChange], n: int) -> None:
    changes[n] = with_alert(changes[n], time_ns=changes[n].alert.time_ns + 20_000_000_000)


def much_later(changes: list[AlertChange], n: int) -> None:
    changes[n] = msgspec.structs.replace(changes[n], at_ns=changes[n].at_ns + 60_000_000_000)


def over_at_once(changes: list[AlertChange], n: int) -> None:
    changes[n] = with_alert(changes[n], condition="returned")


def acknowledged_after_it_was_closed(changes: list[AlertChange], n: int) -> None:
    closed = with_alert(changes[n], cleared=True, transitions=900)
    again = with_alert(changes[n], transitions=901)
    changes.append(msgspec.structs.replace(closed, transition="cleared"))
    changes.append(msgspec.structs.replace(again, transition="acknowledged"))


def a_zone_blind_for_no_reason(changes: list[AlertChange], n: int) -> None:
    blind = with_alert(changes[n], rule="system: blind", id="blind", to_zone="lab", portal=None)
    changes.insert(n + 1, blind)


@pytest.mark.parametrize(
    ("tamper", "complaint"),
    [
        (dropped, "no alert"),
        (doubled, "2 alerts"),
        (doubled_under_another_id, "two open alerts"),
        (of_somebody_inside, "false alert"),
        (of_another_door, "names another place"),
        (at_another_time, "says"),
        (much_later, "known only at"),
        (over_at_once, "returned, but out"),
        (acknowledged_after_it_was_closed, "it was closed before"),
        (a_zone_blind_for_no_reason, "without a cause"),
    ],
)
def test_the_checker_complains_of_an_alert_that_is(tamper: Tamper, complaint: str) -> None:
    day, story = true_story()
    story = msgspec_copy(story)
    tamper(story.changes, first_raise(story.changes))
    complaints = check(day, story).complaints
    assert any(complaint in each for each in complaints), complaints


def test_the_checker_has_nothing_to_say_against_what_is_true() -> None:
    assert check(*true_story()).complaints == []


def msgspec_copy(story: Story) -> Story:
    """The same story, of which the steps can be changed."""
    return Story(list(story.changes), story.events, story.departures)
