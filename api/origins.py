"""Which page a request comes from: what browsers send from foreign pages is refused.

A browser adds the cookie of a session to whatever any page asks of us. Three things keep
foreign pages out: the cookie is SameSite=Lax, changes need a token that only our own pages
can read, and browsers say by Origin and Sec-Fetch-Site where a request comes from.
Requests with an API key need none of this: no browser adds that by itself.
"""

import hmac
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from api.problems import ProblemError

TOKEN_HEADER = "x-csrf-token"  # noqa: S105 -- the name of a header
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITES = {"same-origin", "none"}
_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_ENCRYPTED = {"https", "wss"}


def require_own_page(connection: HTTPConnection) -> None:
    """Refuse (403) what a page of somebody else sends. A client that is no browser says nothing."""
    site = connection.headers.get("sec-fetch-site")
    if site is not None and site.strip().lower() not in _OWN_SITES:
        raise ProblemError(403, "This came from a page that is not of this gateway.")
    origin = connection.headers.get("origin")
    if origin is not None and not is_own_origin(connection, origin):
        raise ProblemError(403, "This came from a page that is not of this gateway.")


def require_token(connection: HTTPConnection, csrf: str) -> None:
    """Refuse (403) a change in a session without the token of the session."""
    sent = connection.headers.get(TOKEN_HEADER, "")
    if not hmac.compare_digest(sent.encode("utf-8", "surrogateescape"), csrf.encode()):
        detail = "Send the header X-CSRF-Token, which POST sessions and GET me tell."
        raise ProblemError(403, detail)


def may_open_socket(connection: HTTPConnection) -> bool:
    """Whether a WebSocket may be opened: from our own page, or with a key from no page at all.

    No other check keeps a foreign page from opening one in somebody's session.
    """
    origin = connection.headers.get("origin")
    if origin is None:
        return "authorization" in connection.headers
    return is_own_origin(connection, origin)


def require_private(connection: HTTPConnection) -> None:
    """Refuse (403) passwords that came over a network for all to read."""
    host = connection.url.hostname or ""
    if connection.url.scheme not in _ENCRYPTED and not _is_this_machine(host):
        raise ProblemError(
            403,
            "People log in over HTTPS only: give the server a certificate (server.tls in the"
            " site file), or come by http://localhost on this machine.",
        )


def is_own_origin(connection: HTTPConnection, origin: str) -> bool:
    """Whether an Origin header names the address under which this was asked.

    A page of http may not ask an https server. The other way round a proxy ends TLS for us.
    """
    try:
        sent = urlsplit(origin)
        port = sent.port or _PORTS.get(sent.scheme)
        ours = connection.url
        own_port = ours.port or _PORTS[sent.scheme if ours.port is None else ours.scheme]
    except (ValueError, KeyError):
        return False
    if sent.scheme not in {"http", "https"} or sent.hostname is None:
        return False
    if ours.scheme in _ENCRYPTED and sent.scheme != "https":
        return False
    return (sent.hostname, port) == ((ours.hostname or "").lower(), own_port)


def _is_this_machine(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
