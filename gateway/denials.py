"""Which refusals get a line of the audit log: enough to see what is going on, never a flood."""

from collections.abc import Callable

from api.access import STRANGER
from api.rates import Buckets
from tags.times import SECOND_NS

AGAIN_NS = 60 * SECOND_NS
KEPT_MAX = 1024
_PER_S, _AT_ONCE = 1 / 3, 20
_STRANGERS_PER_S, _STRANGERS_AT_ONCE = 1 / 3, 60


class Denials:
    """Remembers what was told lately.

    The same again within a minute is one refusal. Of one key or person 20 are told at once and
    then 20 a minute, of all strangers together 60 at once; the metrics count every one.
    """

    def __init__(self, clock: Callable[[], int]) -> None:
        def seconds() -> float:
            return clock() / SECOND_NS

        self._clock = clock
        self._told_ns: dict[tuple[str, str], int] = {}
        self._known = Buckets(_PER_S, _AT_ONCE, seconds)
        self._strangers = Buckets(_STRANGERS_PER_S, _STRANGERS_AT_ONCE, seconds)

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._told_ns)

    def is_worth_a_line(self, by: str, asked: str, role: str) -> bool:
        """Whether this one is to be told; who asks is expected to tell it then."""
        now_ns, key = self._clock(), (by, asked)
        if now_ns - self._told_ns.get(key, -AGAIN_NS) < AGAIN_NS:
            return False
        wait_s = self._strangers.take("") if role == STRANGER else self._known.take(by)
        if wait_s > 0.0:
            return False
        self._told_ns.pop(key, None)
        self._told_ns[key] = now_ns
        if len(self._told_ns) > KEPT_MAX:
            del self._told_ns[next(iter(self._told_ns))]
        return True
