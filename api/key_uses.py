"""When each key was used last: noted in memory at once, on the disk once a minute."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from functools import partial

from api.desk import Desk, JournalFullError
from history.keys import note_uses

WRITE_EVERY_S = 60.0

log = logging.getLogger("tagwarden.api")


class KeyUses:
    """Which keys were used since the last write, each with the time of its last use."""

    def __init__(self, desk: Desk, clock: Callable[[], int]) -> None:
        self._desk = desk
        self._clock = clock
        self._used_ns: dict[str, int] = {}

    def note(self, key_id: str) -> None:
        """A key that is known was used just now."""
        self._used_ns[key_id] = self._clock()

    def last_ns(self, key_id: str) -> int | None:
        """When a key was used last, if that is not written yet."""
        return self._used_ns.get(key_id)

    async def run(self, every_s: float = WRITE_EVERY_S) -> None:
        """Write once in a while, until it is cancelled."""
        while True:
            await asyncio.sleep(every_s)
            await self.write()

    async def write(self) -> None:
        """Write all that was noted in one transaction; a full disk keeps it for the next time."""
        used_ns, self._used_ns = self._used_ns, {}
        if not used_ns:
            return
        try:
            await self._desk.transact(partial(_write, used_ns))
        except (JournalFullError, sqlite3.Error) as error:
            self._used_ns = used_ns | self._used_ns
            log.warning("last use of %d keys is not written yet: %s", len(used_ns), error)


def _write(used_ns: dict[str, int], connection: sqlite3.Connection) -> None:
    note_uses(connection, used_ns)
