"""The folder of backups: names, what is left over, and what goes."""

import os
from pathlib import Path

import msgspec
import pytest

from gateway.backup import MARK
from gateway.backup_files import FORMAT, MANIFEST, Backup, BackupFile
from gateway.backup_folder import BackupFolder, clear_left, new_name
from tests.gateway.made import NOON_NS


def test_two_backups_of_one_second_have_two_names(tmp_path: Path) -> None:
    assert new_name(tmp_path, NOON_NS) == "2025-06-15T15-06-40Z"
    (tmp_path / "2025-06-15T15-06-40Z").mkdir()
    assert new_name(tmp_path, NOON_NS) == "2025-06-15T15-06-40Z-2"


def test_what_a_killed_backup_left_goes_and_nothing_else(tmp_path: Path) -> None:
    left, foreign = tmp_path / "2027-01-15T08-00-00Z.partial", tmp_path / "mine.partial"
    for folder in (left, foreign):
        folder.mkdir()
        (folder / "state.db").touch()
    (left / MARK).touch()
    clear_left(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.partial"]


def test_a_folder_that_is_no_backup_any_more_is_told_with_its_fault(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "backup.json").write_text("{")
    (found,) = BackupFolder().found(tmp_path)
    assert found.backup is None
    assert "is damaged" in found.fault
    assert BackupFolder().newest_whole(tmp_path) is None
    assert BackupFolder().found(tmp_path / "nowhere") == []


def test_a_folder_whose_name_is_no_text_is_no_backup(tmp_path: Path) -> None:
    for name in (os.fsdecode(b"\xff"), "line\nfeed"):
        (tmp_path / name).mkdir()
        (tmp_path / name / MANIFEST).write_text("{}")
    assert BackupFolder().found(tmp_path) == []


def manifest(folder: Path, name: str, site: str) -> None:
    """A backup, as far as its folder is looked at."""
    made = name[:13] + name[13:].replace("-", ":")
    state = BackupFile("state.db", 1, "0" * 64, 1)
    backup = Backup(FORMAT, "1.0", site, made, 1, 1, (state,))
    (folder / name).mkdir()
    (folder / name / MANIFEST).write_bytes(msgspec.json.encode(backup))


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


DAYS = [f"2027-01-{day:02}T08-00-00Z" for day in range(1, 6)]


def test_the_oldest_of_the_same_site_go_and_nothing_else(tmp_path: Path) -> None:
    for name in (*DAYS[:1], *DAYS[2:], "mine"):
        manifest(tmp_path, name, "depot")
    manifest(tmp_path, DAYS[1], "other depot")
    (tmp_path / "2026-12-31T08-00-00Z").mkdir()
    (tmp_path / "2026-12-31T08-00-00Z" / MANIFEST).write_text("{")
    assert BackupFolder().thin_out(tmp_path, DAYS[-1], 2) == [DAYS[0], DAYS[2]]
    kept = ["2026-12-31T08-00-00Z", DAYS[1], DAYS[3], DAYS[4], "mine"]
    assert names_in(tmp_path) == kept
    assert BackupFolder().thin_out(tmp_path, "never made", 1) == []


def test_a_backup_is_kept_though_the_clock_was_set_back_before_it(tmp_path: Path) -> None:
    for name in (*DAYS[2:], DAYS[0]):
        manifest(tmp_path, name, "depot")
    assert BackupFolder().thin_out(tmp_path, DAYS[0], 3) == [DAYS[2]]
    manifest(tmp_path, DAYS[1], "depot")
    assert BackupFolder().thin_out(tmp_path, DAYS[1], 3) == [DAYS[3]]
    assert names_in(tmp_path) == [DAYS[0], DAYS[1], DAYS[4]]


def test_what_is_half_removed_is_no_backup_and_goes_with_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in DAYS:
        manifest(tmp_path, name, "depot")

    def killed(_: Path) -> None:
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr("gateway.backup_folder.shutil.rmtree", killed)
        with pytest.raises(OSError):  # noqa: PT011 - it has no text
            BackupFolder().thin_out(tmp_path, DAYS[-1], 4)
    assert [each.name for each in BackupFolder().found(tmp_path)] == DAYS[1:]
    (tmp_path / "mine.gone").mkdir()
    clear_left(tmp_path)
    assert names_in(tmp_path) == [*DAYS[1:], "mine.gone"]
