"""Erasures: assets and people are deleted or go on under a name made of chance."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator
from starlette.responses import Response

from api.bodies import parse_as, parse_json, read_json_text
from api.changes import require_done
from api.erasing import ErasureAsked
from api.lists import NewestFirst, answer_list, json_response, kept_rows
from api.once import Told, answer_once, told_json
from api.problems import not_found
from api.spans import Reason
from api.surroundings import Here, Surroundings
from api.words import Line
from history.erasure import Erasure, all_erasures
from inventory.changes import Outcome
from inventory.csv_assets import CELL_CHARS_MAX

ERASURE_COLUMNS = (
    "id",
    "seq",
    "kind",
    "mode",
    "pseudonym",
    "reason",
    "by",
    "asked",
    "finished",
    "rows",
    "remains",
)
Name = Annotated[Line, Field(min_length=1, max_length=CELL_CHARS_MAX)]


class ErasureBody(BaseModel):
    """An asset by its id, or a person by account, login or name; the reason must not name them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    asset: Name | None = None
    person: Name | None = None
    mode: Literal["delete", "pseudonymise"]
    reason: Reason

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.asset is None) == (self.person is None):
            raise ValueError("must name either asset or person")
        named = self.asset or self.person or ""
        if named in self.reason.split():
            raise ValueError("the reason is kept, so it must not name whom it is about")
        return self


_BODY = TypeAdapter(ErasureBody)


async def list_erasures(here: Here, page: NewestFirst) -> Response:
    """What was erased, told without the names that it had."""
    rows = [one.shown() for one in await _all(here)]
    return await answer_list(here, page, kept_rows("erasures", rows, ERASURE_COLUMNS))


async def show_erasure(erasure: str, here: Here) -> Response:
    """One erasure: how many rows went, and where the names still stand."""
    found = next((one for one in await _all(here) if one.id == erasure), None)
    if found is None:
        raise not_found("erasure", erasure)
    return json_response(found.shown())


async def erase(here: Here) -> Response:
    """Delete or pseudonymise everything that is kept of an asset with its tags, or of a person.

    Nothing is decided while it goes on: that takes as long as the database takes to be made
    anew. 409 where its id is also a name in the site file or of another asset.
    """
    text = await read_json_text(here.request)
    body = parse_as(_BODY, parse_json(text))
    kind: Literal["asset", "person"] = "person" if body.asset is None else "asset"
    asked = ErasureAsked(kind, body.asset or body.person or "", body.mode, body.reason)

    async def act() -> Told:
        done = await here.desk.erasing.erase(asked, here.caller.name)
        if isinstance(done, Outcome):
            require_done(done)
            raise TypeError("an outcome of an erasure says why there is none")
        return told_json(201, done.shown())

    return await answer_once(here, text, act)


async def _all(here: Surroundings) -> list[Erasure]:
    questions = here.questions
    return await here.ask(lambda: questions.answer(all_erasures))
