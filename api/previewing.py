"""What the rules would have said with another site file, as the API asks the gateway for it."""

from collections.abc import Sequence
from typing import Any, Protocol

from api.site_edits import SiteEdit


class Previews(Protocol):
    """Fulfilled by the gateway; one is worked out at a time, and none is kept for long."""

    async def begin(
        self, edits: Sequence[SiteEdit], since_ns: int | None, by: str
    ) -> dict[str, Any]:
        """Begin to work one out, or tell of the one that asks the same.

        An edit that merges into an entry that there is not adds it. Raises SiteRefusedError,
        as the edits would, or while another one is worked out; and JournalFullError.
        """
        ...

    def shown(self, name: str) -> dict[str, Any] | None:
        """How far it has come, or what it found; None where there is none of this id."""
        ...

    async def end(self, name: str) -> bool:
        """End one and forget it; whether there was one."""
        ...
