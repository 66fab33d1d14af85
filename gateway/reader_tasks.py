"""Which readers run: a task for each entry of the site file, one at a time for each."""

import asyncio
from collections.abc import Callable, Sequence

from gateway.loose_tasks import ended
from gateway.supervisor import Supervisor
from inventory.changes import DONE, Outcome
from readers.settings import ReaderSettings


class ReaderTasks:
    """Starts, restarts and ends the tasks of readers.

    A reader takes one client at a time, so its former task says goodbye before the next begins.
    """

    def __init__(
        self, supervisor: Supervisor, wanted: Callable[[], Sequence[ReaderSettings]]
    ) -> None:
        self._supervisor = supervisor
        self._wanted = wanted
        self._group: asyncio.TaskGroup | None = None
        self._running: dict[str, tuple[ReaderSettings, asyncio.Task[None]]] = {}
        self._lock = asyncio.Lock()
        self._restarting: set[str] = set()

    async def begin(self, group: asyncio.TaskGroup) -> None:
        """Start all readers of the site file within a group."""
        self._group = group
        await self.update()

    async def update(self) -> None:
        """Start what is new in the site file, restart what changed there, end what is gone."""
        async with self._lock:
            wanted = {settings.name: settings for settings in self._wanted()}
            gone = [name for name, (had, _) in self._running.items() if wanted.get(name) != had]
            await self._end(gone)
            for name in gone:
                self._supervisor.forget(name)
            for settings in wanted.values():
                self._start(settings)

    async def restart(self, name: str) -> Outcome:
        """Let go of a reader and start it anew; returns once the former driver is closed."""
        if all(settings.name != name for settings in self._wanted()):
            return Outcome("unknown", f"there is no reader {name!r}")
        if name in self._restarting:
            return Outcome("conflict", f"{name} is being started anew already")
        self._restarting.add(name)
        try:
            async with self._lock:
                await self._end([name])
                for settings in self._wanted():
                    if settings.name == name:
                        self._start(settings)
        finally:
            self._restarting.discard(name)
        return DONE

    async def end(self) -> None:
        """End all readers; none begins after that."""
        async with self._lock:
            self._group = None
            await self._end(list(self._running))

    async def _end(self, names: Sequence[str]) -> None:
        tasks = [self._running.pop(name)[1] for name in names if name in self._running]
        await ended(tasks)

    def _start(self, settings: ReaderSettings) -> None:
        if self._group is not None and settings.name not in self._running:
            task = self._group.create_task(self._supervisor.run(settings), name=settings.name)
            self._running[settings.name] = (settings, task)
