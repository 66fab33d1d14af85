"""Processes of a benchmark: on cores of their own, and what they take."""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def cores() -> tuple[set[int], set[int]]:
    """The core that the gateway is held to, and those of the readers: the others, if any."""
    first, *others = sorted(os.sched_getaffinity(0))
    return {first}, set(others) or {first}


@asynccontextmanager
async def process(
    *command: str,
    on: set[int],
    **streams: Any,  # noqa: ANN401 -- asyncio's
) -> AsyncGenerator[asyncio.subprocess.Process]:
    """Run a command on some cores and end it."""
    started = await asyncio.create_subprocess_exec(*command, cwd=ROOT, **streams)
    os.sched_setaffinity(started.pid, on)
    try:
        yield started
    finally:
        with suppress(ProcessLookupError):
            started.terminate()
        await asyncio.wait_for(started.wait(), 20)


class Process:
    """A process, as the system sees it."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def cpu_s(self) -> float:
        """Seconds of processor time that it has taken, all threads."""
        stat = Path(f"/proc/{self._pid}/stat").read_text(encoding="ascii").rpartition(") ")[2]
        ticks = sum(map(int, stat.split()[11:13]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def starved_s(self) -> float:
        """Seconds in which its main thread could have run, but others had the core."""
        stat = Path(f"/proc/{self._pid}/schedstat").read_text(encoding="ascii")
        return int(stat.split()[1]) / 1e9

    def resident_mib(self) -> float:
        """Resident memory."""
        pages = int(Path(f"/proc/{self._pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)
