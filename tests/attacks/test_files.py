"""Files that mean harm: names that lead elsewhere, links, and what is too large to be read."""

import json
import os
import resource
import shutil
from pathlib import Path

import pytest

from gateway.backup import make_backup
from gateway.cli import main
from gateway.data_folder import DataFolder
from tests.gateway.backed_up import written

NAMES = [
    "../outside.db",
    "../../outside.db",
    "sightings/../../outside.db",
    "/var/outside.db",
    "%2e%2e/outside.db",
    "..\\outside.db",
    "sightings\\..\\..\\outside.db",
    "sightings/2026-01-01.db\x00.txt",
    "sightings/..",
    "state.db/../../outside.db",
    "plans/../../outside.png",
    "plans/plan-0123.png",
    "plans/plan-ABCDEF0123456789ABCDEF0123456789.png",
    "plans/hall.png",
    "STATE.DB",
    "journal.1",
    "",
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "place").mkdir()
    return written(tmp_path / "place" / "data")


@pytest.fixture
def backup(data: Path, tmp_path: Path) -> Path:
    make_backup(DataFolder(data), tmp_path / "place" / "backup")
    return tmp_path / "place" / "backup"


def everything(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path.relative_to(folder)): (path.lstat().st_size, path.lstat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file() and path.name not in {"lock", "restore.lock"}
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_backup_that_names_what_is_not_ours_is_refused_and_writes_nothing(
    name: str, data: Path, backup: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = backup / "backup.json"
    told = json.loads(manifest.read_text("utf-8"))
    told["files"].append({**told["files"][0], "name": name})
    manifest.write_text(json.dumps(told), encoding="utf-8")
    before = everything(tmp_path)
    assert main(["restore", str(backup), "--data", str(data), "--yes"]) == 1
    assert "files not ours" in capsys.readouterr().err
    assert everything(tmp_path) == before


def test_a_link_in_a_backup_is_not_followed(
    data: Path, backup: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.move(backup / "state.db", tmp_path / "elsewhere.db")
    (backup / "state.db").symlink_to(tmp_path / "elsewhere.db")
    assert main(["restore", str(backup), "--data", str(data), "--yes"]) == 1
    assert "is a symbolic link" in capsys.readouterr().err


def test_a_file_too_large_to_import_is_refused_before_it_is_in_memory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bomb = tmp_path / "assets.csv"
    with bomb.open("wb") as file:
        file.write(b"id,name\nA-1,")
        os.truncate(file.fileno(), 1 << 30)  # one line of a gigabyte, mostly a hole
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert main(["import", "assets", str(bomb), "--data", str(tmp_path / "data")]) == 1
    grown_mib = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib) / 1024
    assert "is larger than 60 MB" in capsys.readouterr().err
    assert grown_mib < 200
