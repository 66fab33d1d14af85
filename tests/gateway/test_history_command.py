"""`tagwarden history`: people see what another store lacks and refused, and can do something."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from blockbuster import BlockBuster

from gateway.cli import main
from gateway.control import serve
from gateway.data_folder import DataFolder
from gateway.errands import Errands
from history.set_aside import Refused, put_aside
from history.state import open_state
from tests.gateway.copies import away
from tests.gateway.test_shipping import Yard

T = TypeVar("T")


def state_with(folder: Path, *lines: str) -> Path:
    folder.mkdir(exist_ok=True)
    with open_state(DataFolder(folder).state) as db:
        put_aside(db, "influxdb", 0, [Refused(line, "400: field type conflict") for line in lines])
    db.close()
    return folder


def run(folder: Path, *words: str) -> int:
    return main(["history", *words, "--data", str(folder)])


def test_a_folder_of_nobody_has_no_history(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "status") == 1
    assert "no gateway has kept anything here" in capsys.readouterr().err


def test_lines_that_are_set_aside_are_listed_with_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = state_with(tmp_path, 'sighting,h=3 tag_id="a\nb" 5', "second")
    assert run(folder, "set-aside") == 0
    shown = capsys.readouterr().out
    assert "1  1970-01-01T00:00:00.000000Z  400: field type conflict" in shown
    assert 'tag_id="a\nb"' not in shown
    assert run(folder, "status") == 0
    assert "no gateway runs on this folder; 2 lines set aside" in capsys.readouterr().out


def test_nothing_set_aside_is_said_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(state_with(tmp_path), "set-aside") == 0
    assert "nothing is set aside" in capsys.readouterr().out


@pytest.fixture
def process_of_its_own(blocking_calls_fail: BlockBuster) -> Iterator[None]:
    """A command without a gateway has nobody whom it could hold up."""
    blocking_calls_fail.deactivate()
    yield
    blocking_calls_fail.activate()


@pytest.mark.usefixtures("process_of_its_own")
def test_lines_are_dropped_by_number_or_all_also_without_a_gateway(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = state_with(tmp_path, "a", "b", "c")
    assert run(folder, "drop") == 2
    assert run(folder, "drop", "2") == 0
    assert run(folder, "drop", "2") == 1
    assert "1 of these numbers are not set aside" in capsys.readouterr().err
    assert run(folder, "drop", "--all") == 0
    assert "2 lines dropped" in capsys.readouterr().out


def test_only_a_running_gateway_can_send_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(state_with(tmp_path, "a"), "retry") == 1
    assert "start it with tagwarden run" in capsys.readouterr().err


@asynccontextmanager
async def at_work(folder: Path, *, ships: bool = True) -> AsyncGenerator[Yard]:
    """A yard whose shipper the command line can ask."""
    yard = await asyncio.to_thread(Yard, folder)

    class Counter:
        async def submit(self, change: object) -> object:
            raise NotImplementedError

        async def transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
            return await yard.transact(work)

    errands = Errands(Counter(), lambda: 0, lambda: yard.shipper if ships else None)  # type: ignore[arg-type]  # nothing is submitted
    server = await serve(DataFolder(folder).socket, errands.answer)
    async with server:
        yield yard
    await yard.shipper.finish()
    await asyncio.to_thread(yard.plant.copy.closed.wait, 5)
    await asyncio.to_thread(yard.plant.close)


async def test_a_gateway_that_ships_tells_how_it_goes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with at_work(tmp_path) as yard:
        yard.plant.copy.refuses = lambda each: each.slot_s % 10 == 0
        await yard.hear(3)
        await yard.ship()
        assert await asyncio.to_thread(run, tmp_path, "status") == 0
        shown = capsys.readouterr().out
        assert "copy: has everything" in shown
        assert "set aside  2 lines" in shown
        yard.shipper.fault = "copy: 401"
        assert await asyncio.to_thread(run, tmp_path, "status") == 1
        assert "copy: 401" in capsys.readouterr().out
        yard.plant.copy.fails = away("copy is away")
        assert await asyncio.to_thread(run, tmp_path, "retry") == 1
        assert "copy is away" in capsys.readouterr().err
        yard.plant.copy.fails = lambda _number: None
        assert await asyncio.to_thread(run, tmp_path, "retry") == 0
        assert "2 lines sent" in capsys.readouterr().out


async def test_a_gateway_that_keeps_its_history_to_itself_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with at_work(tmp_path, ships=False):
        assert await asyncio.to_thread(run, tmp_path, "status") == 0
        assert "history is kept here only" in capsys.readouterr().out
        assert await asyncio.to_thread(run, tmp_path, "retry") == 1
        assert "the site file names no other store" in capsys.readouterr().err
