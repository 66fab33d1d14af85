"""The way to ask what may wait for a disk: in threads, so many at once."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from anyio import CapacityLimiter, to_thread

QUESTIONS_AT_ONCE = 4
SLOW_QUESTIONS_AT_ONCE = 1

Answered = TypeVar("Answered")


class Ask(Protocol):
    """Runs a question in a thread."""

    def __call__(self, question: Callable[[], Answered], /) -> Awaitable[Answered]:
        """Return what `question` returns."""
        ...


def ask_in_threads(at_once: int = QUESTIONS_AT_ONCE) -> Ask:
    """Make the way to ask: so many questions at once, the others wait their turn."""
    limiter = CapacityLimiter(at_once)

    def ask(question: Callable[[], Answered], /) -> Awaitable[Answered]:
        return to_thread.run_sync(question, limiter=limiter)

    return ask
