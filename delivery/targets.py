"""Which addresses a webhook may be posted to.

Names are looked up once for each try and judged by the addresses that come out, so no spelling
of a host (decimal, octal, a name that points inside) and no second answer slips through.
"""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Addresses of a host for a port, best first. Raises OSError when there is none."""

_WELL_KNOWN_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052
_MAPPED = IPv6Network("::ffff:0:0/96")  # RFC 4291
# Not marked as special by every Python 3.11: site-local (RFC 3879), local NAT64 (RFC 8215),
# segment routing (RFC 9602), relays of 6to4 (RFC 7526).
_PRIVATE_TOO = (
    IPv6Network("fec0::/10"),
    IPv6Network("64:ff9b:1::/48"),
    IPv6Network("5f00::/16"),
    IPv4Network("192.88.99.0/24"),
    IPv4Network("192.0.0.0/24"),
)
_NUMBERS = re.compile(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+)){0,3}")
_HOME = frozenset({"loopback", "private"})


class TargetRefusedError(Exception):
    """The target is one that a webhook must not reach."""


def literal_address(host: str) -> str | None:
    """The address that a host is written as, in any spelling; None for a name to look up."""
    host = host.lower().rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):  # RFC 6761
        return "127.0.0.1"
    try:
        return str(ip_address(host))
    except ValueError:
        pass
    if not _NUMBERS.fullmatch(host):
        return None
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return None


def refusal(address: str, *, allow_private: bool) -> str | None:
    """Why nothing may be sent to an address, or None when it may.

    `allow_private` opens loopback and private networks. Unspecified, multicast, link-local
    (where cloud machines keep their metadata) and reserved addresses stay shut.
    """
    kind = _kind(_unwrapped(ip_address(address)))
    if kind is None or (allow_private and kind in _HOME):
        return None
    article = "an" if kind == "unspecified" else "a"
    hint = "; set allow_private: true to allow it" if kind in _HOME else ""
    return f"{address} is {article} {kind} address{hint}"


async def admitted(
    host: str,
    port: int,
    resolve: Resolve,
    *,
    allow_private: bool,
) -> list[str]:
    """Look a host up, once, and return its addresses.

    Raises OSError when there is none, TargetRefusedError when even one of them is refused: an
    honest name does not point both outside and inside.
    """
    addresses = await resolve(host, port)
    if not addresses:
        raise OSError(f"{host} has no address")
    for address in addresses:
        reason = refusal(address, allow_private=allow_private)
        if reason is not None:
            raise TargetRefusedError(f"{host}: {reason}" if host != address else reason)
    return list(addresses)


class SystemResolver:
    """Looks names up as this machine does, one thread for each host however long that takes."""

    def __init__(self) -> None:
        self._pending: dict[tuple[str, int], asyncio.Future[list[str]]] = {}

    async def __call__(self, host: str, port: int) -> list[str]:
        """Return the addresses of a host, best first. Raises OSError."""
        key = (host, port)
        if key not in self._pending:
            lookup = asyncio.get_running_loop().run_in_executor(None, _look_up, host, port)
            self._pending[key] = lookup
            lookup.add_done_callback(lambda done: self._forget(key, done))
        # Whoever gives up waiting leaves the lookup to those who come after.
        return await asyncio.shield(self._pending[key])

    def _forget(self, key: tuple[str, int], lookup: asyncio.Future[list[str]]) -> None:
        del self._pending[key]
        if not lookup.cancelled():
            lookup.exception()  # Marks it as seen, also when nobody waits any more.


def _look_up(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(answer[4][0]) for answer in found))


def _unwrapped(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one stands for, where it does."""
    if isinstance(address, IPv4Address):
        return address
    if address in _MAPPED or address in _WELL_KNOWN_NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.sixtofour or address


def _kind(address: Address) -> str | None:
    """Return the first special kind that fits; None for an ordinary public address."""
    # Python counts ::1 and all of ::/8 as reserved too, so the order matters.
    kinds = (
        ("unspecified", address.is_unspecified),
        ("loopback", address.is_loopback),
        ("multicast", address.is_multicast),
        ("link-local", address.is_link_local),
        ("private", any(address in network for network in _PRIVATE_TOO)),
        ("reserved", address.is_reserved),
        ("private", not address.is_global),
    )
    return next((kind for kind, fits in kinds if fits), None)
