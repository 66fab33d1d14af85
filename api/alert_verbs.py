"""What people do about alerts: take them on, put them aside, give them away, say something."""

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
from api.several import Ids, for_each
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


class SeveralBody(_Body):
    """Which alerts."""

    ids: Ids


class NotesBody(NoteBody, SeveralBody):
    """Which alerts, and what the person has to say about them."""


class SpansBody(SpanBody, SeveralBody):
    """Which alerts, until when (RFC 3339) or for how long, and why."""


class AssignsBody(AssignBody, SeveralBody):
    """Which alerts, and who looks after them."""


class CommentsBody(CommentBody, SeveralBody):
    """Which alerts, and what the person has to say."""


class EmptiesBody(EmptyBody, SeveralBody):
    """Which alerts."""


Body = TypeVar("Body", bound=BaseModel)
Several = TypeVar("Several", bound=SeveralBody)
Make = Callable[[int, Body], AlertVerb]
"""Makes the verb of the time (ns) and the body. Raises ProblemError."""

_NOTE = TypeAdapter(NoteBody)
_SPAN = TypeAdapter(SpanBody)
_ASSIGN = TypeAdapter(AssignBody)
_COMMENT = TypeAdapter(CommentBody)
_EMPTY = TypeAdapter(EmptyBody)
_NOTES = TypeAdapter(NotesBody)
_SPANS = TypeAdapter(SpansBody)
_ASSIGNS = TypeAdapter(AssignsBody)
_COMMENTS = TypeAdapter(CommentsBody)
_EMPTIES = TypeAdapter(EmptiesBody)


def _acknowledge(here: Surroundings, alert: str) -> Make[NoteBody]:
    by = here.caller.name
    return lambda now_ns, body: AcknowledgeAlert(
        arrival_ns=now_ns, by=by, alert=alert, note=body.note
    )


def _reset(here: Surroundings, alert: str) -> Make[NoteBody]:
    by = here.caller.name
    return lambda now_ns, body: ResetAlert(arrival_ns=now_ns, by=by, alert=alert, note=body.note)


def _shelve(here: Surroundings, alert: str) -> Make[SpanBody]:
    by, max_s = here.caller.name, here.desk.shelve_max_s()
    return lambda now_ns, body: ShelveAlert(
        arrival_ns=now_ns,
        by=by,
        alert=alert,
        until_ns=end_of(body, now_ns, max_s),
        reason=body.reason,
    )


def _unshelve(here: Surroundings, alert: str) -> Make[EmptyBody]:
    by = here.caller.name
    return lambda now_ns, _: UnshelveAlert(arrival_ns=now_ns, by=by, alert=alert)


def _assign(here: Surroundings, alert: str) -> Make[AssignBody]:
    by = here.caller.name
    return lambda now_ns, body: AssignAlert(arrival_ns=now_ns, by=by, alert=alert, to=body.to or "")


def _comment(here: Surroundings, alert: str) -> Make[CommentBody]:
    by = here.caller.name
    return lambda now_ns, body: CommentAlert(arrival_ns=now_ns, by=by, alert=alert, text=body.text)


async def acknowledge_alert(alert: str, here: Here) -> Response:
    """Take an alert on; a critical one needs a note. The first who did it stays."""
    return await _handle(here, _NOTE, _acknowledge(here, alert), alert)


async def acknowledge_alerts(here: Here) -> Response:
    """Take several alerts on, each with its own outcome; critical ones need the note."""
    return await _handle_all(here, _NOTES, _acknowledge)


async def reset_alert(alert: str, here: Here) -> Response:
    """Close an alert that is acknowledged and over; 409 when it is not."""
    return await _handle(here, _NOTE, _reset(here, alert), alert)


async def reset_alerts(here: Here) -> Response:
    """Close several alerts that are acknowledged and over, each with its own outcome."""
    return await _handle_all(here, _NOTES, _reset)


async def shelve_alert(alert: str, here: Here) -> Response:
    """Put an alert aside for a while, with the reason: nobody is told of it, nothing escalates."""
    return await _handle(here, _SPAN, _shelve(here, alert), alert)


async def shelve_alerts(here: Here) -> Response:
    """Put several alerts aside for a while, with the reason, each with its own outcome."""
    return await _handle_all(here, _SPANS, _shelve)


async def unshelve_alert(alert: str, here: Here) -> Response:
    """Take a shelved alert up again before its time."""
    return await _handle(here, _EMPTY, _unshelve(here, alert), alert)


async def unshelve_alerts(here: Here) -> Response:
    """Take several shelved alerts up again, each with its own outcome."""
    return await _handle_all(here, _EMPTIES, _unshelve)


async def assign_alert(alert: str, here: Here) -> Response:
    """Say who looks after an alert."""
    return await _handle(here, _ASSIGN, _assign(here, alert), alert)


async def assign_alerts(here: Here) -> Response:
    """Say who looks after several alerts, each with its own outcome."""
    return await _handle_all(here, _ASSIGNS, _assign)


async def comment_alert(alert: str, here: Here) -> Response:
    """Say something about an alert; it stands in its log."""
    return await _handle(here, _COMMENT, _comment(here, alert), alert)


async def comment_alerts(here: Here) -> Response:
    """Say the same about several alerts; it stands in the log of each."""
    return await _handle_all(here, _COMMENTS, _comment)


async def _handle(
    here: Surroundings,
    shape: TypeAdapter[Body],
    make: Make[Body],
    alert: str,
) -> Response:
    text = await read_json_text(here.request)
    body = parse_as(shape, parse_json(text) if text else {})

    async def act() -> Told:
        await commit(here.desk, make(here.desk.clock(), body))
        return told_json(200, await alert_row(alert, here))

    return await answer_once(here, text, act)


async def _handle_all(
    here: Surroundings,
    shape: TypeAdapter[Several],
    making: Callable[[Surroundings, str], Make[Several]],
) -> Response:
    text = await read_json_text(here.request)
    body = parse_as(shape, parse_json(text))

    async def handle(alert: str) -> None:
        _ = await alert_row(alert, here)
        await commit(here.desk, making(here, alert)(here.desk.clock(), body))

    async def act() -> Told:
        return await for_each(body.ids, handle)

    return await answer_once(here, text, act)
