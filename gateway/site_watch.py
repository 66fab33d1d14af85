"""Watches the site file on the disk: a change is read, however it came about."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

SITE_POLL_S = 1.0

_Stamp = tuple[int, int, int]


class SiteWatch:
    """Calls `reread` when the file has changed, or somebody asks for it."""

    def __init__(self, path: Path | None, reread: Callable[[], Awaitable[object]]) -> None:
        self._path = path
        self._reread = reread
        self._asked = False

    def ask(self) -> None:
        """Read it again at the next look, changed or not."""
        self._asked = True

    async def run(self) -> None:
        """Look once a second; without a file there is nothing to do."""
        path = self._path
        seen = None if path is None else await asyncio.to_thread(_stamp, path)
        while path is not None:
            await asyncio.sleep(SITE_POLL_S)
            stamp = await asyncio.to_thread(_stamp, path)
            if stamp == seen and not self._asked:
                continue
            seen, self._asked = stamp, False
            await self._reread()


def _stamp(path: Path) -> _Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
