"""A thread for work that may hang on another server or disk: nobody has to wait for its end."""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class LooseThread:
    """Runs one piece of work at a time, in order; the process may end while one hangs."""

    def __init__(self, name: str) -> None:
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    async def call(self, work: Callable[[], T]) -> T:
        """Run work; who does not wait for its end any more leaves it to itself."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def settle(result: T | None, error: BaseException | None) -> None:
            if done.done():
                return
            if error is not None:
                done.set_exception(error)
            else:
                done.set_result(result)  # type: ignore[arg-type]  # None only where T is

        def run() -> None:
            result, error = None, None
            try:
                result = work()
            except BaseException as raised:  # noqa: BLE001 - it is raised where it is waited for
                error = raised
            # The loop may be closed by now: then nobody waits.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(settle, result, error)

        self._work.put(run)
        return await done

    def end(self, last: Callable[[], None]) -> None:
        """Run this last, after whatever runs now; returns at once."""
        self._work.put(last)
        self._work.put(None)

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            work()


async def call_loosely(name: str, work: Callable[[], T]) -> T:
    """Run one piece of work in a thread of its own, which ends with it."""
    thread = LooseThread(name)
    try:
        return await thread.call(work)
    finally:
        thread.end(lambda: None)
