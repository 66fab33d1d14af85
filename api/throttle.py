"""Log-ins that fail make the next one wait: for the address, the account, and both together.

Who guesses from one address is slowed down there, and nobody else. Who guesses from many
addresses slows the account down, for a minute at most and not for addresses from which
its owner has logged in before: nobody can lock somebody else out. What two hashes at a time
and a short queue let through (`api.hashing`) bounds the total.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

NAMES_MAX = 4_096


class Patience(NamedTuple):
    """`free` failures cost nothing, then the wait doubles from 1 s to `most_s`.

    One failure is forgiven every `forgiven_s`.
    """

    free: int
    most_s: float
    forgiven_s: float = 60.0


ADDRESS = Patience(free=20, most_s=300.0)
ACCOUNT = Patience(free=20, most_s=60.0)
PAIR = Patience(free=5, most_s=300.0)


class _Tried(NamedTuple):
    failures: float
    at_s: float
    until_s: float


class Tries:
    """Failures by name; the 4096 names that failed last are known."""

    def __init__(self, patience: Patience, monotonic_s: Callable[[], float]) -> None:
        self._patience = patience
        self._monotonic_s = monotonic_s
        self._tried: OrderedDict[str, _Tried] = OrderedDict()

    def __len__(self) -> int:
        """How many names are kept."""
        return len(self._tried)

    def wait_s(self, name: str) -> float:
        """For how long another try has to wait; 0 where it may be made now."""
        tried = self._tried.get(name)
        return 0.0 if tried is None else max(0.0, tried.until_s - self._monotonic_s())

    def begin(self, name: str) -> None:
        """Count a try as failed, before it is known: many at once would else all be free."""
        now_s = self._monotonic_s()
        failures = self._left(name, now_s) + 1.0
        over = int(failures) - self._patience.free
        wait_s = min(self._patience.most_s, 2.0 ** min(over - 1, 30)) if over > 0 else 0.0
        self._tried[name] = _Tried(failures, now_s, now_s + wait_s)
        self._tried.move_to_end(name)
        if len(self._tried) > NAMES_MAX:
            _ = self._tried.popitem(last=False)

    def forgive(self, name: str) -> None:
        """The try was good: it is not counted."""
        now_s = self._monotonic_s()
        failures = self._left(name, now_s) - 1.0
        if failures <= 0.0:
            _ = self._tried.pop(name, None)
        else:
            self._tried[name] = _Tried(failures, now_s, now_s)

    def forget(self, name: str) -> None:
        """Begin anew with this name."""
        _ = self._tried.pop(name, None)

    def _left(self, name: str, now_s: float) -> float:
        tried = self._tried.get(name)
        if tried is None:
            return 0.0
        return max(0.0, tried.failures - (now_s - tried.at_s) / self._patience.forgiven_s)


class Throttle:
    """Says how long a log-in has to wait. Names of accounts are taken as they are sent."""

    def __init__(self, monotonic_s: Callable[[], float]) -> None:
        self._addresses = Tries(ADDRESS, monotonic_s)
        self._accounts = Tries(ACCOUNT, monotonic_s)
        self._pairs = Tries(PAIR, monotonic_s)
        self._homes: OrderedDict[str, None] = OrderedDict()

    def begin(self, account: str, address: str) -> float:
        """0 where it may be tried now, which counts it as failed; else for how long to wait (s)."""
        pair = _pair(account, address)
        counted = [(self._addresses, address), (self._pairs, pair)]
        if pair not in self._homes:
            counted.append((self._accounts, account))
        wait_s = max(tries.wait_s(name) for tries, name in counted)
        if wait_s <= 0.0:
            for tries, name in counted:
                tries.begin(name)
        return wait_s

    def take_back(self, account: str, address: str) -> None:
        """The try was none, after all."""
        self._addresses.forgive(address)
        self._accounts.forgive(account)
        self._pairs.forgive(_pair(account, address))

    def succeed(self, account: str, address: str) -> None:
        """The try was good; this address is now one from where the account is used."""
        pair = _pair(account, address)
        self.take_back(account, address)
        self._pairs.forget(pair)
        self._homes[pair] = None
        self._homes.move_to_end(pair)
        if len(self._homes) > NAMES_MAX:
            _ = self._homes.popitem(last=False)


def _pair(account: str, address: str) -> str:
    return f"{address} {account}"
