"""The socket by which the command line talks to the gateway, and the lock of the data folder."""

import asyncio
import json
import os
import socket
import sqlite3
import stat
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.control import ControlError, ask, serve
from gateway.data_folder import DataFolder, DataFolderBusyError
from gateway.errands import Errands


async def answer(request: dict[str, Any]) -> dict[str, Any]:
    match request.get("do"):
        case "echo":
            return request
        case "need":
            return {"got": request["file"]}
        case "full":
            raise sqlite3.OperationalError("database or disk is full")
        case _:
            raise ZeroDivisionError("oops")


@asynccontextmanager
async def listening(folder: Path) -> AsyncGenerator[Path]:
    path = folder / "control.sock"
    server = await serve(path, answer)
    async with server:
        yield path


async def raw(path: Path, sent: bytes, *, end: bool = False) -> dict[str, Any]:
    """Send bytes; what comes back within the time."""
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(sent)
    if end:
        writer.write_eof()
    async with asyncio.timeout(10):
        line = await reader.readline()
    writer.close()
    found: dict[str, Any] = json.loads(line)
    return found


async def test_a_request_is_answered(tmp_path: Path) -> None:
    async with listening(tmp_path) as path:
        request = {"do": "echo", "text": "ä" * 100_000}
        assert await asyncio.to_thread(ask, path, request) == request
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b'{"do": "need"}\n', "the request lacks 'file'"),
        (b'{"do": "full"}\n', "database or disk is full"),
        (b'{"do": "else"}\n', "fault in the gateway: ZeroDivisionError('oops')"),
        (b"[]\n", "a request is an object"),
        (b"hello\n", "Expecting value: line 1 column 1 (char 0)"),
        (b"\n", "Expecting value: line 2 column 1 (char 1)"),
        (b'"\xff"\n', "'utf-8' codec can't decode byte"),
    ],
)
async def test_who_asks_wrongly_is_told_so_and_the_next_one_is_served(
    sent: bytes,
    said: str,
    tmp_path: Path,
) -> None:
    async with listening(tmp_path) as path:
        assert said in (await raw(path, sent))["error"]
        assert await raw(path, b'{"do": "echo"}\n') == {"do": "echo"}


async def test_half_a_line_is_waited_for_and_its_end_is_an_error(tmp_path: Path) -> None:
    async with listening(tmp_path) as path:
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b'{"do": "ec')
        await writer.drain()
        assert await raw(path, b'{"do": "echo"}\n') == {"do": "echo"}
        writer.write(b'ho"}\n')
        assert json.loads(await reader.readline()) == {"do": "echo"}
        writer.close()
        assert "Unterminated" in (await raw(path, b'{"do": "ec', end=True))["error"]


async def test_a_huge_request_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.control.REQUEST_BYTES_MAX", 1_000)
    async with listening(tmp_path) as path:
        assert "limit" in (await raw(path, b"[" * 3_000 + b"\n"))["error"]
        assert await raw(path, b'{"do": "echo"}\n') == {"do": "echo"}


async def test_who_hangs_up_early_disturbs_nobody(tmp_path: Path) -> None:
    async with listening(tmp_path) as path:
        for _ in range(5):
            _, writer = await asyncio.open_unix_connection(path)
            writer.write(b'{"do": "echo", "text": "' + b"x" * 200_000 + b'"}\n')
            writer.transport.abort()
        assert await raw(path, b'{"do": "echo"}\n') == {"do": "echo"}


def test_nobody_listens_where_there_is_no_socket_or_a_left_over_one(tmp_path: Path) -> None:
    assert ask(tmp_path / "control.sock", {}) is None
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(str(tmp_path / "control.sock"))
    assert ask(tmp_path / "control.sock", {}) is None


async def test_a_left_over_socket_is_replaced(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(str(tmp_path / "control.sock"))
    async with listening(tmp_path) as path:
        assert await asyncio.to_thread(ask, path, {"do": "echo"}) == {"do": "echo"}


def test_a_gateway_that_hangs_up_is_named(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    with socket.socket(socket.AF_UNIX) as rude:
        rude.bind(str(path))
        rude.listen()

        def close_at_once() -> None:
            rude.accept()[0].close()

        hang_up = threading.Thread(target=close_at_once)
        hang_up.start()
        with pytest.raises(ControlError, match="running gateway"):
            ask(path, {"do": "echo"})
        hang_up.join()


async def test_a_path_that_is_too_long_for_a_socket_is_named(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 100) / "control.sock"
    with pytest.raises(OSError, match="can not be that long"):
        await serve(path, answer)
    assert ask(path, {}) is None


async def test_an_unknown_errand_is_refused() -> None:
    errands = Errands(None, lambda: 0)  # type: ignore[arg-type] # never asked
    assert await errands.answer({"do": "dance"}) == {"error": "unknown request 'dance'"}
    assert await errands.answer({}) == {"error": "unknown request None"}


def test_a_data_folder_is_used_by_one_gateway_at_a_time(tmp_path: Path) -> None:
    with DataFolder(tmp_path / "data") as first:
        with pytest.raises(DataFolderBusyError) as caught, DataFolder(first.path):
            pass
        assert str(caught.value) == (
            f"{first.path} is used by another gateway (process {os.getpid()}); "
            "stop that one, or name another folder with --data"
        )
    with DataFolder(tmp_path / "data"):
        pass
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_the_lock_names_the_process_that_has_it_now(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("4194304999\n", encoding="utf-8")
    with DataFolder(tmp_path):
        assert (tmp_path / "lock").read_text(encoding="utf-8") == f"{os.getpid()}\n"
