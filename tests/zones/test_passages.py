"""Passages of tags through gates: what is told, when, and how often."""

from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.zones.made import seconds_of
from tests.zones.walked import (
    LAST_S,
    Watched,
    across,
    back,
    beside,
    delayed,
    gate_plan,
    out,
    plain,
    portal,
    told_of,
    turned,
    upload,
    walk,
)
from zones.floorplan import ReadPoint
from zones.gates import SIGHTS_MAX, PortalState
from zones.movements import Crossing
from zones.passages import Passages


def test_a_crossing_is_told_one_second_after_the_last_read_and_not_before() -> None:
    watched = Watched()
    watched.hear(walk(out))
    watched.wait_until(LAST_S + 0.999)
    assert watched.told == []
    watched.wait_until(LAST_S + 1)
    (crossing,) = watched.told
    assert (crossing.portal, crossing.tag, crossing.direction) == ("gate", "a", "outbound")
    assert not crossing.late
    assert seconds_of(crossing.time_ns) == pytest.approx(3, abs=0.2)
    assert seconds_of(crossing.decided_ns) == pytest.approx(LAST_S + 1)


def test_the_evidence_is_named_by_read_point() -> None:
    (crossing,) = told_of(walk(out))
    assert [(each.reader, each.antenna, each.count) for each in crossing.heard] == [
        ("r", 1, 60),
        ("r", 4, 60),
        ("r", 2, 60),
        ("r", 3, 60),
    ]


def test_out_and_in_again_are_two_crossings() -> None:
    told = told_of([*walk(out), *walk(back, start_s=20)])
    assert [each.direction for each in told] == ["outbound", "inbound"]
    assert len({each.id for each in told}) == 2


def test_who_turns_back_in_the_gate_did_not_cross() -> None:
    for reads in (walk(turned), plain(walk(turned))):
        assert {each.direction for each in told_of(reads)} <= {"unknown", "lingering"}


def test_two_tags_at_once_go_their_own_ways() -> None:
    told = told_of([*walk(out, tag="a"), *walk(back, tag="b")])
    assert [(each.tag, each.direction) for each in told] == [("a", "outbound"), ("b", "inbound")]


def test_a_read_point_of_two_gates_serves_both() -> None:
    reversed_sides = {"inside": ["r/2", "r/3"], "outside": ["r/1", "r/4"]}
    watched = Watched(gate_plan(portal(), portal("other", **reversed_sides)))
    watched.hear(walk(out))
    watched.wait_until(100)
    told = [(each.portal, each.direction) for each in watched.told]
    assert told == [("gate", "outbound"), ("other", "inbound")]


def test_a_passage_is_told_in_time_though_the_next_one_has_begun() -> None:
    watched = Watched()
    watched.hear([*walk(out), *walk(back, start_s=LAST_S + 0.9)])
    watched.wait_until(100)
    assert watched.directions == ["outbound", "inbound"]
    assert seconds_of(watched.told[0].decided_ns) == pytest.approx(LAST_S + 1)
    early = Watched()
    early.hear([*walk(out), *walk(back, start_s=LAST_S + 0.9, seconds=0.2)])
    assert early.directions == ["outbound"]


def test_who_cannot_be_made_out_is_told_once() -> None:
    reads = plain([*walk(beside, seconds=2), *walk(beside, start_s=8, seconds=2)])
    (crossing,) = told_of(reads)
    assert crossing.direction == "unknown"
    assert crossing.lean in {"outbound", "inbound"}


# What says nothing


def test_reads_of_one_side_only_tell_nothing() -> None:
    watched = Watched()
    watched.hear([each for each in walk(beside, seconds=20) if each.antenna == 1])
    watched.wait_until(100)
    assert watched.told == []


def test_a_gate_that_is_not_in_the_plan_is_no_gate() -> None:
    watched = Watched()
    watched.passages.take(walk(out)[0], 0, ReadPoint(("r", 1), portals=("elsewhere",)))
    assert watched.passages.next_ns() is None


# Order, groups, repetition

WALKS = [*walk(out), *walk(back, start_s=10, tag="b"), *walk(beside, start_s=12, tag="c")]
REFERENCE = told_of(WALKS)


def facts(told: list[Crossing]) -> list[Crossing]:
    return sorted(told, key=lambda each: (each.tag, each.time_ns))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from([0.0, 0.03, 0.11, 0.24]), min_size=1, max_size=50))
def test_the_order_of_arrival_changes_nothing(delays_s: list[float]) -> None:
    assert facts(told_of(delayed(WALKS, delays_s))) == facts(REFERENCE)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000))
def test_repeated_reads_change_nothing(seed: int) -> None:
    again = Random(seed).sample(WALKS, 100)
    told = told_of(sorted([*WALKS, *again], key=lambda each: each.arrival_ns))
    assert [(each.id, each.direction) for each in facts(told)] == [
        (each.id, each.direction) for each in facts(REFERENCE)
    ]


@settings(max_examples=10, deadline=None)
@given(st.floats(0.01, 3.0))
def test_how_often_it_is_asked_what_is_due_changes_nothing(step_s: float) -> None:
    watched, asked_s = Watched(), 0.0
    for each in sorted(WALKS, key=lambda read: read.arrival_ns):
        while asked_s < seconds_of(each.arrival_ns):
            watched.wait_until(asked_s)
            asked_s += step_s
        watched.hear([each])
    watched.wait_until(1000)
    assert facts(watched.told) == facts(REFERENCE)


def test_time_that_runs_backwards_is_put_in_order() -> None:
    assert facts(told_of(upload(reversed(walk(out)), arrival_s=7))) == [
        replace(each, late=False) for each in facts(told_of(upload(walk(out), arrival_s=7)))
    ]


def test_a_read_that_comes_after_its_passage_was_told_changes_nothing() -> None:
    watched = Watched()
    reads = walk(out)
    straggler = reads.pop(100)
    watched.hear(reads)
    watched.wait_until(10)
    watched.hear([replace(straggler, arrival_ns=straggler.arrival_ns + 20 * 10**9)])
    watched.wait_until(100)
    assert watched.directions == ["outbound"]
    assert watched.passages.dropped == {("r", "portal_late"): 1}


# What a reader kept back


def test_an_upload_of_the_past_is_told_late_at_its_true_time_and_once() -> None:
    watched = Watched()
    watched.hear(upload(walk(out), arrival_s=3600))
    watched.wait_until(3700)
    watched.hear(upload(walk(out), arrival_s=3800))
    watched.wait_until(3900)
    (crossing,) = watched.told
    assert crossing.late
    assert crossing.direction == "outbound"
    assert seconds_of(crossing.time_ns) == pytest.approx(3, abs=0.2)
    assert watched.passages.dropped == {("r", "portal_late"): 240}


def test_an_upload_holds_as_many_passages_as_happened() -> None:
    watched = Watched()
    watched.hear(upload([*walk(out), *walk(back, start_s=600)], arrival_s=3600))
    watched.wait_until(3700)
    assert watched.directions == ["outbound", "inbound"]


def test_an_upload_from_before_what_is_known_is_told_too() -> None:
    watched = Watched()
    watched.hear(walk(back, start_s=1000))
    watched.hear(upload(walk(out), arrival_s=1100))
    watched.wait_until(1200)
    assert [(each.direction, each.late) for each in watched.told] == [
        ("inbound", False),
        ("outbound", True),
    ]


def test_what_is_older_than_all_that_is_known_of_a_busy_tag_is_not_told() -> None:
    watched = Watched()
    for n in range(8):
        watched.hear(walk(out, start_s=1000.0 + 20 * n, seconds=2))
    watched.wait_until(1190)
    told = len(watched.told)
    watched.hear(upload(walk(out, seconds=2), arrival_s=1200))
    watched.wait_until(1300)
    assert len(watched.told) == told
    assert watched.passages.dropped == {("r", "portal_late"): 80}


def test_a_tag_that_comes_back_when_it_was_nearly_forgotten_is_judged() -> None:
    watched = Watched()
    watched.hear([*walk(out), *walk(back, start_s=LAST_S + 299.9)])
    watched.wait_until(LAST_S + 400)
    assert watched.directions == ["outbound", "inbound"]


# State


def test_the_state_is_plain_and_what_follows_from_it_is_the_same() -> None:
    first = Watched()
    first.hear(walk(out)[:100])
    state = msgspec.msgpack.decode(msgspec.msgpack.encode(first.state), type=PortalState)
    second = Watched(state=state)
    second.hear(walk(out)[100:])
    second.wait_until(100)
    assert second.told == told_of(walk(out))


def test_gates_that_are_gone_or_changed_sides_are_forgotten() -> None:
    other = {"inside": ["r/1"], "outside": ["r/2"]}
    watched = Watched(gate_plan(portal("kept"), portal("gone"), portal("changed")))
    watched.hear(walk(out)[:100])
    watched.passages.follow(
        gate_plan(portal("kept", linger_s=20), portal("changed", **other)).portals
    )
    assert list(watched.state) == ["kept"]
    watched.wait_until(100)
    assert {each.portal for each in watched.told} <= {"kept"}


def test_what_is_over_is_forgotten_in_the_end() -> None:
    watched = Watched()
    watched.hear(walk(out))
    watched.wait_until(1000)
    assert watched.state == {"gate": {}}
    assert watched.passages.next_ns() is None


def test_a_tag_that_is_read_all_the_time_takes_no_more_than_its_share() -> None:
    watched = Watched(gate_plan(portal(linger_s=600)))
    reads = walk(beside, seconds=120)
    watched.hear(reads)
    assert len(watched.state["gate"]["a"].sights) <= SIGHTS_MAX
    dropped = watched.passages.dropped["r", "portal_reads_max"]
    assert dropped + len(watched.state["gate"]["a"].sights) == len(reads)


def test_a_tag_that_stays_for_long_takes_no_more_than_what_is_looked_back_to() -> None:
    watched = Watched()
    hall = [each for each in walk(beside, seconds=600) if each.antenna == 1]
    watched.hear(hall)
    assert len(watched.state["gate"]["a"].sights) <= 300
    # What nobody looks back to is not missed.
    assert watched.passages.dropped == {}


def test_what_is_forgotten_of_a_stay_takes_no_part_of_an_upload_with_it() -> None:
    watched = Watched()
    stay = walk(beside, start_s=1000, seconds=600)
    watched.hear([*stay[:12_000], *upload(walk(out), arrival_s=1300.01), *stay[12_000:]])
    watched.wait_until(2000)
    assert sorted(watched.directions) == ["lingering", "outbound"]


def test_thinned_reads_still_tell_the_way() -> None:
    told = told_of(
        [
            replace(each, time_ns=each.time_ns + n)
            for each in walk(out, seconds=12)
            for n in range(4)
        ]
    )
    assert [each.direction for each in told] == ["outbound"]


def test_tags_beyond_the_limit_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zones.passages.TAGS_MAX", 1)
    watched = Watched()
    watched.hear([*walk(out), *walk(out, tag="b")])
    watched.wait_until(100)
    assert [each.tag for each in watched.told] == ["a"]
    assert watched.passages.dropped == {("r", "portal_tags_max"): 240}


def test_a_thousand_tags_at_once_are_told_one_by_one() -> None:
    passages_of = {f"{n:04}": walk(across, seconds=2, tag=f"{n:04}")[::3] for n in range(1000)}
    watched = Watched()
    watched.hear([each for reads in passages_of.values() for each in reads])
    assert len(watched.passages._queue) == 1000
    watched.wait_until(100)
    assert [each.tag for each in watched.told] == sorted(passages_of)
    assert {each.direction for each in watched.told} == {"outbound"}


def test_passages_need_no_portals() -> None:
    assert Passages({}, {}).next_ns() is None
