"""Plans of floors that were sent are in a backup, and come back with it."""

import hashlib
from contextlib import suppress
from pathlib import Path

import pytest

from gateway.backup import make_backup
from gateway.backup_files import BackupError, verify_backup
from gateway.cli import main
from gateway.data_folder import DataFolder
from gateway.restoring import decide, decided_now, settle
from gateway.site_plans import PlanFolder
from gateway.staging import sole_restore, stage
from tests.gateway.backed_up import restore, written

HALL, YARD = b"the hall, drawn", b"the yard, drawn"


class KilledError(Exception):
    """The process is gone."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = written(tmp_path / "data")
    PlanFolder(folder / "plans").keep(HALL)
    return folder


def plans(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "plans").iterdir()}


def named(*pictures: bytes) -> dict[str, bytes]:
    return {PlanFolder.name_of(each): each for each in pictures}


def test_a_plan_that_was_sent_comes_back_on_another_machine(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backup", str(tmp_path / "backup"), "--data", str(data)]) == 0
    assert "1 day of sightings, 1 floor plan, " in capsys.readouterr().out
    (plan,) = (tmp_path / "backup" / "plans").iterdir()
    assert plan.stat().st_mode & 0o777 == 0o600
    restore(tmp_path / "backup", tmp_path / "other")
    assert plans(tmp_path / "other") == named(HALL)


def test_plans_that_came_after_the_backup_stay_for_the_site_file_that_names_them(
    data: Path, tmp_path: Path
) -> None:
    make_backup(DataFolder(data), tmp_path / "backup")
    (data / "plans" / PlanFolder.name_of(HALL)).unlink()
    PlanFolder(data / "plans").keep(YARD)
    restore(tmp_path / "backup", data)
    assert plans(data) == named(HALL, YARD)


def test_a_plan_that_the_former_backup_has_is_linked(data: Path, tmp_path: Path) -> None:
    make_backup(DataFolder(data), tmp_path / "first")
    make_backup(DataFolder(data), tmp_path / "second", since=tmp_path / "first")
    name = f"plans/{PlanFolder.name_of(HALL)}"
    assert (tmp_path / "first" / name).samefile(tmp_path / "second" / name)


def test_only_plans_are_taken_and_no_links(data: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"not for a backup")
    (data / "plans" / f"plan-{'0' * 32}.png").symlink_to(tmp_path / "secret")
    (data / "plans" / "plan-half.part").write_bytes(b"half")
    make_backup(DataFolder(data), tmp_path / "backup")
    assert plans(tmp_path / "backup") == named(HALL)


def test_a_damaged_plan_is_left_out_and_told(data: Path, tmp_path: Path) -> None:
    (data / "plans" / PlanFolder.name_of(HALL)).write_bytes(b"something else")
    backup = make_backup(DataFolder(data), tmp_path / "backup")
    assert [left.name for left in backup.left_out] == [f"plans/{PlanFolder.name_of(HALL)}"]
    assert not any(file.is_plan for file in backup.files)


@pytest.mark.parametrize("harm", ["file is a link", "folder is a link", "renamed", "missing"])
def test_a_plan_that_is_not_what_was_backed_up_is_refused(
    harm: str, data: Path, tmp_path: Path
) -> None:
    make_backup(DataFolder(data), tmp_path / "backup")
    folder = tmp_path / "backup" / "plans"
    (plan,) = folder.iterdir()
    elsewhere = tmp_path / "elsewhere"
    match harm:
        case "file is a link":
            plan.rename(elsewhere)
            plan.symlink_to(elsewhere)
        case "folder is a link":
            folder.rename(elsewhere)
            folder.symlink_to(elsewhere)
        case "renamed":
            other = f"plan-{hashlib.sha256(YARD).hexdigest()[:32]}.png"
            plan.rename(folder / other)
            told = tmp_path / "backup" / "backup.json"
            told.write_text(told.read_text("utf-8").replace(plan.name, other), encoding="utf-8")
        case _:
            plan.unlink()
    with pytest.raises(BackupError, match=r"is a symbolic link|its name says|is missing"):
        verify_backup(tmp_path / "backup")


@pytest.mark.parametrize("steps", range(10))
def test_a_restore_with_plans_that_is_killed_is_whole_after_the_next_start(
    steps: int, data: Path, tmp_path: Path
) -> None:
    make_backup(DataFolder(data), tmp_path / "backup")
    (data / "plans" / PlanFolder.name_of(HALL)).unlink()
    left = [steps]

    def step(_what: str) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KilledError

    with sole_restore(data):
        stage(data, tmp_path / "backup", verify_backup(tmp_path / "backup"))
    decide(data, decided_now(data, "backup", "then"))
    with suppress(KilledError):
        settle(data, step)
    with DataFolder(data):
        assert plans(data) == named(HALL)
    assert not (data / "restore.new").exists()
