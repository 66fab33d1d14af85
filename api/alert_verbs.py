"""What people do about one alert: take it on, put it aside, give it to somebody, say something."""

from collections.abc import Callable
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter
from starlette.responses import Response

from alerts.changes import (
    AcknowledgeAlert,
    AlertVerb,
    AssignAlert,
    CommentAlert,
    ResetAlert,
    ShelveAlert,
    UnshelveAlert,
)
from api.alerts import alert_row
from api.bodies import parse_as, parse_json, read_json_text
from api.changes import commit
from api.once import Told, answer_once, told_json
from api.spans import SpanBody, end_of, say_something
from api.surroundings import Here, Surroundings
from api.words import Line, Words

NOTE_CHARS_MAX = 2000
NAME_CHARS_MAX = 100


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NoteBody(_Body):
    """What the person has to say about it."""

    note: Words = Field(default="", max_length=NOTE_CHARS_MAX)


class AssignBody(_Body):
    """Who looks after it; nobody, where that is null or empty."""

    to: Annotated[Line, Field(max_length=NAME_CHARS_MAX)] | None


class CommentBody(_Body):
    """What the person has to say."""

    text: Annotated[Words, Field(max_length=NOTE_CHARS_MAX), AfterValidator(say_something)]


class EmptyBody(_Body):
    """Nothing is to be said."""


Body = TypeVar("Body", bound=BaseModel)
Make = Callable[[int, Body], AlertVerb]
"""Makes the verb of the time (ns) and the body. Raises ProblemError."""

_NOTE = TypeAdapter(NoteBody)
_SPAN = TypeAdapter(SpanBody)
_ASSIGN = TypeAdapter(AssignBody)
_COMMENT = TypeAdapter(CommentBody)
_EMPTY = TypeAdapter(EmptyBody)


async def acknowledge_alert(alert: str, here: Here) -> Response:
    """Take an alert on; a critical one needs a note. The first who did it stays."""
    by = here.caller.name

    def make(now_ns: int, body: NoteBody) -> AlertVerb:
        return AcknowledgeAlert(arrival_ns=now_ns, by=by, alert=alert, note=body.note)

    return await _handle(alert, here, _NOTE, make)


async def reset_alert(alert: str, here: Here) -> Response:
    """Close an alert that is acknowledged and over; 409 when it is not."""
    by = here.caller.name

    def make(now_ns: int, body: NoteBody) -> AlertVerb:
        return ResetAlert(arrival_ns=now_ns, by=by, alert=alert, note=body.note)

    return await _handle(alert, here, _NOTE, make)


async def shelve_alert(alert: str, here: Here) -> Response:
    """Put an alert aside for a while, with the reason: nobody is told of it, nothing escalates."""
    by, max_s = here.caller.name, here.desk.shelve_max_s()

    def make(now_ns: int, body: SpanBody) -> AlertVerb:
        until_ns = end_of(body, now_ns, max_s)
        return ShelveAlert(
            arrival_ns=now_ns, by=by, alert=alert, until_ns=until_ns, reason=body.reason
        )

    return await _handle(alert, here, _SPAN, make)


async def unshelve_alert(alert: str, here: Here) -> Response:
    """Take a shelved alert up again before its time."""
    by = here.caller.name

    def make(now_ns: int, _: EmptyBody) -> AlertVerb:
        return UnshelveAlert(arrival_ns=now_ns, by=by, alert=alert)

    return await _handle(alert, here, _EMPTY, make)


async def assign_alert(alert: str, here: Here) -> Response:
    """Say who looks after an alert."""
    by = here.caller.name

    def make(now_ns: int, body: AssignBody) -> AlertVerb:
        return AssignAlert(arrival_ns=now_ns, by=by, alert=alert, to=body.to or "")

    return await _handle(alert, here, _ASSIGN, make)


async def comment_alert(alert: str, here: Here) -> Response:
    """Say something about an alert; it stands in its log."""
    by = here.caller.name

    def make(now_ns: int, body: CommentBody) -> AlertVerb:
        return CommentAlert(arrival_ns=now_ns, by=by, alert=alert, text=body.text)

    return await _handle(alert, here, _COMMENT, make)


async def _handle(
    alert: str,
    here: Surroundings,
    shape: TypeAdapter[Body],
    make: Make[Body],
) -> Response:
    text = await read_json_text(here.request)
    body = parse_as(shape, parse_json(text) if text else {})

    async def act() -> Told:
        await commit(here.desk, make(here.desk.clock(), body))
        return told_json(200, await alert_row(alert, here))

    return await answer_once(here, text, act)
