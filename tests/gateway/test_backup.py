"""Backups: of one moment while the gateway writes, verified, refused where not whole."""

import asyncio
import json
import shutil
import sqlite3
import stat
import threading
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from functools import partial
from itertools import cycle, islice
from pathlib import Path

import pytest

from gateway.backup import make_backup
from gateway.backup_files import BackupError, verify_backup
from gateway.cli import main
from gateway.data_folder import DataFolder
from gateway.journal import SqliteJournal
from gateway.restoring import DECIDED, STAGED
from gateway.staging import sole_restore, stage
from history.state import follower_position, open_state
from tests.acceptance.aftermath import committed, recovery_equals_replay, sightings_counted
from tests.gateway.backed_up import (
    GROUPS,
    READERS,
    Counter,
    catch_up,
    follow,
    restore,
    written,
)
from tests.gateway.made import station_on, tables


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return written(tmp_path / "data")


@contextmanager
def load(data: Path) -> Generator[Callable[[], int]]:
    """A gateway that writes groups and follows them, as fast as it goes; how many it has."""
    data.mkdir()
    lock, stop, done = threading.Lock(), threading.Event(), [0]
    connection = open_state(data / "state.db")
    station = station_on(SqliteJournal(connection))
    station.process(GROUPS[0])
    counter = Counter(SqliteJournal(connection), lock)
    follower = follow(data, counter)

    def write() -> None:
        for entries in cycle(GROUPS[1:]):
            if stop.wait(0.002):
                return
            with lock:
                station.process(entries)
            done[0] += 1
            if done[0] % 7 == 0:
                asyncio.run(follower.catch_up())

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield lambda: done[0]
    finally:
        stop.set()
        thread.join()
        follower.close()
        connection.close()


def wait_for(look: Callable[[], bool]) -> None:
    end_s = time.monotonic() + 20
    while not look():
        assert time.monotonic() < end_s
        time.sleep(0.001)


def test_a_backup_under_load_loses_no_sighting_and_doubles_none(tmp_path: Path) -> None:
    positions: list[int] = []
    with load(tmp_path / "data") as done:

        def reached(number: int) -> bool:
            return done() >= number

        for number in range(5):
            at_least = done() + 5
            wait_for(partial(reached, at_least))
            backup = make_backup(DataFolder(tmp_path / "data"), tmp_path / f"backup{number}")
            positions.append(backup.position)
    assert positions == sorted(set(positions))
    for number in range(5):
        restored = tmp_path / f"restored{number}"
        restore(tmp_path / f"backup{number}", restored)
        catch_up(restored)
        found = committed(restored / "state.db")
        assert sightings_counted(restored, READERS) == found.reads > 0
        assert recovery_equals_replay(restored / "state.db")


def test_a_day_file_that_is_behind_gets_the_rest_from_the_journal(
    data: Path, tmp_path: Path
) -> None:
    with closing(open_state(data / "state.db")) as connection:
        station = station_on(SqliteJournal(connection))
        for entries in GROUPS[60:70]:
            station.process(entries)
    make_backup(DataFolder(data), tmp_path / "backup")
    restore(tmp_path / "backup", tmp_path / "new")
    catch_up(tmp_path / "new")
    found = committed(data / "state.db")
    assert sightings_counted(tmp_path / "new", READERS) == found.reads


def test_what_was_restored_answers_as_what_was_backed_up(data: Path, tmp_path: Path) -> None:
    before = tables(data / "state.db")
    make_backup(DataFolder(data), tmp_path / "backup")
    with closing(open_state(data / "state.db")) as connection:
        station = station_on(SqliteJournal(connection))
        for entries in GROUPS[60:]:
            station.process(entries)
    assert tables(data / "state.db") != before
    restore(tmp_path / "backup", data)
    assert tables(data / "state.db") == before
    (aside,) = data.glob("before-restore-*")
    assert len(tables(aside / "state.db")["events"]) > len(before["events"])
    assert not (data / DECIDED).exists()
    assert not (data / STAGED).exists()


def test_a_backup_is_only_for_its_owner(data: Path, tmp_path: Path) -> None:
    make_backup(DataFolder(data), tmp_path / "backup")
    modes = {
        path.relative_to(tmp_path).as_posix(): stat.S_IMODE(path.stat().st_mode)
        for path in [tmp_path / "backup", *(tmp_path / "backup").rglob("*")]
    }
    assert modes.pop("backup") == modes.pop("backup/sightings") == 0o700
    assert set(modes.values()) == {0o600}
    assert set(modes) >= {"backup/backup.json", "backup/state.db"}


def test_days_that_did_not_change_are_linked_and_others_are_not(data: Path, tmp_path: Path) -> None:
    first = make_backup(DataFolder(data), tmp_path / "first")
    (name,) = [file.name for file in first.files if file.name != "state.db"]
    make_backup(DataFolder(data), tmp_path / "second", since=tmp_path / "first")
    assert (tmp_path / "first" / name).samefile(tmp_path / "second" / name)
    with closing(open_state(data / "state.db")) as connection:
        station = station_on(SqliteJournal(connection))
        for entries in GROUPS[60:70]:
            station.process(entries)
    catch_up(data)
    make_backup(DataFolder(data), tmp_path / "third", since=tmp_path / "second")
    assert not (tmp_path / "first" / name).samefile(tmp_path / "third" / name)
    verify_backup(tmp_path / "second")


def test_a_place_that_can_not_hold_a_backup_is_refused(data: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    (tmp_path / "file").touch()
    for place, why in (
        (tmp_path / "full", "not empty"),
        (tmp_path / "file", "is a file"),
        (data / "backup", "in the data folder"),
    ):
        with pytest.raises(BackupError, match=why):
            make_backup(DataFolder(data), place)
    with pytest.raises(BackupError, match="no gateway has kept anything"):
        make_backup(DataFolder(tmp_path / "nowhere"), tmp_path / "backup")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "file", "full"]


def test_a_disk_that_is_too_small_is_told_before_it_begins(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1_000_000)

    def small(_path: Path) -> object:
        return usage

    monkeypatch.setattr("gateway.backup.shutil.disk_usage", small)
    with pytest.raises(BackupError, match=r"needs [\d.]+ MB there, and 1\.0 MB are free"):
        make_backup(DataFolder(data), tmp_path / "backup")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_disk_that_is_full_in_the_middle_leaves_nothing(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gateway.backup.sync", full)
    with pytest.raises(BackupError, match="the disk is full"):
        make_backup(DataFolder(data), tmp_path / "backup")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_what_a_backup_that_was_killed_left_is_replaced(data: Path, tmp_path: Path) -> None:
    half = tmp_path / "backup.partial"
    half.mkdir()
    (half / ".tagwarden-backup").touch()
    (half / "state.db").write_bytes(b"half")
    make_backup(DataFolder(data), tmp_path / "backup")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup", "data"]


def test_a_damaged_day_is_left_out_and_told(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "sightings" / "2024-01-01.db").write_bytes(b"no database at all, " * 100)
    code = main(["backup", str(tmp_path / "backup"), "--data", str(data)])
    said = capsys.readouterr()
    assert (code, "2024-01-01.db: left out" in said.err) == (1, True)
    assert "verified" in said.out
    verify_backup(tmp_path / "backup")


@pytest.mark.parametrize("name", ["state.db", "sightings/2025-06-15.db"])
@pytest.mark.parametrize("damage", ["flipped", "cut", "missing"])
def test_a_damaged_backup_is_refused_by_the_name_of_the_file(
    name: str, damage: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_backup(DataFolder(data), tmp_path / "backup")
    path = tmp_path / "backup" / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content if damage == "flipped" else content[:-1])
    if damage == "missing":
        path.unlink()
    before = tables(data / "state.db")
    code = main(["restore", str(tmp_path / "backup"), "--data", str(data), "--yes"])
    assert (code, str(path) in capsys.readouterr().err) == (1, True)
    assert tables(data / "state.db") == before
    assert not list(data.glob("*restore*"))


def _tell(backup: Path, **values: object) -> None:
    path = backup / "backup.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_what_is_no_backup_or_from_the_future_is_refused(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def refusal(source: Path) -> str:
        assert main(["restore", str(source), "--data", str(data), "--yes"]) == 1
        return capsys.readouterr().err

    assert "is no backup" in refusal(data)
    make_backup(DataFolder(data), tmp_path / "backup")
    _tell(tmp_path / "backup", format=3, version="9.9")
    assert "made by Tagwarden 9.9" in refusal(tmp_path / "backup")
    _tell(tmp_path / "backup", format=1, position=3)
    assert "another moment" in refusal(tmp_path / "backup")
    _tell(tmp_path / "backup", files=[])
    assert "is damaged" in refusal(tmp_path / "backup")


def test_a_state_of_a_newer_version_is_refused_before_anything_is_moved(
    data: Path, tmp_path: Path
) -> None:
    backup = make_backup(DataFolder(data), tmp_path / "backup")
    state = tmp_path / "backup" / "state.db"
    with closing(sqlite3.connect(state)) as db:
        db.execute("PRAGMA user_version = 999")
    with sole_restore(data), pytest.raises(BackupError):
        stage(data, tmp_path / "backup", backup)
    with pytest.raises(BackupError):
        verify_backup(tmp_path / "backup")
    assert not (data / STAGED).exists()


def test_what_is_written_and_followed_between_two_copies_is_neither_lost_nor_doubled(
    data: Path, tmp_path: Path
) -> None:
    with closing(open_state(data / "state.db")) as connection:
        journal = SqliteJournal(connection)
        station, follower = station_on(journal), follow(data, Counter(journal, threading.Lock()))
        groups = iter(GROUPS[60:])

        def go_on(_done: int, _total: int) -> None:
            for entries in islice(groups, 3):
                station.process(entries)
            asyncio.run(follower.catch_up())

        backup = make_backup(DataFolder(data), tmp_path / "backup", progress=go_on)
        follower.close()
    assert backup.site == "depot"
    with closing(sqlite3.connect(tmp_path / "backup" / "state.db")) as db:
        assert follower_position(db, "sightings") < backup.position
    restore(tmp_path / "backup", tmp_path / "new")
    catch_up(tmp_path / "new")
    found = committed(tmp_path / "new" / "state.db")
    assert sightings_counted(tmp_path / "new", READERS) == found.reads > 0


def test_a_backup_of_damaged_data_does_not_blame_the_place_it_goes_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "state.db").write_bytes(b"no database " * 1000)
    copy = str(tmp_path.with_name("copy"))
    assert main(["backup", copy, "--data", str(tmp_path)]) == 1
    assert "a file of the data folder is damaged" in capsys.readouterr().err
