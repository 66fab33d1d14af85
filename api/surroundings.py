"""What every route has at hand: the desk, the questions, a thread to ask in, the caller."""

from collections.abc import Awaitable, Callable
from typing import Annotated, NamedTuple, Protocol, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, Request

from api.desk import Desk
from history.callers import Caller
from history.questions import StateQuestions

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


class Surroundings(NamedTuple):
    """The request and what answers it. Questions may wait for a disk: only through `ask`.

    `ask_slowly` is for those that take seconds of work: one at a time.
    """

    request: Request
    desk: Desk
    questions: StateQuestions
    ask: Ask
    ask_slowly: Ask

    @property
    def caller(self) -> Caller:
        """Who the guard of this route let in."""
        caller: Caller = self.request.state.caller
        return caller


async def surroundings(request: Request) -> Surroundings:
    """Read what the application was made with."""
    state = request.app.state
    return Surroundings(request, state.desk, state.questions, state.ask, state.ask_slowly)


Here = Annotated[Surroundings, Depends(surroundings)]
