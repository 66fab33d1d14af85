"""Which exports get a line of the audit log: each one, until somebody makes very many."""

from collections.abc import Callable
from typing import Literal

from api.rates import Buckets
from tags.times import SECOND_NS

AGAIN_NS = 60 * SECOND_NS
KEPT_MAX = 1024
_PER_S, _AT_ONCE = 1 / 3, 20

Worth = Literal["line", "more"]


class ExportLines:
    """Remembers what was told lately.

    The same list with the same filters within a minute is one export, however many pages it
    has. Of one key or person 20 are told at once and then 20 a minute; of what is more, one
    line a minute says that there is more.
    """

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._told_ns: dict[tuple[str, str], int] = {}
        self._each = Buckets(_PER_S, _AT_ONCE, lambda: clock() / SECOND_NS)

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._told_ns)

    def worth(self, by: str, asked: str) -> Worth | None:
        """What is to be told of this one, if anything; who asks is expected to tell it then."""
        if self._is_told(by, asked):
            return None
        if self._each.take(by) > 0.0:
            return "more" if self._is_new(by, "") else None
        self._keep(by, asked)
        return "line"

    def _is_new(self, by: str, asked: str) -> bool:
        if self._is_told(by, asked):
            return False
        self._keep(by, asked)
        return True

    def _is_told(self, by: str, asked: str) -> bool:
        return self._clock() - self._told_ns.get((by, asked), -AGAIN_NS) < AGAIN_NS

    def _keep(self, by: str, asked: str) -> None:
        self._told_ns.pop((by, asked), None)
        self._told_ns[by, asked] = self._clock()
        if len(self._told_ns) > KEPT_MAX:
            del self._told_ns[next(iter(self._told_ns))]
