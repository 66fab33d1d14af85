"""The way to a client without a queue: bytes go straight to its socket, or are not sent at all.

ASGI lets a sender wait until a client has taken what was sent before, and costs a task switch
and the protocol's own work for each write. Who tells many clients the same needs neither: it
encodes once, writes to those who have taken all, and passes over those who have not.
"""

from asyncio import Transport
from typing import Any

from starlette.types import Scope, Send

WIRE = "tagwarden.wire"
"""The extension of an ASGI scope under which the connection is found."""

_BINARY, _LENGTH_16, _LENGTH_64 = 0x82, 126, 127
_SHORT_MAX, _MEDIUM_MAX = 125, 0xFFFF


class NoWireError(RuntimeError):
    """The server does not show its connections, so that nobody can be told anything here."""


def note_wire(scope: Scope, send: Send) -> None:
    """Put the connection of a uvicorn server into the scope: `send` is a method of what holds it.

    To be called before any middleware wraps `send`. Other servers are left as they are.
    """
    transport: Any = getattr(getattr(send, "__self__", None), "transport", None)
    if isinstance(transport, Transport):
        scope.setdefault("extensions", {})[WIRE] = transport


class Wire:
    """One connection, whose head has been sent by ASGI. Raises NoWireError where there is none."""

    def __init__(self, scope: Scope) -> None:
        transport = (scope.get("extensions") or {}).get(WIRE)
        if not isinstance(transport, Transport):
            raise NoWireError("the connection is not in the scope; see api.wire.note_wire")
        self._transport = transport
        self.is_chunked = scope.get("http_version") == "1.1"

    @property
    def waiting_bytes(self) -> int:
        """How much of what was written the system has not taken yet."""
        return self._transport.get_write_buffer_size()

    def write(self, framed: bytes) -> None:
        """Write what `chunk` or `binary_message` made; on a connection that is lost, nothing."""
        if not self._transport.is_closing():
            self._transport.write(framed)

    def abort(self) -> None:
        """Cut the connection, with all that it did not take."""
        self._transport.abort()


def chunk(body: bytes) -> bytes:
    """A piece of a body of which the length is not known, as HTTP/1.1 frames it (RFC 9112, 7.1)."""
    return b"%x\r\n%b\r\n" % (len(body), body)


def binary_message(body: bytes) -> bytes:
    """A message of a WebSocket from a server, whole and not masked (RFC 6455, 5.2)."""
    size = len(body)
    if size <= _SHORT_MAX:
        return bytes((_BINARY, size)) + body
    if size <= _MEDIUM_MAX:
        return bytes((_BINARY, _LENGTH_16)) + size.to_bytes(2) + body
    return bytes((_BINARY, _LENGTH_64)) + size.to_bytes(8) + body
