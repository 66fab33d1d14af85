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


class Service:
    """An application, the server that answers by it, and where that listens."""

    def __init__(self, app: Api, server: Server, listener: socket.socket) -> None:
        self.app = app
        self.server = server
        self._listener = listener
        self._noting: list[asyncio.Task[None]] = []

    def begin(self, group: asyncio.TaskGroup) -> asyncio.Task[None]:
        """Answer requests from now on; the task is done once nobody is answered any more."""
        self._noting = [
            group.create_task(self.app.key_uses.run(), name="key-uses"),
            group.create_task(self.app.session_book.run(), name="sessions"),
            group.create_task(self.app.log_ins.run(), name="log-ins"),
        ]
        return group.create_task(self.server.serve([self._listener]), name="http")

    async def end(self, serving: asyncio.Task[None]) -> None:
        """Take leave of everybody, and write down who was here."""
        self.app.streams.end_all()
        self.app.lives.end_all()
        self.server.should_exit = True
        await serving
        await ended(self._noting)
        await self.app.key_uses.write()
        await self.app.session_book.write()


class Web:
    """Listens from the beginning, so that a busy port is told before anything else starts.

    Raises PortTakenError, TlsError.
    """

    def __init__(self, settings: Callable[[], ServerSettings], listen: str | None) -> None:
        self._settings = settings
        self._certificate = certificate_of(settings())
        self._listener: socket.socket = bind(listen or settings().listen)
        self._pages = files_in(DIST)
        self._service: Service | None = None

    @property
    def address(self) -> str:
        """The URL of the API."""
        return address_of(self._listener, encrypted=self._certificate is not None)

    def open(
        self, desk: Desk, questions: StateQuestions, state: Path, metrics: CollectorRegistry
    ) -> Service:
        """Make the application and its server; `state` is where keys are looked up."""
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
        server = Server(app, self._settings, app.state.metrics, self._certificate)
        self._service = Service(app, server, self._listener)
        return self._service

    def _session_limits(self) -> SessionLimits:
        return self._settings().sessions.limits()

    def forget(self) -> None:
        """Keep nothing in memory of what was told: it has been rewritten."""
        if self._service is not None:
            self._service.app.streams.forget()

    def use_settings(self) -> None:
        """Work by what the site file says now."""
        if self._service is not None:
            access: Access = self._service.app.state.access
            access.use_rates(rates_of(self._settings()))

    def reread_certificate(self) -> None:
        """Look whether the certificate was renewed."""
        if self._service is not None:
            self._service.server.reread_certificate()

    def close(self) -> None:
        """Listen no more."""
        self._listener.close()
