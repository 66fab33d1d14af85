"""What `tagwarden verify` says: one finding for each check."""

from collections.abc import Callable, Iterable
from itertools import islice

import msgspec

WRONG_MAX = 20
"""So many places are named in one finding; of more, only that there are more."""

Progress = Callable[[int, int, str], None]
"""Told now and then how much of how much was looked at, and at what."""


class Finding(msgspec.Struct, frozen=True):
    """One check: its name, what was looked at, and what is wrong and where, if anything."""

    name: str
    looked_at: str
    wrong: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong."""
        return not self.wrong

    def lines(self) -> list[str]:
        """One line for people, or one for each thing that is wrong."""
        if self.is_good:
            return [f"{self.name}: {self.looked_at}"]
        return [f"{self.name}: {each}" for each in self.wrong]


def finding(name: str, looked_at: str, wrong: Iterable[str]) -> Finding:
    """A finding that names not more than people read."""
    found = list(islice(wrong, WRONG_MAX + 1))
    if len(found) > WRONG_MAX:
        found[WRONG_MAX:] = [f"and more than these {WRONG_MAX}"]
    return Finding(name, looked_at, tuple(found))
