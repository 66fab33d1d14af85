"""Hashes of passwords, two at a time: each takes 64 MiB and a good part of a second."""

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from api.problems import ProblemError
from history.passwords import Passwords

AT_ONCE = 2
WAITING_MAX = 16
RETRY_AFTER_S = 3
_NICENESS = 10

Hashed = TypeVar("Hashed")


def _step_back() -> None:
    """Let the threads that take reads go first. Only Linux has niceness by thread."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


# One for the process, whatever runs in it: who has two applications has no more memory.
_HASHERS = ThreadPoolExecutor(AT_ONCE, "password", _step_back)


class Hashing:
    """Makes and checks hashes without holding up the event loop.

    Two are at work and 16 wait; whoever comes then gets 503 and is to come again.
    """

    def __init__(self, passwords: Passwords | None = None) -> None:
        self._passwords = passwords or Passwords()
        self._asked = 0

    async def hash(self, password: str) -> str:
        """The hash to keep."""
        return await self._run(lambda: self._passwords.hash(password))

    async def check(self, password: str, kept: str | None) -> tuple[bool, str | None]:
        """As `Passwords.check`: whether it is right, and a newer hash where one is due."""
        return await self._run(lambda: self._passwords.check(password, kept))

    async def _run(self, work: Callable[[], Hashed]) -> Hashed:
        if self._asked >= AT_ONCE + WAITING_MAX:
            detail = "Too many people log in at once; try again."
            raise ProblemError(503, detail, headers={"retry-after": str(RETRY_AFTER_S)})
        self._asked += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(_HASHERS, work)
        finally:
            self._asked -= 1
