"""What every route has at hand: the desk, the questions, a thread to ask in, the caller."""

from typing import Annotated, NamedTuple

from fastapi import Depends, Request

from api.asking import SLOW_QUESTIONS_AT_ONCE, Ask, ask_in_threads
from api.desk import Desk
from api.limited_desk import limited
from api.sights import Sights
from history.callers import Caller
from history.questions import StateQuestions
from history.scope import UNLIMITED, Sight

__all__ = ["SLOW_QUESTIONS_AT_ONCE", "Ask", "Here", "Surroundings", "ask_in_threads"]


class Surroundings(NamedTuple):
    """The request and what answers it. Questions may wait for a disk: only through `ask`.

    `ask_slowly` is for those that take seconds of work: one at a time. `scope` is what the
    caller sees. The desk and the questions keep to it by themselves, but for `answer` of the
    questions, and the plan and the sightings of the desk.
    """

    request: Request
    desk: Desk
    questions: StateQuestions
    ask: Ask
    ask_slowly: Ask
    scope: Sight = UNLIMITED

    @property
    def caller(self) -> Caller:
        """Who the guard of this route let in."""
        caller: Caller = self.request.state.caller
        return caller


async def surroundings(request: Request) -> Surroundings:
    """Read what the application was made with, as far as the caller sees it."""
    return surroundings_of(request)


def surroundings_of(request: Request) -> Surroundings:
    """The same, without a detour."""
    state = request.app.state
    desk, questions, ask = state.desk, state.questions, state.ask
    caller: Caller | None = getattr(request.state, "caller", None)
    if caller is None or caller.scope.is_everything:
        return Surroundings(request, desk, questions, ask, state.ask_slowly)
    sights: Sights = state.sights
    scope = sights.of(caller.scope)
    narrowed = questions.within(scope)
    desk = limited(desk, scope, narrowed, ask)
    return Surroundings(request, desk, narrowed, ask, state.ask_slowly, scope)


Here = Annotated[Surroundings, Depends(surroundings)]
