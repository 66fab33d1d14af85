"""HTTP/1.1 for strangers: uvicorn's protocol with a limit in size and time on every part.

Whoever is slow on purpose holds a socket and a few kilobytes, for seconds, and nothing else.
"""

import asyncio
import math
import sys
from typing import Any

import h11
from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from api.headers import with_safe_headers
from api.problems import PROBLEM_JSON, problem_text
from api.settings import ServerSettings
from gateway.connections import Connections, Place

HEAD_BYTES_MAX = 32 * 1024
HEADERS_MAX = 100
REQUEST_LINE_BYTES_MAX = 8 * 1024
LINGER_S = 5.0
"""So often it is looked how much a client has taken that was told goodbye."""
STALLED_S = 30.0
"""So often it is looked how much a client has taken for which an answer waits."""
TAKEN_BYTES_S_MIN = 1_000

_TOO_LONG, _TOO_MUCH = 414, 431
_DETAILS = {
    400: "This is no HTTP/1.1 request.",
    408: "The head of the request took too long.",
    _TOO_LONG: f"The request line is over {REQUEST_LINE_BYTES_MAX} bytes.",
    _TOO_MUCH: f"The headers are over {HEAD_BYTES_MAX} bytes, or more than {HEADERS_MAX}.",
}
_REASONS = {400: "no_http", 408: "slow_head", _TOO_LONG: "long_line", _TOO_MUCH: "large_head"}
_LINE_REST = len(" HTTP/1.1\r\n") + 1


class BoundedConnection(h11.Connection):
    """The state of a connection; a head that is too large is an error with its status."""

    def next_event(self) -> Any:  # noqa: ANN401 -- as h11 declares it
        """Return what comes next. Raises h11.RemoteProtocolError with `error_status_hint`."""
        try:
            event = super().next_event()
        except h11.RemoteProtocolError as error:
            received, _ = self.trailing_data
            if error.error_status_hint == _TOO_MUCH and b"\n" not in received:
                error.error_status_hint = _TOO_LONG
            raise
        if isinstance(event, h11.Request):
            _check_head(event)
        return event


def _check_head(request: h11.Request) -> None:
    """Raise h11.RemoteProtocolError for a head that is whole and too large, or two-faced."""
    line_bytes = len(request.method) + len(request.target) + _LINE_REST
    if line_bytes > REQUEST_LINE_BYTES_MAX:
        raise h11.RemoteProtocolError("line too long", error_status_hint=_TOO_LONG)
    headers = list(request.headers)
    head_bytes = line_bytes + sum(len(name) + len(value) + 4 for name, value in headers)
    if len(headers) > HEADERS_MAX or head_bytes > HEAD_BYTES_MAX:
        raise h11.RemoteProtocolError("head too large", error_status_hint=_TOO_MUCH)
    names = {name for name, _ in headers}
    # Two statements of where the body ends: somebody in between may believe the other one.
    if {b"content-length", b"transfer-encoding"} <= names:
        raise h11.RemoteProtocolError("two lengths", error_status_hint=400)


class HttpProtocol(H11Protocol):
    """One connection of HTTP, which holds a place until it is lost."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        place: Place,
        connections: Connections,
        settings: ServerSettings,
    ) -> None:
        super().__init__(config, server_state, {})
        self.conn = BoundedConnection(h11.SERVER, HEAD_BYTES_MAX)
        self._place = place
        self._all = connections
        self._head_timeout_s = settings.head_timeout_s
        self.timeout_keep_alive = settings.keep_alive_s
        self._owed: str | None = None
        self._patience: asyncio.TimerHandle | None = None
        self._stall: asyncio.TimerHandle | None = None
        self._is_new = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # it is TCP
        """Begin; the first head is awaited from now on."""
        super().connection_made(transport)
        self._place.cut = self._give_way
        self._note_progress()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        self._forget_timers()
        self._place.leave()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what has come, and look whether more of it is owed."""
        super().data_received(data)
        if self.transport.get_protocol() is self:
            self._note_progress()

    def on_response_complete(self) -> None:
        """Go on with what was sent meanwhile."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._close_for_sure()
        else:
            self._note_progress()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Hand connection and place over; a WebSocket has its own limits."""
        self._forget_timers()
        self._place.work()
        super().handle_websocket_upgrade(event)
        successor = self.transport.get_protocol()
        if isinstance(successor, WebSocketProtocol):
            successor.place = self._place
            if not successor.handshake_initiated:
                # Such as a POST, or one with a body: uvicorn would never answer.
                self._all.refuse(_REASONS[400])
                self._send_problem(400, is_head=event.method == b"HEAD")
                self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request, or too large a one."""
        del msg
        error = sys.exception()
        hint = error.error_status_hint if isinstance(error, h11.RemoteProtocolError) else 400
        self._refuse(hint if hint in _DETAILS else 400)

    def pause_writing(self) -> None:
        """Wait for a client that does not take its answer, not for ever."""
        super().pause_writing()
        self._watch_taking(STALLED_S)

    def resume_writing(self) -> None:
        """It takes it."""
        super().resume_writing()
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None

    def timeout_keep_alive_handler(self) -> None:
        """Say goodbye to a connection that nothing is asked over."""
        super().timeout_keep_alive_handler()
        self._close_for_sure()

    def shutdown(self) -> None:
        """Say goodbye, after the answer that is being given."""
        super().shutdown()
        if self.transport.is_closing():
            self._close_for_sure()

    def _note_progress(self) -> None:
        """Start to wait for what is owed, or stop it; the place waits while nothing is asked."""
        if self.conn.their_state is h11.IDLE:
            self._place.wait()
        else:
            self._is_new = False
            self._place.work()
        owed = self._what_is_owed()
        if owed == self._owed:
            return
        self._owed = owed
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        if owed is not None:
            self._patience = self.loop.call_later(self._head_timeout_s, self._lose_patience)

    def _what_is_owed(self) -> str | None:
        """The rest of a head, or of a body that nobody reads any more."""
        if self.transport.is_closing():
            return None
        if self.conn.their_state is h11.IDLE:
            return "head" if self._is_new or self.conn.trailing_data[0] else None
        answered = bool(self.cycle) and self.cycle.response_complete
        return "body" if answered and self.conn.their_state is h11.SEND_BODY else None

    def _lose_patience(self) -> None:
        if self._owed == "head" and self.conn.trailing_data[0]:
            self._refuse(408)
        else:
            self._give_up("slow_body" if self._owed == "body" else "silent")

    def _give_up(self, reason: str) -> None:
        self._all.refuse(reason)
        self.transport.abort()

    def _give_way(self) -> None:
        self._forget_timers()
        self.transport.abort()

    def _refuse(self, status: int) -> None:
        self._all.refuse(_REASONS[status])
        if self.cycle and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            self._send_problem(status)
        self.transport.close()
        self._close_for_sure()

    def _send_problem(self, status: int, *, is_head: bool = False) -> None:
        body = problem_text(status, _DETAILS[status]).encode()
        headers = [
            (b"content-type", PROBLEM_JSON.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
            *self.server_state.default_headers,
        ]
        raw = with_safe_headers(headers, self.scheme or "http")
        for event in (
            h11.Response(status_code=status, headers=raw),
            h11.Data(data=b"" if is_head else body),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")

    def _close_for_sure(self) -> None:
        self._forget_timers()
        self._watch_taking(LINGER_S)

    def _watch_taking(self, every_s: float, before: float = math.inf) -> None:
        """Cut a client off that takes its answer slower than a modem did."""
        left = self.transport.get_write_buffer_size()
        if left > before - every_s * TAKEN_BYTES_S_MIN:
            self._give_up("slow_answer")
            return
        self._stall = self.loop.call_later(every_s, self._watch_taking, every_s, left)

    def _forget_timers(self) -> None:
        for timer in (self._patience, self._stall):
            if timer is not None:
                timer.cancel()
        self._patience = self._stall = None


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """One WebSocket, on the place that the request before it held."""

    place: Place | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        if self.place is not None:
            self.place.leave()
        super().connection_lost(exc)
