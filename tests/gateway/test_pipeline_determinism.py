"""The pipeline decides the same however its entries are cut, spread, ordered or interrupted."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.entries import Entry, ReadGroup, Tick
from gateway.pipeline import PipelineState
from history.outputs import Numbered
from tags.reads import Read
from tags.times import MILLISECOND_NS, SECOND_NS
from tests.zones.made import GATE, HALL, OFFICE, T0_NS, YARD
from tests.zones.stories import END_NS, Story, new_pipeline, opening, run, stories, with_ticks
from tests.zones.story_sites import TAGS
from zones.bins import BIN_NS
from zones.movements import Movement
from zones.tracks import HOLD_NS

_shares = st.lists(st.sampled_from((0.0, 0.3, 1.0)), min_size=1, max_size=9)


@given(stories())
def test_how_reads_are_grouped_changes_nothing(story: Story) -> None:
    expected = run(story.entries())
    assert run(story.entries(cut_all=True)) == expected
    assert run(story.entries(cut_all=False)) == expected


@given(stories())
def test_entries_at_once_decide_what_they_decide_one_by_one(story: Story) -> None:
    entries = story.entries()
    assert new_pipeline().advance(entries).outputs == run(entries)


@given(stories(), _shares)
def test_time_that_is_told_more_often_changes_nothing(story: Story, shares: list[float]) -> None:
    entries = story.entries()
    assert run(with_ticks(entries, shares)) == run(entries)


@given(stories(), st.integers(2, 5))
def test_locate_in_parts_decides_what_one_does(story: Story, parts: int) -> None:
    entries = story.entries()
    assert run(entries, parts=parts) == run(entries)


@pytest.mark.parametrize("parts", [1, 2, 3, 7])
def test_exits_are_told_by_tag_after_what_was_held_by_however_many_parts(parts: int) -> None:
    """All at the same instant; what the estimator decides comes first."""
    held = [f"f{number:02x}" for number in reversed(range(20))]
    fast = [f"0{number:02x}" for number in reversed(range(20))]
    at_ns = T0_NS + BIN_NS + HOLD_NS
    groups: list[Entry] = [
        ReadGroup("local", 1, [Read(tag, *HALL, T0_NS, T0_NS, -50.0) for tag in held]),
        ReadGroup("local", 2, [Read(tag, *GATE, at_ns, at_ns, -50.0) for tag in fast]),
    ]
    entries = [*opening(), *groups, Tick(at_ns + 1)]
    decided = [numbered.output for numbered in run(entries, parts=parts)]
    tags = [output.tag for output in decided if isinstance(output, Movement)]
    assert tags == [*sorted(held), *sorted(fast)]


@given(stories(), st.integers(1, 3))
def test_state_that_is_written_down_and_read_back_goes_on_the_same(
    story: Story, parts: int
) -> None:
    entries = story.entries()
    pipeline = new_pipeline(parts)
    outputs: list[Numbered] = []
    for entry in entries:
        outputs += pipeline.advance([entry]).outputs
        blob = msgspec.msgpack.encode(pipeline.state)
        pipeline = new_pipeline(state=msgspec.msgpack.decode(blob, type=PipelineState))
    assert outputs == run(entries)


@given(stories(steady=True), _shares, st.integers(0, 40))
def test_ticks_that_decided_nothing_need_not_be_replayed(
    story: Story, shares: list[float], restart: int
) -> None:
    entries = with_ticks(story.entries(), shares)
    pipeline = new_pipeline()
    expected: list[Numbered] = []
    journal: list[Entry] = []
    for entry in entries[:restart]:
        decided = pipeline.advance([entry]).outputs
        expected += decided
        if decided or not isinstance(entry, Tick):
            journal.append(entry)
    for entry in entries[restart:]:
        expected += pipeline.advance([entry]).outputs
    assert run(journal + entries[restart:]) == expected


@given(stories(), st.lists(st.booleans(), min_size=1, max_size=9))
def test_a_group_that_is_sent_again_counts_once(story: Story, again: list[bool]) -> None:
    entries = story.entries()
    repeated: list[Entry] = []
    for number, entry in enumerate(entries):
        repeated.append(entry)
        if isinstance(entry, ReadGroup) and again[number % len(again)]:
            repeated.append(ReadGroup(entry.source, entry.seq, list(entry.reads)))
    assert run(repeated) == run(entries)


def test_groups_of_different_sources_are_numbered_apart() -> None:
    one = Read("a1", *HALL, T0_NS, T0_NS)
    two = Read("b2", *HALL, T0_NS, T0_NS)
    groups = [ReadGroup("left", 7, [one]), ReadGroup("right", 3, [two])]
    decided = run([*opening(), *groups, Tick(T0_NS + END_NS)])
    arrived = [o.output.tag for o in decided if isinstance(o.output, Movement)]
    assert sorted({*arrived}) == ["a1", "b2"]


# The order of arrival

_held_read = st.tuples(
    st.sampled_from(TAGS),
    st.sampled_from((HALL, OFFICE, YARD)),
    st.integers(0, 80),
    st.sampled_from((-50.0, -52.0, -57.5, None)),
)
_delays_ns = st.sampled_from((0, 1, 250 * MILLISECOND_NS, SECOND_NS, HOLD_NS - 1, HOLD_NS))
_STEP_NS = 125 * MILLISECOND_NS


def _arriving(
    reads: list[tuple[str, tuple[str, int], int, float | None]],
    delays_ns: list[int],
) -> list[Entry]:
    made = [
        Read(
            tag,
            *point,
            T0_NS + step * _STEP_NS,
            T0_NS + step * _STEP_NS + delays_ns[number % len(delays_ns)],
            rssi_dbm,
        )
        for number, (tag, point, step, rssi_dbm) in enumerate(reads)
    ]
    made.sort(key=lambda read: read.arrival_ns)
    groups: list[Entry] = [ReadGroup("local", n, [each]) for n, each in enumerate(made, 1)]
    return [*opening("held"), *groups, Tick(T0_NS + END_NS)]


@given(
    st.lists(_held_read, max_size=40),
    st.lists(_delays_ns, min_size=1, max_size=20),
    st.lists(_delays_ns, min_size=1, max_size=20),
)
def test_the_order_of_arrival_within_the_hold_changes_nothing(
    reads: list[tuple[str, tuple[str, int], int, float | None]],
    delays_ns: list[int],
    others_ns: list[int],
) -> None:
    assert run(_arriving(reads, delays_ns)) == run(_arriving(reads, others_ns))


# The seed of hashes

_SCENARIO = """
import sys
import msgspec
from tests.zones.scenario import decided
sys.stdout.buffer.write(msgspec.msgpack.encode(decided()))
"""


def _bytes_decided(seed: str, root: Path) -> bytes:
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)}
    ran = subprocess.run(
        [sys.executable, "-c", _SCENARIO], capture_output=True, check=True, env=environment
    )
    return ran.stdout


def test_the_seed_of_hashes_changes_no_byte(root: Path) -> None:
    first, second = (_bytes_decided(seed, root) for seed in ("1", "4242"))
    assert len(first) > 10_000
    assert first == second
