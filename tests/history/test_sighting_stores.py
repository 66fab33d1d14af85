"""What every store of sightings promises; a new store joins STORES and nothing else changes."""

import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from history.day_file import DayFile
from history.sightings import SLOT_S, Sighting, SightingBatch, SightingStore, fold_sightings
from history.sqlite_sightings import SqliteSightings
from tags.reads import Read
from tags.times import SECOND_NS
from tests.history.made import FEW, at

OpenStore = Callable[[Path], SightingStore]
STORES: dict[str, OpenStore] = {"sqlite": SqliteSightings}

DAY_S = 86_400
EVER = (0, 1 << 62, 1 << 30)


@pytest.fixture(params=STORES)
def open_store(request: pytest.FixtureRequest) -> OpenStore:
    return STORES[str(request.param)]


@pytest.fixture
def store(open_store: OpenStore, tmp_path: Path) -> Iterator[SightingStore]:
    store = open_store(tmp_path / "sightings")
    yield store
    store.close()


def sighting(seconds: float, tag: str = "aa", reader: str = "dock", count: int = 1) -> Sighting:
    [one] = fold_sightings([Read(tag, reader, 1, at(seconds), 0, -60.0, count)], own_time)
    return one


def own_time(read: Read) -> int:
    return read.time_ns


def batch(position: int, *sightings: Sighting) -> SightingBatch:
    return SightingBatch(position, sightings)


def total(store: SightingStore, readers: Sequence[str] = ("dock",)) -> int:
    return sum(one.count for reader in readers for one in store.at_reader(reader, *EVER))


def test_an_empty_store_has_heard_nothing(store: SightingStore) -> None:
    store.append([])
    store.append([batch(1)])
    assert store.of_tag("aa", *EVER) == []
    assert store.at_reader("dock", *EVER) == []
    assert store.expire(1, at(0)) == 0


def test_what_was_appended_is_found_by_tag_and_by_reader(store: SightingStore) -> None:
    one, other = sighting(1), sighting(2, tag="bb", reader="gate")
    store.append([batch(1, one, other)])
    assert store.of_tag("aa", *EVER) == [one]
    assert store.at_reader("gate", *EVER) == [other]
    assert store.of_tag("cc", *EVER) == []
    assert store.at_reader("nobody", *EVER) == []


def test_counts_of_the_same_slot_add_up_over_appends(store: SightingStore) -> None:
    heard = [
        Read("aa", "dock", 1, at(3), 0, None, 1),
        Read("aa", "dock", 1, at(1), 0, -60.5, 2),
        Read("aa", "dock", 1, at(4), 0, -50.0, 3),
    ]
    for position, read in enumerate(heard, start=1):
        store.append([batch(position, *fold_sightings([read], own_time))])
    assert store.of_tag("aa", *EVER) == fold_sightings(heard, own_time)


def test_a_batch_counts_once_however_often_it_comes(store: SightingStore) -> None:
    batches = [batch(n, sighting(n, count=10**n)) for n in range(4)]
    store.append(batches[:2])
    store.append(batches[:3])
    store.append(batches[1:])
    store.append(batches)
    assert total(store) == 1110  # position 0 is before the first group


def test_late_reads_go_to_their_own_day(store: SightingStore) -> None:
    store.append([batch(1, sighting(0))])
    store.append([batch(2, sighting(-2 * DAY_S), sighting(1))])
    assert [one.count for one in store.of_tag("aa", *EVER)] == [2, 1]
    assert [one.first_ns for one in store.of_tag("aa", at(-3 * DAY_S), at(-1), 9)] == [
        at(-2 * DAY_S),
    ]


def test_answers_are_newest_first_up_to_the_limit_over_days(store: SightingStore) -> None:
    store.append([batch(1, *(sighting(n * DAY_S / 4) for n in range(12)))])
    assert [one.first_ns for one in store.of_tag("aa", at(0), at(3 * DAY_S), 5)] == [
        at(n * DAY_S / 4) for n in (11, 10, 9, 8, 7)
    ]
    assert store.at_reader("dock", *EVER[:2], 5) == store.of_tag("aa", *EVER[:2], 5)


@FEW
@given(
    seconds=st.lists(st.integers(0, 12 * SLOT_S), max_size=12),
    since=st.integers(-1, 62),
    length=st.integers(0, 62),
)
def test_answers_are_those_that_overlap_the_times(
    seconds: list[int],
    since: int,
    length: int,
) -> None:
    for open_store in STORES.values():
        with TemporaryDirectory() as folder:
            store = open_store(Path(folder))
            reads = [Read("aa", "dock", 1, at(second), 0) for second in seconds]
            sightings = fold_sightings(reads, own_time)
            store.append([batch(1, *sightings)])
            since_ns, until_ns = at(since), at(since + length)
            expected = [
                one
                for one in sorted(sightings, key=lambda one: -one.slot_s)
                if one.last_ns >= since_ns and one.first_ns < until_ns and length
            ]
            assert store.of_tag("aa", since_ns, until_ns, 99) == expected
            assert store.at_reader("dock", since_ns, until_ns, 99) == expected
            store.close()


def test_old_days_are_forgotten_and_young_ones_kept(store: SightingStore) -> None:
    store.append([batch(1, *(sighting(-n * DAY_S) for n in range(6)))])
    assert store.expire(keep_days=2, now_ns=at(0)) == 3
    assert [one.first_ns for one in store.of_tag("aa", *EVER)] == [at(-n * DAY_S) for n in range(3)]
    store.append([batch(2, sighting(-5 * DAY_S))])
    assert total(store) == 4


def test_a_store_goes_on_where_it_was_closed(open_store: OpenStore, tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.append([batch(1, sighting(1)), batch(2, sighting(2))])
    store.sync()
    store.close()
    store = open_store(tmp_path)
    store.append([batch(2, sighting(2)), batch(3, sighting(3))])
    assert total(store) == 3
    store.close()


def test_a_store_may_be_asked_while_it_is_written(store: SightingStore) -> None:
    for n in range(1, 50):
        store.append([batch(n, sighting(n, tag=f"{n}"))])
        assert total(store) == n


class KilledError(Exception):
    """Nothing of the process runs any further."""


class Killer:
    """Counts steps of the writer and ends it at one of them; `image` is what it left on disk."""

    def __init__(self, folder: Path, image: Path, at_step: int) -> None:
        self.folder, self.image, self.steps_left = folder, image, at_step

    def step(self) -> None:
        if self.steps_left == 0:
            shutil.rmtree(self.image, ignore_errors=True)
            skip = shutil.ignore_patterns("*-shm")
            shutil.copytree(self.folder, self.image, ignore=skip)
            raise KilledError
        self.steps_left -= 1


def kill_in(killer: Killer, patch: pytest.MonkeyPatch) -> None:
    """Let the killer look at every commit of a file: before, within and after it."""
    add, number = DayFile.add, DayFile._number

    def watched_add(self: DayFile, batches: Sequence[SightingBatch]) -> None:
        killer.step()
        add(self, batches)
        killer.step()

    def watched_number(self: DayFile, names: set[str]) -> None:
        number(self, names)
        killer.step()

    patch.setattr(DayFile, "add", watched_add)
    patch.setattr(DayFile, "_number", watched_number)


def follow(store: SightingStore, groups: list[list[Read]], start: int, rng: random.Random) -> None:
    """Append groups from behind position `start` as a follower does, several at a time."""
    position = start
    while position < len(groups):
        size = rng.randint(1, 3)
        store.append(
            [
                SightingBatch(number, fold_sightings(reads, own_time))
                for number, reads in enumerate(groups[position : position + size], position + 1)
            ],
        )
        position += size


def made_groups(rng: random.Random) -> list[list[Read]]:
    return [
        [
            Read(
                tag=rng.choice(["aa", "bb", "cc"]),
                reader="dock",
                antenna=rng.randint(1, 2),
                time_ns=at(rng.randint(-2, 2) * DAY_S + rng.randint(0, 9)),
                arrival_ns=0,
                count=rng.randint(1, 3),
            )
            for _ in range(rng.randint(0, 6))
        ]
        for _ in range(rng.randint(1, 8))
    ]


@FEW
@given(seed=st.integers(0, 1 << 32), kills=st.lists(st.integers(0, 40), max_size=4))
def test_however_often_the_writer_is_killed_each_read_counts_once(
    seed: int,
    kills: list[int],
) -> None:
    rng = random.Random(seed)
    groups = made_groups(rng)
    with TemporaryDirectory() as top:
        folder = Path(top) / "life-0"
        for life, at_step in enumerate(kills, start=1):
            image = Path(top) / f"life-{life}"
            store = SqliteSightings(folder)
            with pytest.MonkeyPatch.context() as patch:
                kill_in(Killer(folder, image, at_step), patch)
                try:
                    # The follower's own position is behind: it was never stored.
                    follow(store, groups, 0, rng)
                    image = folder
                except KilledError:
                    pass
            store.close()
            folder = image
        store = SqliteSightings(folder)
        follow(store, groups, 0, rng)
        assert total(store) == sum(read.count for group in groups for read in group)
        assert store.damaged_files == 0
        store.close()


def test_reads_of_a_second_are_found_by_the_second(store: SightingStore) -> None:
    store.append([batch(1, sighting(1.5))])
    within = at(1.5) // SECOND_NS * SECOND_NS
    assert len(store.of_tag("aa", within, within + SECOND_NS, 9)) == 1
    assert store.of_tag("aa", within + SECOND_NS, within + 2 * SECOND_NS, 9) == []
