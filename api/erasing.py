"""What the API may ask of the gateway about those who are to be forgotten."""

from typing import NamedTuple, Protocol

from history.erasure import Erasure, Kind, Mode
from inventory.changes import Outcome


class ErasureAsked(NamedTuple):
    """Who is to be erased: an asset by its id, or a person by account, login or name."""

    kind: Kind
    name: str
    mode: Mode
    reason: str


class Erasing(Protocol):
    """Fulfilled by the gateway."""

    async def erase(self, asked: ErasureAsked, by: str) -> Erasure | Outcome:
        """Erase, however long that takes; or why not, and then nothing was changed.

        Unknown: nothing is kept of it. Conflict: its id is also the name of something else.
        Raises api.desk.JournalFullError.
        """
        ...
