import os
import sqlite3
import stat
from collections import Counter
from pathlib import Path

import pytest

from history import day_file
from history.day_question import AT_READER, OF_TAG, Asked, ask_day, read_position
from history.sightings import SightingBatch
from history.sqlite_sightings import SqliteSightings
from history.state import StateTooNewError
from tags.times import SECOND_NS
from tests.history.test_sighting_stores import DAY_S, EVER, batch, sighting, total

DAYS_NS = DAY_S * SECOND_NS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "sightings"


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_each_day_has_its_file_named_by_its_date(folder: Path) -> None:
    store = SqliteSightings(folder)
    store.append([batch(1, sighting(0), sighting(DAY_S))])
    store.close()
    assert files(folder) == ["2026-09-21.db", "2026-09-22.db"]
    assert store.positions() == {"2026-09-21": 1, "2026-09-22": 1}


def test_nobody_else_may_read_the_files(folder: Path) -> None:
    store = SqliteSightings(folder)
    store.append([batch(1, sighting(0))])
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    store.close()


def test_at_most_four_files_are_open(folder: Path) -> None:
    store = SqliteSightings(folder)
    store.append([batch(1, *(sighting(n * DAY_S) for n in range(9)))])
    assert [f"2026-09-{day}.db-wal" for day in range(26, 30)] == sorted(
        path.name for path in folder.glob("*-wal")
    )
    store.append([batch(2, *(sighting(n * DAY_S) for n in range(9)))])
    assert len(list(folder.glob("*-wal"))) == 4
    store.close()
    assert list(folder.glob("*-wal")) == []
    assert total(store) == 18


@pytest.mark.parametrize("rest", [b"", b"this is no database, whatever it was" * 100])
def test_a_damaged_file_is_put_aside_counted_and_a_new_one_begun(
    folder: Path,
    rest: bytes,
) -> None:
    folder.mkdir()
    broken = folder / "2026-09-21.db"
    broken.write_bytes(b"SQLite format 3\0" + rest if rest else b"short, and no database")
    was = broken.read_bytes()
    store = SqliteSightings(folder)
    assert store.of_tag("aa", *EVER) == []
    assert (store.unread_files, store.damaged_files) == (1, 0)
    assert store.positions() == {}
    store.append([batch(1, sighting(1), sighting(DAY_S))])
    assert total(store) == 2
    assert store.damaged_files == 1
    assert (folder / "2026-09-21.db.damaged-1").read_bytes() == was
    store.close()


def test_a_file_that_breaks_while_it_is_open_loses_nothing_of_the_append(folder: Path) -> None:
    store = SqliteSightings(folder)
    store.append([batch(n, sighting(n, tag=f"{n:024d}")) for n in range(1, 400)])
    store.close()
    path = folder / "2026-09-21.db"
    content = bytearray(path.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    path.write_bytes(content)
    store.append([batch(400, sighting(1, count=7), sighting(DAY_S))])
    assert (total(store), store.damaged_files) == (8, 1)
    store.close()


def test_damaged_files_do_not_overwrite_each_other_and_expire_with_their_day(
    folder: Path,
) -> None:
    folder.mkdir()
    for n in (1, 2):
        (folder / "2026-09-21.db").write_bytes(b"no database" * 100)
        store = SqliteSightings(folder)
        store.append([batch(n, sighting(1))])
        store.close()
    assert files(folder) == [
        "2026-09-21.db",
        "2026-09-21.db.damaged-1",
        "2026-09-21.db.damaged-1.report",
        "2026-09-21.db.damaged-2",
        "2026-09-21.db.damaged-2.report",
    ]
    assert store.expire(1, sighting(3 * DAY_S).first_ns) == 3
    assert files(folder) == []


def test_files_of_others_stay(folder: Path) -> None:
    store = SqliteSightings(folder)
    (folder / "notes.txt").write_text("mine")
    (folder / "2020-01-01.db.bak").write_text("mine")
    store.append([batch(1, sighting(0))])
    store.expire(1, sighting(9 * DAY_S).first_ns)
    assert files(folder) == ["2020-01-01.db.bak", "notes.txt"]
    store.close()


def test_a_file_that_vanished_is_begun_anew(folder: Path) -> None:
    store = SqliteSightings(folder)
    store.append([batch(1, sighting(0))])
    store.close()
    (folder / "2026-09-21.db").unlink()
    assert store.of_tag("aa", *EVER) == []
    store.append([batch(2, sighting(0))])
    assert total(store) == 1
    store.close()


def test_a_newer_file_is_left_as_it_is(folder: Path) -> None:
    folder.mkdir()
    connection = sqlite3.connect(folder / "2026-09-21.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    store = SqliteSightings(folder)
    with pytest.raises(StateTooNewError):
        store.append([batch(1, sighting(0))])
    assert files(folder) == ["2026-09-21.db"]


def full(store: SqliteSightings) -> sqlite3.Connection:
    """Let the one open file grow no further."""
    [open_file] = store._open.values()
    connection = open_file._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    return connection


def test_a_full_disk_is_no_damage_and_appending_again_counts_once(folder: Path) -> None:
    store = SqliteSightings(folder)
    store.append([batch(1, sighting(0))])
    connection = full(store)
    many = batch(2, *(sighting(n, tag=f"{n:024d}") for n in range(2000)))
    for _ in range(2):
        with pytest.raises(sqlite3.OperationalError, match="full"):
            store.append([many])
    connection.execute("PRAGMA max_page_count = 1000000")
    store.append([many])
    assert (total(store), store.damaged_files) == (2001, 0)
    store.close()


def test_names_that_were_rolled_back_are_numbered_again(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = SqliteSightings(folder)
    store.append([batch(1, sighting(0))])
    with monkeypatch.context() as patch:
        patch.setattr(day_file, "_ADD", "INSERT INTO nowhere VALUES (?,?,?,?,?,?,?,?,?,?)")
        with pytest.raises(sqlite3.OperationalError, match="nowhere"):
            store.append([batch(2, sighting(1, tag="void"))])
    store.append([batch(2, sighting(1, tag="bb"))])
    store.append([batch(3, sighting(1, tag="void"))])
    assert [one.tag for one in store.of_tag("bb", *EVER)] == ["bb"]
    assert [one.tag for one in store.of_tag("void", *EVER)] == ["void"]
    store.close()


def test_more_names_than_are_remembered_are_told_apart(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(day_file, "_NAMES_CACHED_MAX", 3)
    store = SqliteSightings(folder)
    heard: Counter[str] = Counter()
    for n in range(20):
        tags = [f"t{(n + k) % 7}" for k in range(4)]
        store.append([SightingBatch(n + 1, [sighting(0, tag=tag) for tag in tags])])
        heard.update(tags)
    assert {tag: total_of(store, tag) for tag in heard} == heard
    store.close()


def total_of(store: SqliteSightings, tag: str) -> int:
    return sum(one.count for one in store.of_tag(tag, *EVER))


def test_sync_brings_the_log_and_the_new_name_to_the_disk(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def watch(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").resolve().name)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watch)
    store = SqliteSightings(folder)
    store.append([batch(1, sighting(0))])
    store.sync()
    assert synced == ["2026-09-21.db-wal", "sightings"]
    store.sync()
    assert len(synced) == 2
    store.append([batch(2, sighting(0))])
    store.close()
    assert len(synced) == 4


def test_a_question_that_fails_on_a_sound_file_is_an_error_and_no_damage(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = SqliteSightings(folder)
    store.append([batch(1, sighting(0))])
    monkeypatch.setattr("history.sqlite_sightings.OF_TAG", "SELECT nothing")
    with pytest.raises(sqlite3.OperationalError):
        store.of_tag("aa", *EVER)
    assert store.unread_files == 0
    store.close()


def test_a_question_about_a_file_that_just_went_has_no_answer_and_makes_no_file(
    tmp_path: Path,
) -> None:
    asked = Asked(name="aa", since_ns=0, until_ns=1, limit=1)
    for statement in (OF_TAG, AT_READER):
        assert ask_day(tmp_path / "gone.db", statement, asked, range(0, 5, 5)) == []
    assert files(tmp_path) == []


def test_a_file_that_is_only_just_being_made_has_nothing_in_it(tmp_path: Path) -> None:
    (tmp_path / "new.db").touch()
    assert read_position(tmp_path / "new.db") == 0


def test_a_file_that_may_not_be_opened_is_an_error(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("unable to open database file")

    (tmp_path / "closed.db").touch()
    monkeypatch.setattr(sqlite3, "connect", refuse)
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        read_position(tmp_path / "closed.db")


def test_a_file_without_anything_new_has_no_log_to_sync(folder: Path) -> None:
    store = SqliteSightings(folder)
    store.append([batch(1, sighting(0))])
    store.close()
    store.append([batch(1, sighting(0))])
    store.sync()
    assert total(store) == 1
    store.close()
