"""How many requests are taken: by caller, by address and in total; and how many wrong keys.

Each allowance is a bucket that fills at a steady rate. Of a bucket only the time is kept at
which it would be full again (the generic cell rate algorithm of ATM traffic management), so
one that is full needs no memory: forgetting it changes nothing. The library `limits` was
measured beside it: its storage in memory grows with every address that ever asked until a
timer thread of its own comes by, and a request costs 17 to 45 times as much.

The address is the one that the server states. It believes `X-Forwarded-For` only from the
proxies that the site file lists, and neither does anything here read that header.
"""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address
from itertools import islice

BUCKETS_MAX = 4_096
_IPV6_NETWORK_BITS = 64
_ROUNDING = 0.001
"""What sums of seconds may be wrong by, as a part of what one request takes."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Allowances: requests a second and how many at once; `wrong_keys` are counted by address."""

    caller_per_s: float = 1_000.0
    address_per_s: float = 2_000.0
    total_per_s: float = 4_000.0
    burst_s: float = 5.0
    wrong_keys_per_min: float = 12.0
    wrong_keys_at_once: int = 20


class Buckets:
    """Buckets by name: each takes `at_once` and then `rate_per_s`. At most 4096 are kept.

    Where more are in use, those that were begun first are forgotten, which fills them.
    """

    def __init__(self, rate_per_s: float, at_once: float, monotonic_s: Callable[[], float]) -> None:
        self._cost_s = 1.0 / rate_per_s
        self._room_s = (max(1.0, at_once) - 1.0 + _ROUNDING) * self._cost_s
        self._monotonic_s = monotonic_s
        self._full_at_s: dict[str, float] = {}

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._full_at_s)

    def take(self, name: str) -> float:
        """Take one out: 0 if there was one, else in how many seconds there will be (> 0)."""
        now_s = self._monotonic_s()
        full_at_s = self._full_at_s.get(name, now_s)
        short_s = full_at_s - now_s - self._room_s
        if short_s > 0.0:
            return short_s
        if name not in self._full_at_s and len(self._full_at_s) >= BUCKETS_MAX:
            self._make_room(now_s)
        self._full_at_s[name] = max(now_s, full_at_s) + self._cost_s
        return 0.0

    def lacks(self, name: str) -> float:
        """In how many seconds there will be one to take; 0 where there is one now."""
        now_s = self._monotonic_s()
        return max(0.0, self._full_at_s.get(name, now_s) - now_s - self._room_s)

    def _make_room(self, now_s: float) -> None:
        emptied = {name: at_s for name, at_s in self._full_at_s.items() if at_s > now_s}
        room = BUCKETS_MAX // 4
        too_many = max(0, len(emptied) - (BUCKETS_MAX - room))
        self._full_at_s = dict(islice(emptied.items(), too_many, None))


class RateLimits:
    """The allowances of one server. Methods return for how many seconds to wait; 0: go on."""

    def __init__(self, rates: Rates, monotonic_s: Callable[[], float]) -> None:
        def buckets(rate_per_s: float) -> Buckets:
            return Buckets(rate_per_s, rate_per_s * rates.burst_s, monotonic_s)

        self._callers = buckets(rates.caller_per_s)
        self._addresses = buckets(rates.address_per_s)
        self._total = buckets(rates.total_per_s)
        self._wrong = Buckets(
            rates.wrong_keys_per_min / 60.0, rates.wrong_keys_at_once, monotonic_s
        )

    def come(self, address: str) -> float:
        """Somebody asks from this address."""
        return self._addresses.take(address) or self._total.take("")

    def ask(self, caller: str) -> float:
        """Somebody who is known asks, by id."""
        return self._callers.take(caller)

    def guess(self, address: str) -> float:
        """A wrong key came from this address."""
        return self._wrong.take(address)

    def may_guess(self, address: str) -> float:
        """Whether another wrong key from this address would be too many."""
        return self._wrong.lacks(address)


def network_of(host: str) -> str:
    """What counts as one address: an IPv4 address, and the /64 of an IPv6 address.

    Who has one IPv6 address has 2^64 of them. Text that is no address stands for itself.
    """
    if ":" not in host:
        return host
    try:
        address = IPv6Address(host.partition("%")[0])
    except ValueError:
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    network = IPv6Address(int(address) >> _IPV6_NETWORK_BITS << _IPV6_NETWORK_BITS)
    return f"{network}/{_IPV6_NETWORK_BITS}"
