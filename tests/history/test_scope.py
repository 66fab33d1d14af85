"""Walking over what was heard, oldest first, and knowing beforehand how much it is."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from history.data_quality import findings_in
from history.sightings import SLOT_S, Scope, SightingBatch, fold_sightings
from history.sqlite_sightings import SqliteSightings
from tags.reads import Read
from tags.times import SECOND_NS
from zones.floorplan import FloorPlan

MIDNIGHT_S = 1_799_971_200
TAGS = ("aa", "bb", "cc")


def read(seconds: float, tag: str = "aa", reader: str = "dock", antenna: int = 1) -> Read:
    time_ns = MIDNIGHT_S * SECOND_NS + round(seconds * SECOND_NS)
    return Read(tag, reader, antenna, time_ns, time_ns, -50.0)


def scope(
    since_s: float, until_s: float, readers: tuple[str, ...] | None = None, tag: str | None = None
) -> Scope:
    since_ns, until_ns = (MIDNIGHT_S * SECOND_NS + round(s * SECOND_NS) for s in (since_s, until_s))
    return Scope(since_ns=since_ns, until_ns=until_ns, readers=readers, tag=tag)


def fill(store: SqliteSightings, reads: list[Read]) -> None:
    store.append([SightingBatch(1, fold_sightings(reads, lambda each: each.time_ns))])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteSightings]:
    with closing(SqliteSightings(tmp_path / "sightings")) as made:
        yield made


def test_the_walk_goes_over_midnight_oldest_first(store: SqliteSightings) -> None:
    fill(store, [read(second, tag) for second in range(-30, 30, 5) for tag in TAGS])
    found = list(store.walk(scope(-30, 30)))
    assert [each.slot_s - MIDNIGHT_S for each in found[:: len(TAGS)]] == list(range(-30, 30, 5))
    assert len(found) == 36


def test_times_readers_and_tag_narrow_the_walk_down(store: SqliteSightings) -> None:
    names = ("dock", "gate", "yard")
    fill(store, [read(n, tag, name) for n in range(0, 60, 5) for tag in TAGS for name in names])
    assert len(list(store.walk(scope(10, 20)))) == 2 * 9
    assert {each.reader for each in store.walk(scope(0, 60, ("gate", "yard")))} == {"gate", "yard"}
    assert {each.tag for each in store.walk(scope(0, 60, tag="bb"))} == {"bb"}
    assert len(list(store.walk(scope(0, 60, ("gate",), "bb")))) == 12
    assert list(store.walk(scope(0, 60, ("gate",), "dd"))) == []
    assert list(store.walk(scope(0, 60, ()))) == []


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-40, 40), st.sampled_from(TAGS)), max_size=30),
    st.integers(0, 20),
)
def test_what_is_said_to_fit_fits_and_one_slot_more_would_not(
    tmp_path_factory: pytest.TempPathFactory, heard: list[tuple[int, str]], room: int
) -> None:
    whole = scope(-40, 41)
    with closing(SqliteSightings(tmp_path_factory.mktemp("fit"))) as store:
        fill(store, [read(*each) for each in heard])
        since_ns = store.fitting_since_ns(whole, room)
        slots = sorted(each.slot_s for each in store.walk(whole))
    first_s = since_ns // SECOND_NS
    assert sum(slot_s >= first_s for slot_s in slots) <= room
    if since_ns == whole.since_ns:
        assert len(slots) <= room
    else:
        assert sum(slot_s >= first_s - SLOT_S for slot_s in slots) > room


def test_a_damaged_day_is_left_out_of_the_walk_and_counted(store: SqliteSightings) -> None:
    fill(store, [read(-10), read(10)])
    store.close()
    (day, _) = sorted(path for path in store._folder.iterdir() if path.suffix == ".db")
    day.write_bytes(b"no database at all" * 300)
    assert [each.slot_s for each in store.walk(scope(-30, 30))] == [MIDNIGHT_S + 10]
    assert store.fitting_since_ns(scope(-30, 30), 5) == scope(-30, 30).since_ns
    assert store.unread_files == 2


def test_the_report_of_the_history_counts_every_read_once(store: SqliteSightings) -> None:
    fill(store, [read(n / 10, tag) for n in range(1_000) for tag in TAGS])
    found = findings_in(store, scope(0, 100), FloorPlan(), {}, 10)
    assert (found.reads, found.tags, found.epoch_s) == (3_000, 3, SLOT_S)
    assert [(each.reader, each.reads, each.reads_per_s) for each in found.read_points] == [
        ("dock", 3_000, 30.0)
    ]
    assert [each.read_share for each in found.worst_tags] == [1.0, 1.0, 1.0]
