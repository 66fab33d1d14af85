"""Files that are cut or flipped: what can be read is there again, and nothing of it twice."""

import random
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, nullcontext
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from history.day_salvage import Retold
from history.integrity import FileCheck
from history.salvage import SalvageStoppedError
from history.sightings import SLOT_S, Scope, Sighting, SightingBatch, fold_sightings
from history.sqlite_sightings import SqliteSightings
from history.state import open_reader
from history.state_salvage import StateLostError, damage_of, salvage_state
from tags.reads import Read
from tags.times import SECOND_NS
from tests.history.made import FEW, Writer, alert, at, movement, raised, stored

DAY = "2026-09-21"
PAGE = 4096
EVER = Scope(since_ns=0, until_ns=1 << 62)
Key = tuple[int, str, int, str]


def heard(seed: int, groups: int) -> list[SightingBatch]:
    rng = random.Random(seed)
    return [
        SightingBatch(
            number,
            fold_sightings(
                [
                    Read(f"e{rng.randrange(300):023d}", "dock", 1, at(5 * number), 0, -60.0, 1)
                    for _ in range(60)
                ],
                lambda read: read.time_ns,
            ),
        )
        for number in range(1, groups + 1)
    ]


def counts(store: SqliteSightings) -> dict[Key, int]:
    return {(one.slot_s, one.reader, one.antenna, one.tag): one.count for one in store.walk(EVER)}


def keyed(sightings: Iterator[Sighting]) -> dict[Key, int]:
    return {(one.slot_s, one.reader, one.antenna, one.tag): one.count for one in sightings}


def flip(path: Path, rng: random.Random, bits: int, first: int) -> set[int]:
    """Flip bits from a byte on; the pages (from 0) in which they were."""
    content = bytearray(path.read_bytes())
    places = [rng.randrange(first, len(content)) for _ in range(bits)]
    for place in places:
        content[place] ^= 1 << rng.randrange(8)
    path.write_bytes(content)
    return {place // PAGE for place in places}


@contextmanager
def day_file(groups: int = 40) -> Generator[tuple[Path, list[SightingBatch]]]:
    with TemporaryDirectory() as name:
        path, batches = Path(name) / f"{DAY}.db", heard(1, groups)
        path.write_bytes(_day(groups))
        yield path, batches


@cache
def _day(groups: int) -> bytes:
    with TemporaryDirectory() as name:
        with closing(SqliteSightings(Path(name))) as store:
            store.append(heard(1, groups))
        return (Path(name) / f"{DAY}.db").read_bytes()


SOME = settings(FEW, max_examples=max(FEW.max_examples // 2, 1))
damages = st.tuples(st.integers(0, 1 << 30), st.integers(0, 6), st.integers(0, PAGE))


def damage(path: Path, how: tuple[int, int, int]) -> None:
    seed, bits, cut = how
    flip(path, random.Random(seed), bits, PAGE)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) - cut])


@SOME
@given(damages)
def test_a_day_that_the_journal_tells_whole_is_as_it_was(how: tuple[int, int, int]) -> None:
    with day_file() as (path, batches):
        damage(path, how)
        retold = Retold(batches, -(1 << 62), batches[-1].position)
        with closing(SqliteSightings(path.parent, lambda _day: nullcontext(retold))) as store:
            store.suspect(DAY)
            assert [mended.day for mended in store.mend()] == [DAY]
            assert counts(store) == keyed(one for each in batches for one in each.sightings)
            assert store.positions() == {DAY: batches[-1].position}


@SOME
@given(damages, st.integers(1, 40))
def test_slots_that_the_journal_holds_are_right_and_none_is_doubled(
    how: tuple[int, int, int], oldest: int
) -> None:
    with day_file() as (path, batches):
        true = keyed(one for each in batches for one in each.sightings)
        damage(path, how)
        whole_since_ns = at(5 * oldest)
        retold = Retold(batches[oldest - 1 :], whole_since_ns, batches[-1].position)
        with closing(SqliteSightings(path.parent, lambda _day: nullcontext(retold))) as store:
            store.suspect(DAY)
            store.mend()
            found = counts(store)
            store.append(batches)
            assert counts(store) == found
        whole = {key for key in true if key[0] * SECOND_NS > whole_since_ns}
        assert {key: found.get(key) for key in whole} == {key: true[key] for key in whole}
        if how[1] == 0:
            # Nothing was flipped, so what is there is true.
            assert found.items() <= true.items()


@SOME
@given(st.integers(0, 1 << 30))
def test_one_torn_page_costs_no_more_than_its_own_rows(seed: int) -> None:
    with day_file() as (path, batches):
        true = keyed(one for each in batches for one in each.sightings)
        content = bytearray(path.read_bytes())
        leaves = [page for page in range(1, len(content) // PAGE) if content[page * PAGE] == 10]
        page = random.Random(seed).choice(leaves)
        content[page * PAGE : (page + 1) * PAGE] = b"\xff" * PAGE
        path.write_bytes(content)
        with closing(SqliteSightings(path.parent)) as store:
            store.suspect(DAY)
            store.mend()
            found = counts(store)
            assert found.items() <= true.items()
            assert len(true) - len(found) <= PAGE // 20


def test_a_damage_that_a_question_meets_is_mended(tmp_path: Path) -> None:
    folder, batches = tmp_path / "sightings", heard(2, 40)
    with closing(SqliteSightings(folder)) as store:
        store.append(batches)
    path = folder / f"{DAY}.db"
    content = bytearray(path.read_bytes())
    content[PAGE:] = b"\xff" * (len(content) - PAGE)
    path.write_bytes(content)
    retold = Retold(batches, -(1 << 62), batches[-1].position)
    with closing(SqliteSightings(folder, lambda _day: nullcontext(retold))) as store:
        assert store.of_tag(batches[0].sightings[0].tag, 0, 1 << 62, 9) == []
        (mended,) = store.mend()
        assert store.mend() == []
        assert store.of_tag(batches[0].sightings[0].tag, 0, 1 << 62, 9)
    report = (folder / f"{mended.aside}.report").read_text()
    assert DAY in report
    assert f"40 slots of {SLOT_S} s" in report


def test_a_salvage_that_is_stopped_leaves_the_file_and_is_done_later(tmp_path: Path) -> None:
    folder, batches = tmp_path / "sightings", heard(3, 40)
    with closing(SqliteSightings(folder)) as store:
        store.append(batches)
        store.go = lambda: False
        store.suspect(DAY)
        with pytest.raises(SalvageStoppedError):
            store.mend()
        assert len(counts(store)) == sum(len(each.sightings) for each in batches)
        store.go = lambda: True
        assert len(store.mend()) == 1
        assert len(counts(store)) == sum(len(each.sightings) for each in batches)


@pytest.mark.parametrize("renamed", [False, True])
def test_a_crash_between_the_renames_is_gone_over(renamed: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a parameter of the test
    folder, batches = tmp_path / "sightings", heard(4, 5)
    with closing(SqliteSightings(folder)) as store:
        store.append(batches)
    path = folder / f"{DAY}.db"
    path.with_name(f"{DAY}.db.salvaged").write_bytes(path.read_bytes())
    if renamed:
        path.rename(folder / f"{DAY}.db.damaged-1")
    with closing(SqliteSightings(folder)) as store:
        assert len(counts(store)) == sum(len(each.sightings) for each in batches)
    assert not path.with_name(f"{DAY}.db.salvaged").exists()


# state.db


def state_file(folder: Path, tags: int = 400) -> Path:
    path = folder / "state.db"
    path.write_bytes(_state(tags))
    return path


@cache
def _state(tags: int) -> bytes:
    with TemporaryDirectory() as name:
        return _write_state(Path(name) / "state.db", tags).read_bytes()


def _write_state(path: Path, tags: int) -> Path:
    writer = Writer(path)
    writer.connection.execute("PRAGMA synchronous = OFF")
    writer.commit(stored("drill", "aa01"), raised(alert()))
    for number in range(tags):
        writer.commit(movement(f"tag-{number}", None, "hall", at(number)))
    writer.close()
    return path


def rows_of(path: Path) -> dict[str, set[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as connection:
        return {
            table: set(connection.execute(f"SELECT * FROM {table}"))  # noqa: S608 - made here
            for table in ("movements", "visits", "last_visits", "alerts", "assets", "audit")
        }


def test_a_state_that_is_well_has_no_damage(tmp_path: Path) -> None:
    assert damage_of(tmp_path / "state.db") is None
    assert damage_of(state_file(tmp_path, 3)) is None


@SOME
@given(damages)
def test_a_salvaged_state_goes_on_behind_all_that_is_left(how: tuple[int, int, int]) -> None:
    with TemporaryDirectory() as name:
        path = state_file(Path(name), 120)
        true = rows_of(path)
        content = path.read_bytes()
        damage(path, how)
        was = path.read_bytes()
        try:
            salvage_state(path, lambda: True)
        except StateLostError:
            assert path.read_bytes() == was
            return
        assert (Path(name) / "state.db.damaged-1").read_bytes() == was
        with closing(open_reader(path)) as connection:
            assert FileCheck()(path) is None
            (seq,) = connection.execute(
                "SELECT value FROM marks WHERE name = 'last_seq'"
            ).fetchone()
            newest = connection.execute("SELECT max(seq) FROM movements").fetchone()[0]
            assert seq >= (newest or 0)
        if how[1] == 0:
            assert all(rows_of(path)[table] <= true[table] for table in true)
        if was == content:
            assert rows_of(path) == true


def test_a_state_of_which_nothing_can_be_read_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(b"no database" * 1000)
    assert damage_of(path) is not None
    with pytest.raises(StateLostError, match="tagwarden restore"):
        salvage_state(path, lambda: True)
    assert path.read_bytes() == b"no database" * 1000


@pytest.mark.parametrize("page", [2, 3, 9, 14, 20])
def test_a_check_finds_a_torn_page(page: int, tmp_path: Path) -> None:
    path = state_file(tmp_path)
    assert FileCheck()(path) is None
    content = bytearray(path.read_bytes())
    content[page * PAGE : (page + 1) * PAGE] = b"\xff" * PAGE
    path.write_bytes(content)
    assert FileCheck()(path) is not None
