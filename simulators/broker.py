"""An MQTT broker for those who have none: amqtt in a process of its own.

    async with Broker() as broker:
        …  # mqtt://127.0.0.1:{broker.port}

It speaks MQTT 3.1.1, takes anybody in, keeps nothing on disk and ends with its parent.
"""

import asyncio
import importlib
import logging
import os
import sys
from types import TracebackType
from typing import Self

READY_S = 30.0
STOP_S = 3.0
_STDOUT = 1


class BrokerError(Exception):
    """The broker did not start; the text says why."""


class Broker:
    """One broker on a free port of the loopback interface. Needs the extra `demo`."""

    def __init__(self) -> None:
        self.port = 0
        self._process: asyncio.subprocess.Process | None = None

    @property
    def address(self) -> str:
        """As a site file names it."""
        return f"mqtt://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        """Return once it listens. Raises BrokerError."""
        pipe = asyncio.subprocess.PIPE
        self._process = process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "simulators.broker"),
            stdin=pipe,
            stdout=pipe,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert process.stdout is not None  # noqa: S101 -- asked for above
        said = ""
        try:
            async with asyncio.timeout(READY_S):
                said = (await process.stdout.readline()).decode().strip()
            self.port = int(said)
        except TimeoutError as error:
            await self._end()
            raise BrokerError(f"amqtt did not start within {READY_S:g} s") from error
        except ValueError as error:
            await self._end()
            raise BrokerError(f"amqtt did not start: {said or 'it said nothing'}") from error
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._end()

    async def _end(self) -> None:
        """It ends by itself when its input does; otherwise it is made to."""
        process, self._process = self._process, None
        if process is None or process.stdin is None:
            return
        process.stdin.close()
        try:
            async with asyncio.timeout(STOP_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def _serve() -> None:
    """Be the broker: tell the port, and end when the input does."""
    make = importlib.import_module("amqtt.broker").Broker  # only here, since it takes a while
    anybody = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}
    listeners = {"default": {"type": "tcp", "bind": "127.0.0.1:0"}}
    broker = make({"listeners": listeners, "plugins": anybody})
    await broker.start()
    server = broker._servers["default"].instance  # noqa: SLF001 -- nothing else tells the port
    os.write(_STDOUT, f"{server.sockets[0].getsockname()[1]}\n".encode())
    ended = asyncio.StreamReader()
    reading = asyncio.StreamReaderProtocol(ended)
    await asyncio.get_running_loop().connect_read_pipe(lambda: reading, sys.stdin)
    await ended.read()
    await broker.shutdown()


def _main() -> None:
    logging.disable(logging.CRITICAL)
    try:
        asyncio.run(_serve())
    except Exception as error:  # noqa: BLE001 -- whatever it is, the parent is told
        os.write(_STDOUT, f"{error!r}\n".encode())


if __name__ == "__main__":
    _main()
