"""The HTTP server, on a socket of our own so that a busy port is told before anything starts."""

import contextlib
import socket
from collections.abc import Generator

import uvicorn
from fastapi import FastAPI

BACKLOG = 512
GOODBYE_S = 3


class PortTakenError(Exception):
    """Nobody can listen there; the text says what to do."""


def bind(listen: str) -> socket.socket:
    """A listening socket for `host:port`; port 0 takes a free one. Raises PortTakenError."""
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, int(port)))
    except (OSError, OverflowError) as error:
        listener.close()
        raise PortTakenError(
            f"can not listen on {listen}: {getattr(error, 'strerror', None) or error}; "
            "choose another port (server.listen in the site file, --port of the demo)",
        ) from error
    listener.listen(BACKLOG)
    return listener


def address_of(listener: socket.socket) -> str:
    """The URL under which a socket answers."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Server(uvicorn.Server):
    """uvicorn without its signal handlers: the gateway decides when to stop."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=GOODBYE_S,
            ),
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave signals alone."""
        yield
