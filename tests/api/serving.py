"""The API on a real socket of the loopback."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from api.app import Api
from gateway.server import Server, address_of, bind


@asynccontextmanager
async def serving(app: Api) -> AsyncGenerator[str]:
    """Serve on a free port; gives the URL."""
    listener = bind("127.0.0.1:0")
    server = Server(app)
    task = asyncio.create_task(server.serve([listener]))
    try:
        yield address_of(listener)
    finally:
        server.should_exit = True
        await task
        listener.close()
