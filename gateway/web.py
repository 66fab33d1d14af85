"""The HTTP side of a running gateway: where it listens, its application, its certificate."""

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path

from prometheus_client import CollectorRegistry

from api.access import Access, keys_in
from api.app import Api, create_app
from api.dashboard import DIST, files_in
from api.desk import Desk
from api.settings import ServerSettings, rates_of
from gateway.loose_tasks import ended
from gateway.server import Server, address_of, bind, certificate_of
from history.questions import StateQuestions
from history.sessions import SessionLimits


class Web:
    """Listens from the beginning, so that a busy port is told before anything else starts.

    Raises PortTakenError, TlsError.
    """

    def __init__(self, settings: Callable[[], ServerSettings], listen: str | None) -> None:
        self._settings = settings
        self._certificate = certificate_of(settings())
        self._listener: socket.socket = bind(listen or settings().listen)
        self._pages = files_in(DIST)
        self._servers: list[Server] = []
        self._noting: list[asyncio.Task[None]] = []
        self._accesses: list[Access] = []
        self._apps: list[Api] = []

    @property
    def address(self) -> str:
        """The URL of the API."""
        return address_of(self._listener, encrypted=self._certificate is not None)

    def open(
        self, desk: Desk, questions: StateQuestions, state: Path, metrics: CollectorRegistry
    ) -> Api:
        """Make the application; `state` is where keys are looked up."""
        app = create_app(
            desk,
            questions,
            keys_in(state),
            metrics,
            hosts=lambda: self._settings().hosts,
            rates=rates_of(self._settings()),
            session_limits=self._session_limits,
            pages=self._pages,
        )
        self._accesses.append(app.state.access)
        self._apps.append(app)
        return app

    def _session_limits(self) -> SessionLimits:
        return self._settings().sessions.limits()

    def begin(self, app: Api, group: asyncio.TaskGroup) -> asyncio.Task[None]:
        """Answer requests from now on; the task is done once nobody is answered any more."""
        server = Server(app, self._settings, app.state.metrics, self._certificate)
        self._servers.append(server)
        self._noting = [
            group.create_task(app.key_uses.run(), name="key-uses"),
            group.create_task(app.session_book.run(), name="sessions"),
            group.create_task(app.log_ins.run(), name="log-ins"),
        ]
        return group.create_task(server.serve([self._listener]), name="http")

    async def end(self, app: Api, serving: asyncio.Task[None]) -> None:
        """Take leave of everybody, and write down who was here."""
        app.streams.end_all()
        app.lives.end_all()
        for server in self._servers:
            server.should_exit = True
        await serving
        await ended(self._noting)
        await app.key_uses.write()
        await app.session_book.write()

    def forget(self) -> None:
        """Keep nothing in memory of what was told: it has been rewritten."""
        for app in self._apps:
            app.streams.forget()

    def use_settings(self) -> None:
        """Work by what the site file says now."""
        for access in self._accesses:
            access.use_rates(rates_of(self._settings()))

    def reread_certificate(self) -> None:
        """Look whether the certificate was renewed."""
        for server in self._servers:
            server.reread_certificate()

    def close(self) -> None:
        """Listen no more."""
        self._listener.close()
