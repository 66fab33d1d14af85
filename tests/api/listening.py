"""Those who listen to the stream over a real server."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx
import uvicorn

from api.app import Api

STREAM = "/api/v1/stream"


class Told:
    """Server-sent events as a browser understands them."""

    def __init__(self, answer: httpx.Response) -> None:
        self._lines = answer.aiter_lines()
        self.last_id = ""
        self.comments = 0
        self.events: list[str] = []

    async def next(self) -> tuple[str, str, str]:
        """The id, name and data of the next event."""
        event, data = "message", ""
        async with asyncio.timeout(10):
            async for line in self._lines:
                field, _, value = line.partition(": ")
                match field:
                    case "id":
                        self.last_id = value
                    case "event":
                        event = value
                    case "data":
                        data = value
                    case "" if value:
                        self.comments += 1
                    case _ if data:
                        return self.last_id, event, data
                    case _:
                        pass
        raise EOFError

    async def next_id(self) -> str:
        """The next id, of an event or alone; `events` are the ids of those that were events."""
        async with asyncio.timeout(10):
            async for line in self._lines:
                field, _, value = line.partition(": ")
                if field == "data":
                    self.events.append(self.last_id)
                elif field == "id":
                    self.last_id = value
                elif not line and self.last_id:
                    return self.last_id
        raise EOFError

    async def until_id(self) -> str:
        """Read up to the first id: the stream has begun."""
        async with asyncio.timeout(10):
            async for line in self._lines:
                if line.startswith("id: "):
                    self.last_id = line[4:]
                    return self.last_id
        raise EOFError

    async def until_comment(self) -> None:
        async with asyncio.timeout(10):
            async for line in self._lines:
                if line.startswith(":"):
                    return
        raise EOFError

    async def rest(self) -> list[str]:
        async with asyncio.timeout(10):
            return [line async for line in self._lines]


@asynccontextmanager
async def serving(app: Api) -> AsyncGenerator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    config = uvicorn.Config(app, lifespan="off", ws="none", log_level="critical", log_config=None)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        app.streams.end_all()
        server.should_exit = True
        await task
        listener.close()


@asynccontextmanager
async def listening(
    address: str,
    key: str,
    query: str = "",
    headers: dict[str, str] | None = None,
) -> AsyncGenerator[Told]:
    sent = {"authorization": f"Bearer {key}", **(headers or {})}
    async with (
        httpx.AsyncClient(base_url=address, headers=sent) as client,
        client.stream("GET", STREAM + query) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        yield Told(answer)
