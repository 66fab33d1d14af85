"""What is refused before any route is looked up: foreign hosts and forms with files."""

import re
import socket
from collections.abc import Callable, Collection
from ipaddress import IPv6Address, ip_address

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problems import printable, problem

_HOST = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::([0-9]{1,5}))?")
_CLOSED_WRONG_HOST = 1008

Hosts = Callable[[], Collection[str]]


def own_names() -> frozenset[str]:
    """The names of this machine: as it calls itself, short, and as mDNS announces it."""
    name = socket.gethostname().lower()
    short = name.partition(".")[0]
    return frozenset({"localhost", name, short, f"{short}.local"} - {"", ".local"})


def is_own_host(stated: str, names: Collection[str]) -> bool:
    """Whether a Host header names an address, or one of `names`, with any port."""
    match = _HOST.fullmatch(stated)
    if match is None:
        return False
    host = match[1].lower().removesuffix(".")
    return host in names or _is_address(host)


def _is_address(host: str) -> bool:
    bracketed = host.startswith("[")
    try:
        address = ip_address(host[1:-1] if bracketed else host)
    except ValueError:
        return False
    return bracketed is isinstance(address, IPv6Address)


class Entrance:
    """ASGI middleware in front of all routes.

    A request or WebSocket under a name that is not ours gets 400: the name of a page that a
    browser took from elsewhere leads here when its DNS answer was changed (DNS rebinding).
    `hosts` gives the names beside those of the machine; it is asked each time.
    A multipart body gets 415: nothing here takes one.
    """

    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
        self._app = app
        self._hosts = hosts
        self._own = own_names()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer why not."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        stated = headers.get("host")
        # Only HTTP/1.0 goes without, which no browser speaks.
        if stated is not None and not self._is_ours(stated):
            detail = (
                f"This gateway is not {printable(stated, 200)!r}; "
                "server.hosts of the site file lists the names under which it is reached."
            )
            await _refuse(400, detail, scope, receive, send)
        elif headers.get("content-type", "").lstrip().lower().startswith("multipart/"):
            await _refuse(415, "Nothing here takes multipart bodies.", scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _is_ours(self, stated: str) -> bool:
        return is_own_host(stated, self._own) or is_own_host(stated, self._hosts())


async def _refuse(status: int, detail: str, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket" and "websocket.http.response" not in scope["extensions"]:
        await send({"type": "websocket.close", "code": _CLOSED_WRONG_HOST})
        return
    # What is left of the body is not read, so the connection can not be used again.
    await problem(status, detail, headers={"connection": "close"})(scope, receive, send)
