"""Several at once: the same done to each of a list of ids, each with an outcome of its own."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

from pydantic import AfterValidator, Field

from api.desk import JournalFullError
from api.once import Told, told_json
from api.problems import ProblemError, printable
from api.shapes import Shape
from api.words import sentence

IDS_MAX = 1000
ID_CHARS_MAX = 300


class OutcomeShape(Shape):
    """What became of one: the status that it would have had by itself, and why it was refused."""

    id: str
    status: int
    detail: str


class SeveralShape(Shape):
    """How many were done, and what became of each, in the order in which they were named."""

    done: int
    results: list[OutcomeShape]


def _each_once(ids: list[str]) -> list[str]:
    return list(dict.fromkeys(ids))


Ids = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=ID_CHARS_MAX)]],
    Field(min_length=1, max_length=IDS_MAX),
    AfterValidator(_each_once),
]


async def for_each(ids: Sequence[str], act: Callable[[str], Awaitable[None]]) -> Told:
    """Do it to each, all at once: 200 with the outcomes, whatever they are.

    What is refused of one changes nothing of the others.
    """
    results = await asyncio.gather(*(_outcome(each, act) for each in ids))
    done = sum(result["status"] == 200 for result in results)  # noqa: PLR2004 -- HTTP's OK
    return told_json(200, {"done": done, "results": results})


async def _outcome(each: str, act: Callable[[str], Awaitable[None]]) -> dict[str, str | int]:
    try:
        await act(each)
    except ProblemError as error:
        return {"id": each, "status": error.status, "detail": printable(sentence(error.detail))}
    except JournalFullError:
        return {"id": each, "status": 503, "detail": "The gateway can not write now; try again."}
    return {"id": each, "status": 200, "detail": ""}
