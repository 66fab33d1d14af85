"""Disks that answer nothing: one thread waits for them, and nobody else."""

import asyncio
import threading
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import ValidationError

from gateway.backup_folder import BackupFolder, Found
from gateway.backup_settings import BackupSettings
from gateway.backups import GatewayBackups
from gateway.data_folder import DataFolder
from gateway.storage import Storage, storage_of
from tests.acceptance.running import until
from tests.api.sited import sited

ASKING = 30


class HungFolder(BackupFolder):
    """A folder on a disk that answers nothing until `freed`; it counts who waits."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Event()
        self.freed = threading.Event()
        self.waiting = 0
        self.looks = 0

    def found(self, folder: Path) -> list[Found]:
        """Nothing, once the disk answers."""
        del folder
        self.looks += 1
        self.waiting += 1
        self.asked.set()
        self.freed.wait(30)
        self.waiting -= 1
        return [Found(f"look {self.looks}", None, "is damaged")]


async def unwritten(*_: object) -> None:
    """No audit log."""


def backups_at(place: Path, there: BackupFolder) -> GatewayBackups:
    none, settings = cast("Any", None), BackupSettings(folder=str(place))
    made = GatewayBackups(none, lambda: settings, lambda: 0, unwritten, none)
    made._there = there
    return made


async def test_a_disk_that_hangs_holds_one_thread_however_many_ask(tmp_path: Path) -> None:
    there = HungFolder()
    backups = backups_at(tmp_path, there)
    first = asyncio.create_task(backups.listed())
    assert await asyncio.to_thread(there.asked.wait, 30)
    asked = [asyncio.create_task(backups.listed()) for _ in range(ASKING)]
    for task in asked[::2]:
        await asyncio.sleep(0)
        task.cancel()
    assert (there.waiting, there.looks) == (1, 1)
    there.freed.set()
    names = {row["id"] for rows in await asyncio.gather(*asked[1::2]) for row in rows}
    assert [row["id"] for row in await first] == ["look 1"]
    assert names == {"look 2"}, "who came during a look has one of their own, together"
    assert [row["id"] for row in await backups.listed()] == ["look 3"]


async def test_who_asks_about_a_disk_that_hangs_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = HungFolder()
    backups = backups_at(tmp_path, there)
    monkeypatch.setattr("gateway.backups.PATIENCE_S", 0.01)
    async with asyncio.timeout(10):
        for _ in range(3):
            assert await backups.listed() == []
    assert there.looks == 1
    there.freed.set()


async def test_who_asks_about_a_disk_that_hangs_hears_what_was_there_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = HungFolder()
    backups = backups_at(tmp_path, there)
    there.freed.set()
    assert [row["id"] for row in await backups.listed()] == ["look 1"]
    there.freed.clear()
    monkeypatch.setattr("gateway.backups.PATIENCE_S", 0.01)
    assert [row["id"] for row in await backups.listed()] == ["look 1"]
    there.freed.set()


def test_a_disk_that_hangs_lets_the_gateway_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hung, freed = threading.Event(), threading.Event()
    monkeypatch.setattr("gateway.backups.GIVE_UP_S", 0.01)

    def hang(*_: object) -> None:
        hung.set()
        freed.wait(30)

    async def begin_and_stop() -> None:
        backups = backups_at(tmp_path, BackupFolder())
        monkeypatch.setattr(backups, "_copy", hang)
        async with asyncio.TaskGroup() as group:
            backups.open(group)
            assert (await backups.begin("anna"))["state"] == "running"
            assert await asyncio.to_thread(hung.wait, 10)
            await backups.close()

    running = threading.Thread(target=lambda: asyncio.run(begin_and_stop()))
    running.start()
    running.join(10)
    assert hung.is_set()
    assert not running.is_alive()
    freed.set()


async def test_a_disk_that_hangs_keeps_nobody_from_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    freed, looks = threading.Event(), list[int]()

    def hang(folder: DataFolder, place: Path) -> Storage:
        looks.append(1)
        freed.wait(30)
        return storage_of(folder, place)

    monkeypatch.setattr("gateway.system.PATIENCE_S", 0.01)
    monkeypatch.setattr("gateway.system.storage_of", hang)
    async with sited(tmp_path) as at:
        told = [(await at.viewer.get("/system")).json()["storage"] for _ in range(3)]
        assert [each["total_bytes"] for each in told] == [0, 0, 0]
        assert len(looks) == 1
        freed.set()

        async def known() -> bool:
            seen = (await at.viewer.get("/system")).json()["storage"]
            return bool(seen["total_bytes"])

        await until(known, 10, "the disk has answered")
        assert len(looks) == 1


def test_a_folder_that_can_be_no_path_is_refused() -> None:
    for folder in ("backups", "/mnt/\0"):
        with pytest.raises(ValidationError, match="path"):
            BackupSettings(folder=folder)
