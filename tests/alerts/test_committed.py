"""After a restart the alerts that were committed are the truth."""

import msgspec
import pytest

from alerts.alert import Alert
from alerts.lifecycle import alert_id
from alerts.settings import AssetSelector
from inventory.assets import Asset
from tests.alerts.made import END_S, LAPTOP, RULE, Bench, rule


def committed(*, episodes: int = 1) -> Alert:
    """The open alert of another bench on which the asset left `episodes` times."""
    bench = Bench(rule(clear_confirm_s=0))
    for number in range(episodes):
        bench.rush("a1", "gate", 10.0 + 20 * number)
        if number + 1 < episodes:
            bench.move("a1", "hall", 20.0 + 20 * number)
            bench.acknowledge()
            bench.reset()
    return bench.alert


def test_what_agrees_is_left_alone() -> None:
    bench = Bench()
    bench.rush("a1", "gate", 10.0)
    before = msgspec.msgpack.encode(bench.judge.state)
    assert bench.judge.adopt_open([bench.alert]) == []
    assert msgspec.msgpack.encode(bench.judge.state) == before


def test_an_alert_that_was_not_known_is_known_then() -> None:
    bench = Bench()
    alert = committed()
    assert bench.judge.adopt_open([alert]) == [alert.id]
    bench.rush("a1", "dock", 50.0)
    assert bench.changes == []
    assert bench.acknowledge(alert=alert.id).refused is None
    assert bench.alert.transitions == 2


def test_an_alert_that_was_not_committed_is_forgotten() -> None:
    bench = Bench()
    bench.rush("a1", "gate", 10.0)
    alert = bench.alert
    assert bench.judge.adopt_open([]) == [alert.id]
    assert bench.acknowledge(alert=alert.id).refused == "unknown"


def test_an_alert_that_differs_is_named_once_and_taken_as_committed() -> None:
    bench = Bench()
    bench.rush("a1", "gate", 10.0)
    other = msgspec.structs.replace(bench.alert, condition="returned", transitions=2)
    assert bench.judge.adopt_open([other]) == [other.id]
    bench.rush("a1", "dock", 50.0)
    assert (bench.transitions, bench.alert.transitions) == (["raised", "reopened"], 3)


def test_the_next_episode_has_an_id_that_nothing_committed_has() -> None:
    bench = Bench(rule(clear_confirm_s=0))
    alert = committed(episodes=3)
    assert alert.id == alert_id(RULE, LAPTOP.id, "gate", 3)
    bench.judge.adopt_open([alert])
    bench.move("a1", "hall", 100.0)
    bench.acknowledge(alert=alert.id)
    bench.reset(alert=alert.id)
    bench.rush("a1", "gate", 200.0)
    assert bench.alert.id == alert_id(RULE, LAPTOP.id, "gate", 4)


def test_an_id_that_tells_nothing_counts_as_one_episode() -> None:
    bench = Bench()
    bench.judge.adopt_open([msgspec.structs.replace(committed(), id="made by hand")])
    assert [case.episodes for case in bench.judge.state.cases.values()] == [1]


@pytest.mark.parametrize("asset_id", ["laptop-1", "tag:d4", "asset:x"])
def test_the_subject_of_a_committed_alert_is_found_again(asset_id: str) -> None:
    everything = rule(assets=AssetSelector(tag="*"))
    bench = Bench(everything, assets=(Asset(id=asset_id, tags=("a1",)),))
    bench.rush("a1", "gate", 10.0)
    bench.rush("d4", "gate", 10.0)
    alerts = [change.alert for change in bench.changes]
    assert bench.judge.adopt_open(alerts) == []


# What is pending


def test_what_is_pending_is_not_raised_again_over_an_alert_that_was_committed() -> None:
    bench = Bench()
    bench.move("a1", "yard", 10.0)
    bench.judge.adopt_open([committed()])
    bench.wait_until(END_S)
    assert bench.changes == []


def test_what_is_pending_reopens_a_committed_alert_that_had_returned() -> None:
    bench = Bench()
    bench.move("a1", "yard", 10.0)
    bench.judge.adopt_open([msgspec.structs.replace(committed(), condition="returned")])
    bench.wait_until(END_S)
    assert bench.transitions == ["reopened"]


def test_a_pending_return_of_a_committed_alert_goes_on() -> None:
    bench = Bench()
    bench.rush("a1", "gate", 10.0)
    bench.move("a1", "hall", 20.0)
    bench.judge.adopt_open([msgspec.structs.replace(bench.alert, severity="info")])
    bench.wait_until(END_S)
    assert bench.transitions == ["raised", "returned"]


def test_a_return_that_became_pointless_hides_no_exit() -> None:
    bench = Bench()
    bench.rush("a1", "gate", 10.0)
    bench.move("a1", "hall", 20.0)
    bench.judge.adopt_open([])
    bench.move("a1", "yard", 22.0)
    bench.wait_until(END_S)
    assert bench.transitions == ["raised", "raised"]
    assert bench.alert.to_zone == "yard"
