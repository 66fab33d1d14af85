"""Who is connected to the HTTP server, and who gives way when there is no room left."""

from collections import Counter as Tally
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from prometheus_client import CollectorRegistry, Counter, Gauge

from api.settings import ServerSettings

PREFIX_BITS = 64
"""One line to the internet has at least so many addresses of IPv6: they count as one."""


class Place:
    """The place of one connection. Whoever holds it says when it waits, works and leaves."""

    __slots__ = ("_connections", "cut", "origin")

    def __init__(self, connections: "Connections", origin: str) -> None:
        self.origin = origin
        self.cut: Callable[[], object] = lambda: None
        self._connections = connections

    def wait(self) -> None:
        """From now on nothing is asked over it; it is cut where others need the room."""
        self._connections.waiting[self] = None

    def work(self) -> None:
        """From now on a request is answered over it."""
        self._connections.waiting.pop(self, None)

    def leave(self) -> None:
        """It is over; said again, nothing happens."""
        self._connections.let_go(self)


class Connections:
    """All places. A newcomer takes that of the connection that does nothing for longest.

    `settings` are asked at each newcomer. What is refused or cut is counted by reason.
    """

    def __init__(self, settings: Callable[[], ServerSettings], metrics: CollectorRegistry) -> None:
        self.waiting: dict[Place, None] = {}
        self._settings = settings
        self._open: set[Place] = set()
        self._by_origin: Tally[str] = Tally()
        self._gauge = Gauge("tagwarden_http_connections", "Open connections.", registry=metrics)
        self._refused = Counter(
            "tagwarden_http_connections_refused",
            "Connections that were not taken, or cut, by reason.",
            ["reason"],
            registry=metrics,
        )

    def admit(self, address: str) -> Place | None:
        """A place for a newcomer; None where there is none to have."""
        settings, origin = self._settings(), origin_of(address)
        if self._by_origin[origin] >= settings.connections_per_address_max and not _may_more(
            address, settings
        ):
            self.refuse("address")
            return None
        if len(self._open) >= settings.connections_max and not self._make_room():
            self.refuse("total")
            return None
        place = Place(self, origin)
        self._open.add(place)
        self._by_origin[origin] += 1
        self._gauge.set(len(self._open))
        return place

    def let_go(self, place: Place) -> None:
        """Take a place back."""
        if place not in self._open:
            return
        self._open.discard(place)
        self.waiting.pop(place, None)
        self._by_origin[place.origin] -= 1
        if not self._by_origin[place.origin]:
            del self._by_origin[place.origin]
        self._gauge.set(len(self._open))

    def refuse(self, reason: str) -> None:
        """Count one that was not taken, or was cut."""
        self._refused.labels(reason).inc()

    def _make_room(self) -> bool:
        place = next(iter(self.waiting), None)
        if place is None:
            return False
        self.refuse("gave_way")
        self.let_go(place)
        place.cut()
        return True


def origin_of(address: str) -> str:
    """What counts as one address; an IPv6 address stands for its /64."""
    parsed = _parsed(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, PREFIX_BITS), strict=False))
    return address if parsed is None else str(parsed)


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return mapped or parsed


def _may_more(address: str, settings: ServerSettings) -> bool:
    parsed = _parsed(address)
    if parsed is None:
        return False
    return parsed.is_loopback or any(parsed in ip_network(each) for each in settings.proxies)
