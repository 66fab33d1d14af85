"""Lists: limit, cursor, order and time in; JSON, CSV or lines and a link to the next page out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import quote

import msgspec
from fastapi import Depends, Query, Request
from pydantic import AfterValidator
from starlette.responses import Response

from api.long_answers import NDJSON, LongAnswer, LongAnswers, lines_of
from api.problems import invalid, printable
from api.surroundings import Surroundings
from api.tables import csv_text
from history.paging import LIMIT_MAX, Page, PageRequest, decode_cursor, encode_cursor
from tags.identity import normalise_tag
from tags.times import SECOND_NS, parse_time

LIMIT_DEFAULT = 100
TEXT_CHARS_MAX = 1000
_CURSOR_CHARS_MAX = 4096
_FILTERS_TOLD_MAX = 20
_TOLD_CHARS_MAX = 200
_FORM_SPACE = " "
AHEAD_NS = 60 * SECOND_NS
"""The clock of a client may be ahead of ours by so much."""

Row = dict[str, Any]
WriteRows = Callable[[list[Row]], str]
AskPage = Callable[[PageRequest], Page]
Order = Literal["seq", "-seq"]
Text = Annotated[str | None, Query(max_length=TEXT_CHARS_MAX)]
Tag = Annotated[
    Annotated[str, AfterValidator(normalise_tag)] | None,
    Query(max_length=TEXT_CHARS_MAX, description="In any spelling."),
]
Time = Annotated[
    str | None,
    Query(
        max_length=64,
        description="RFC 3339; half-open.",
        json_schema_extra={"format": "date-time"},
    ),
]
Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX)]
Cursor = Annotated[str | None, Query(max_length=_CURSOR_CHARS_MAX)]


class Window(NamedTuple):
    """From `since_ns` to before `until_ns`; None is open."""

    since_ns: int | None
    until_ns: int | None


async def newest_first(
    limit: Limit = LIMIT_DEFAULT,
    cursor: Cursor = None,
    sort: Annotated[Order, Query(description="`-seq`: the newest first.")] = "-seq",
) -> PageRequest:
    """Read a page request whose rows come in the order of the commit sequence, turned."""
    return PageRequest(limit=limit, cursor=cursor, sort=sort)


async def oldest_first(
    limit: Limit = LIMIT_DEFAULT,
    cursor: Cursor = None,
    sort: Annotated[Order, Query(description="`-seq`: the last first.")] = "seq",
) -> PageRequest:
    """Read a page request whose rows come in the order in which they are kept."""
    return PageRequest(limit=limit, cursor=cursor, sort=sort)


async def window(since: Time = None, until: Time = None) -> Window:
    """Read the time that a list is narrowed to."""
    return Window(_time_ns("since", since), _time_ns("until", until))


async def moment(request: Request, as_of: Time = None) -> int | None:
    """Read the time of which something is asked (ns); None is now. 422 for one to come."""
    at_ns = _time_ns("as_of", as_of)
    if at_ns is not None and at_ns > request.app.state.desk.clock() + AHEAD_NS:
        raise invalid("as_of", "must not lie in the future")
    return at_ns


NewestFirst = Annotated[PageRequest, Depends(newest_first)]
OldestFirst = Annotated[PageRequest, Depends(oldest_first)]
TimeWindow = Annotated[Window, Depends(window)]
AsOf = Annotated[int | None, Depends(moment)]


def _as_they_are(rows: list[Row]) -> list[Row]:
    return rows


@dataclass(frozen=True, slots=True)
class Listed:
    """How a list is answered: `ask` gives a page of it, in a thread, and may wait for the disk.

    `finish` adds to rows what is only known in memory. `write_rows` makes other CSV than
    `columns` would. `about` stands beside the items of a JSON page.
    """

    ask: AskPage
    columns: Sequence[str]
    finish: Callable[[list[Row]], list[Row]] = _as_they_are
    write_rows: WriteRows | None = None
    about: Mapping[str, Any] = field(default_factory=dict[str, Any])


async def answer_list(here: Surroundings, request: PageRequest, listed: Listed) -> Response:
    """A page as the caller accepts it; as lines without a limit, all that there is.

    What is taken away as CSV or as lines stands in the audit log. Raises QuestionError, and
    ProblemError while too many long answers are given.
    """

    async def page_at(asked: PageRequest) -> Page:
        page = await here.ask(lambda: listed.ask(asked))
        return Page(listed.finish(page.items), page.cursor)

    if not accepts(here.request, NDJSON) or "limit" in here.request.query_params:
        page = await page_at(request)
        await _note_export(here)
        return _page_response(here.request, page, listed)
    answers: LongAnswers = here.request.app.state.long_answers
    answers.require_room()
    asked = msgspec.structs.replace(request, limit=answers.limits.slice_rows)

    async def next_page(cursor: str) -> Page:
        return await page_at(msgspec.structs.replace(asked, cursor=cursor))

    first = await page_at(asked)
    await _note_export(here)
    return LongAnswer(answers, first, next_page)


async def _note_export(here: Surroundings) -> None:
    """Say who took which list away, and what of it; nothing of JSON, which is for looking."""
    request = here.request
    form = _export_form(request)
    if form is None:
        return
    asked = [pair for pair in request.query_params.multi_items() if pair[0] != "cursor"]
    filters = {
        printable(name, _TOLD_CHARS_MAX): printable(value, _TOLD_CHARS_MAX)
        for name, value in asked[:_FILTERS_TOLD_MAX]
    }
    path = printable(request.scope["path"], _TOLD_CHARS_MAX)
    await here.desk.note_export(here.caller.name, path, form, filters)


def _export_form(request: Request) -> Literal["ndjson", "csv"] | None:
    if accepts(request, NDJSON):
        return "ndjson"
    return "csv" if accepts(request, "text/csv") else None


def _page_response(request: Request, page: Page, listed: Listed) -> Response:
    headers = {"vary": "Accept"}
    if page.cursor is not None:
        headers["link"] = _next_link(request, page.cursor)
    if accepts(request, NDJSON):
        return Response(lines_of(page.items), headers=headers, media_type=NDJSON)
    if accepts(request, "text/csv"):
        write_rows = listed.write_rows or partial(csv_text, listed.columns)
        return Response(write_rows(page.items), headers=headers, media_type="text/csv")
    return json_response({**listed.about, "items": page.items}, headers=headers)


def json_response(
    body: object,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    media_type: str = "application/json",
) -> Response:
    """A JSON response."""
    return Response(msgspec.json.encode(body), status, headers, media_type)


def page_of(name: str, rows: Sequence[Row], request: PageRequest) -> Page:
    """A page of rows that are in memory; `name` ties a cursor to its list.

    Raises QuestionError for a cursor that is not from this list.
    """
    ordered = list(rows) if request.sort == "seq" else list(reversed(rows))
    start = 0
    if request.cursor is not None:
        start = max(0, decode_cursor(name, request, (int,))[0])
    end = start + request.limit
    more = encode_cursor(name, request.sort, (end,)) if end < len(ordered) else None
    return Page(ordered[start:end], more)


def kept_rows(name: str, rows: Sequence[Row], columns: Sequence[str]) -> Listed:
    """A list of rows that are in memory; `name` ties a cursor to it."""
    return Listed(partial(page_of, name, rows), columns)


def accepts(request: Request, wanted: str) -> bool:
    """Whether the caller names `wanted` and likes it better than JSON."""
    likings = {"application/json": 0.0, wanted: 0.0}
    for part in request.headers.get("accept", "").split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if name in likings:
            likings[name] = max(likings[name], _liking(parameters))
    return likings[wanted] > likings["application/json"]


def _liking(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0


def _time_ns(field: str, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        # The plus of an offset arrives as a space where a client forgot to escape it.
        return parse_time(text[:11] + text[11:].replace(_FORM_SPACE, "+"))
    except ValueError as error:
        raise invalid(field, str(error)) from error


def _next_link(request: Request, cursor: str) -> str:
    asked = [pair for pair in request.query_params.multi_items() if pair[0] != "cursor"]
    query = "&".join(
        f"{quote(name, safe='')}={quote(value, safe='')}"
        for name, value in [*asked, ("cursor", cursor)]
    )
    return f'<{quote(request.scope["path"])}?{query}>; rel="next"'
