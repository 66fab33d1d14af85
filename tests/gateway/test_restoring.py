"""Restores: whole or not at all, however they end, and nothing of the old data is deleted."""

from contextlib import closing
from pathlib import Path

import pytest

from gateway.backup import make_backup
from gateway.backup_files import verify_backup
from gateway.cli import main
from gateway.data_folder import DataFolder
from gateway.journal import SqliteJournal
from gateway.restoring import DECIDED, STAGED, decide, decided_now, settle
from gateway.sound_state import open_sound_journal
from gateway.staging import sole_restore, stage
from history.state import open_state
from tests.gateway.backed_up import GROUPS, restore, written
from tests.gateway.made import station_on, tables


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return written(tmp_path / "data")


class KilledError(Exception):
    """The process is gone."""


@pytest.mark.parametrize("steps", range(12))
def test_a_restore_that_is_killed_between_any_two_steps_is_whole_after_the_next_start(
    steps: int, data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    make_backup(DataFolder(data), tmp_path / "backup")
    backup_tables = tables(data / "state.db")
    with closing(open_state(data / "state.db")) as connection:
        station = station_on(SqliteJournal(connection))
        for entries in GROUPS[60:]:
            station.process(entries)
    (data / "state.db-wal").write_bytes(b"a log that a crash left")
    left = [steps]

    def step(_what: str) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KilledError

    with sole_restore(data):
        stage(data, tmp_path / "backup", verify_backup(tmp_path / "backup"))
    decide(data, decided_now(data, "backup", "then"))
    done = False
    try:
        settle(data, step)
        done = True
    except KilledError:
        pass
    with DataFolder(data):
        assert done or "restored from backup" in caplog.text or not (data / DECIDED).exists()
    assert tables(data / "state.db") == backup_tables
    (aside,) = data.glob("before-restore-*")
    assert {path.name for path in aside.iterdir()} == {"state.db", "state.db-wal", "sightings"}
    assert not (data / STAGED).exists()


def test_a_restore_that_is_killed_before_it_was_decided_changes_nothing(
    data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = tables(data / "state.db")
    make_backup(DataFolder(data), tmp_path / "backup")
    with sole_restore(data):
        stage(data, tmp_path / "backup", verify_backup(tmp_path / "backup"))
    with DataFolder(data):
        assert "before it changed anything" in caplog.text
    assert tables(data / "state.db") == before
    assert not (data / STAGED).exists()


def test_a_restore_asks_for_yes_where_there_is_data(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_backup(DataFolder(data), tmp_path / "backup")
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    assert main(["restore", str(tmp_path / "backup"), "--data", str(data)]) == 1
    assert "say --yes" in capsys.readouterr().err


def test_what_told_of_the_former_state_says_nothing_of_the_restored_one(
    data: Path, tmp_path: Path
) -> None:
    make_backup(DataFolder(data), tmp_path / "backup")
    told = {"state.db.suspect": "a check found it damaged", "state.db.damaged-1-wal": "a log"}
    for name, text in told.items():
        (data / name).write_text(text, encoding="utf-8")
    restore(tmp_path / "backup", data)
    open_sound_journal(data / "state.db").close()
    assert not list(data.glob("state.db*damaged*"))
    (aside,) = data.glob("before-restore-*")
    assert set(told) < {path.name for path in aside.iterdir()}
