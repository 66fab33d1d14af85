"""The socket in the data folder by which the command line talks to the running gateway.

One JSON object a line, one answer a line. Who may open the folder may speak here.
"""

import asyncio
import contextlib
import json
import logging
import os
import socket
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

REQUEST_BYTES_MAX = 64 << 20
"""A request may carry a whole CSV."""

ANSWER_TIMEOUT_S = 60.0

PATH_BYTES_MAX = 107
"""What the kernel takes as the path of a socket."""

log = logging.getLogger("tagwarden")

Handle = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


class ControlError(Exception):
    """The running gateway did not answer, or refused; the text says why."""


async def serve(path: Path, handle: Handle) -> asyncio.Server:
    """Listen on the socket; `handle` answers each request. Raises OSError."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answer = await _answer(reader, handle)
        with contextlib.suppress(ConnectionError):
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        writer.close()

    listener = await asyncio.to_thread(_listen, path)
    return await asyncio.start_unix_server(converse, sock=listener, limit=REQUEST_BYTES_MAX)


async def _answer(reader: asyncio.StreamReader, handle: Handle) -> dict[str, Any]:
    """Whatever goes wrong, whoever asks is told."""
    try:
        request = json.loads(await reader.readline())
        if not isinstance(request, dict):
            return {"error": "a request is an object"}
        return await handle(request)
    except KeyError as error:
        return {"error": f"the request lacks {error}"}
    except (ValueError, RecursionError, OSError, sqlite3.Error) as error:
        return {"error": str(error) or type(error).__name__}
    except Exception as error:
        log.exception("a request of the command line failed")
        return {"error": f"fault in the gateway: {error!r}"}


def _listen(path: Path) -> socket.socket:
    """A socket at `path` for its owner only; one that a crash left there is replaced."""
    if len(os.fsencode(path)) > PATH_BYTES_MAX:
        raise OSError(f"{path}: the path of a data folder can not be that long")
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    path.chmod(0o600)
    return listener


def ask(path: Path, request: dict[str, Any]) -> dict[str, Any] | None:
    """Ask the running gateway; None when none listens. Raises ControlError."""
    if len(os.fsencode(path)) > PATH_BYTES_MAX:
        return None
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(ANSWER_TIMEOUT_S)
        try:
            connection.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        try:
            connection.sendall(json.dumps(request).encode() + b"\n")
            with connection.makefile("rb") as lines:
                line = lines.readline()
        except OSError as error:
            raise ControlError(f"the running gateway did not answer: {error}") from error
    if not line:
        raise ControlError("the running gateway closed the connection without an answer")
    answer: dict[str, Any] = json.loads(line)
    return answer
