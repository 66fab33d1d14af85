"""The HTTP server, on a socket of our own so that a busy port is told before anything starts."""

import asyncio
import contextlib
import logging
import resource
import socket
import time
from collections.abc import Callable, Generator

import uvicorn
from prometheus_client import CollectorRegistry, Gauge
from starlette.types import ASGIApp

from api.settings import ServerSettings, is_loopback
from gateway.connections import Connections, Place
from gateway.http_protocol import HttpProtocol, WebSocketProtocol
from gateway.tls import CertificateWatch

BACKLOG = 512
GOODBYE_S = 3
LOOK_S = 2.0
SEND_BUFFER_BYTES = 128 * 1024
"""The system shows soon that a client takes nothing, and 1,000 of them take no memory."""
MESSAGE_BYTES_MAX = 64 * 1024
NO_FILES_PAUSE_S = 0.2
OTHER_FILES = 512
"""Files besides connections: databases, day files, readers."""

_WAITS_FOR_RESTART = ("listen", "proxies")

log = logging.getLogger("tagwarden.http")


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


def address_of(listener: socket.socket, *, encrypted: bool = False) -> str:
    """The URL under which a socket answers."""
    scheme = "https" if encrypted else "http"
    host, port = listener.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def certificate_of(settings: ServerSettings) -> CertificateWatch | None:
    """The certificate that a site file names. Raises gateway.tls.TlsError."""
    return None if settings.tls is None else CertificateWatch(settings.tls, time.time_ns)


class Server(uvicorn.Server):
    """uvicorn behind a door of our own, and without its signal handlers.

    `settings` are asked whenever they are needed, so that a changed site file holds at once,
    but for where it listens. Connections are taken by us: each new one gets the newest
    certificate, and a handshake costs a stranger a place like anything else.
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: Callable[[], ServerSettings] = ServerSettings,
        metrics: CollectorRegistry | None = None,
        certificate: CertificateWatch | None = None,
    ) -> None:
        super().__init__(_config(app, settings()))
        metrics = metrics or CollectorRegistry()
        self._settings = settings
        self._last_seen = settings()
        self._certificate = certificate
        self._reread = False
        self._listeners: list[socket.socket] = []
        self._connections = Connections(settings, metrics)
        self._greeting: set[asyncio.Task[None]] = set()
        if certificate is not None:
            _show_expiry(certificate, metrics)

    def reread_certificate(self) -> None:
        """Look at the files of the certificate soon, changed or not."""
        self._reread = True

    def _note_changed(self) -> None:
        """Say what of changed settings holds only after a restart."""
        now, then = self._settings(), self._last_seen
        self._last_seen = now
        keys = [key for key in _WAITS_FOR_RESTART if getattr(now, key) != getattr(then, key)]
        if (now.tls is None) is not (then.tls is None):
            keys.append("tls")
        for key in keys:
            log.warning("server.%s of the site file holds after a restart", key)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave signals alone."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Get ready; `main_loop` takes connections."""
        await self.lifespan.startup()
        self.servers = []
        self._listeners = sockets or []
        _make_room_for(self._last_seen.connections_max)
        for listener in self._listeners:
            listener.setblocking(False)  # noqa: FBT003 -- the name of the method says it
            _warn_if_open(listener, encrypted=self._certificate is not None)
        self.started = True

    async def main_loop(self) -> None:
        """Take connections until the gateway stops."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._take_from(each, group)) for each in self._listeners]
            tasks.append(group.create_task(self._watch_settings()))
            await super().main_loop()
            for task in [*tasks, *self._greeting]:
                task.cancel()

    async def _take_from(self, listener: socket.socket, group: asyncio.TaskGroup) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                taken, address = await loop.sock_accept(listener)
            except ConnectionError:
                continue
            except OSError as error:
                self._connections.refuse("system")
                log.error("no connection can be taken: %s", error)  # noqa: TRY400 - the text is all that helps
                await asyncio.sleep(NO_FILES_PAUSE_S)
                continue
            place = self._connections.admit(address[0])
            if place is None:
                taken.close()
            else:
                task = group.create_task(self._greet(taken, place))
                self._greeting.add(task)
                task.add_done_callback(self._greeting.discard)
            # A flood of newcomers must not keep everybody else waiting.
            await asyncio.sleep(0)

    async def _greet(self, taken: socket.socket, place: Place) -> None:
        """Encrypt where wanted; from then on the protocol has the connection."""
        settings = self._settings()
        patience_s = settings.head_timeout_s
        context = None if self._certificate is None else self._certificate.context
        task = asyncio.current_task()
        if task is not None:
            place.cut = task.cancel
        place.wait()

        def protocol() -> HttpProtocol:
            state, all_places = self.server_state, self._connections
            return HttpProtocol(self.config, state, place, all_places, settings)

        met = False
        try:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
            await asyncio.get_running_loop().connect_accepted_socket(
                protocol,
                taken,
                ssl=context,
                ssl_handshake_timeout=None if context is None else patience_s,
                ssl_shutdown_timeout=None if context is None else GOODBYE_S,
            )
            met = True
        except OSError:
            self._connections.refuse("handshake")
        finally:
            if not met:
                place.leave()
                taken.close()

    async def _watch_settings(self) -> None:
        while True:
            self._note_changed()
            if self._certificate is not None:
                await self._watch_certificate(self._certificate)
            await asyncio.sleep(LOOK_S)

    async def _watch_certificate(self, watch: CertificateWatch) -> None:
        if (settings := self._settings().tls) is not None:
            anyway, self._reread = self._reread, False
            await asyncio.to_thread(watch.look, settings, anyway=anyway)
        if (warning := watch.warning()) is not None:
            log.warning("%s", warning)


def _config(app: ASGIApp, settings: ServerSettings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="off",
        loop="none",
        http=HttpProtocol,
        ws=WebSocketProtocol,
        ws_max_size=MESSAGE_BYTES_MAX,
        ws_per_message_deflate=False,
        log_config=None,
        log_level=logging.ERROR,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=list(settings.proxies),
        timeout_graceful_shutdown=GOODBYE_S,
    )


def _show_expiry(certificate: CertificateWatch, metrics: CollectorRegistry) -> None:
    gauge = Gauge(
        "tagwarden_certificate_expires_seconds",
        "Until the certificate of the server ends.",
        registry=metrics,
    )
    gauge.set_function(certificate.expires_s)


def _make_room_for(connections_max: int) -> None:
    """Let this process open so many files, as far as the system allows."""
    wanted = connections_max + OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed < wanted:
        log.warning(
            "the system lets this process open %d files, too few for server.connections_max of %d",
            allowed,
            connections_max,
        )


def _warn_if_open(listener: socket.socket, *, encrypted: bool) -> None:
    """Say it where others reach an address over which keys travel in clear text."""
    if encrypted or is_loopback(str(listener.getsockname()[0])):
        return
    log.warning(
        "%s is reached from elsewhere without encryption: keys can be read on the way, and people "
        "can not log in. Set server.tls in the site file, or listen on 127.0.0.1 behind a proxy",
        address_of(listener),
    )
