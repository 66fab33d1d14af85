"""Where an asset is, where it was at a time, and all that is known of its past."""

import sqlite3
from collections.abc import Awaitable
from functools import partial
from typing import Annotated, Literal, NamedTuple, get_args

from fastapi import Depends, Query
from starlette.responses import Response

from api.desk import Desk
from api.lists import (
    LIMIT_DEFAULT,
    TEXT_CHARS_MAX,
    AskPage,
    AsOf,
    Cursor,
    Limit,
    Listed,
    Row,
    TimeWindow,
    Window,
    answer_list,
    json_response,
)
from api.presence import covers_of, standing_of, standing_then, with_standing
from api.problems import invalid, not_found
from api.surroundings import Here, Surroundings
from history.as_of import hearing_at, position_at
from history.paging import Page, PageRequest
from history.past import PastQuestion, PastType, fix_json, past_of
from history.questions import StateQuestions, position_row_json
from history.scope import Sight
from history.sightings import SightingStore
from tags.times import SECOND_NS, format_time, parse_time

HISTORY_COLUMNS = (
    "type",
    "id",
    "time",
    "decided",
    "tag",
    "asset",
    "kind",
    "zone",
    "from",
    "to",
    "operation",
    "portal",
    "direction",
    "confidence",
    "lean",
    "crossed",
    "late",
    "reason",
    "readers",
    "source",
    "x_m",
    "y_m",
    "lat",
    "lon",
    "accuracy_m",
)
BY_COMMIT: tuple[PastType, ...] = ("movement", "visit", "crossing")
HEARD_NS = 24 * 3600 * SECOND_NS
"""How far before a time it is looked for what was heard last."""

_SLOT_ROWS = 64


class PastPage(NamedTuple):
    """A page request of a history, and the types that it asks for."""

    types: frozenset[PastType]
    page: PageRequest


async def past_page(
    limit: Limit = LIMIT_DEFAULT,
    cursor: Cursor = None,
    sort: Annotated[
        Literal["seq", "-seq", "-time"] | None,
        Query(description="`-time`: by event time, the only order of positions and gaps."),
    ] = None,
    type: Annotated[  # noqa: A002 -- the parameter has the name of the field
        list[Annotated[str, Query(max_length=TEXT_CHARS_MAX)]] | None,
        Query(description="Any of movement, visit, crossing, position, gap; also with commas."),
    ] = None,
) -> PastPage:
    """Read what is asked of a history; without positions and gaps it is in order of commit."""
    names = ",".join(type or BY_COMMIT).split(",")
    types = frozenset(kind for kind in get_args(PastType) if kind in names)
    if len(types) < len(set(names)):
        raise invalid("type", f"must be any of {', '.join(get_args(PastType))}")
    by_time = not types.issubset(BY_COMMIT)
    order = sort or ("-time" if by_time else "-seq")
    if by_time and order != "-time":
        raise invalid("sort", "positions and gaps are listed by -time, the newest first")
    return PastPage(types, PageRequest(limit=limit, cursor=cursor, sort=order))


async def show_position(asset: str, here: Here, as_of: AsOf) -> Response:
    """Where the asset is, or was at the time `as_of`.

    `presence` is `unknown` while a reader that covers the zone is not healthy, and
    for an asset that was never seen; then nothing is known, not even that it left.
    `outside` was seen outside all zones, `departed` is not seen any more. `flaps` counts
    how often it went to another zone and straight back within the last hour.
    """
    if as_of is not None:
        return json_response(await _position_then(here, asset, as_of))
    found = await _position_now(here, asset)
    if found is None:
        raise not_found("asset", asset)
    return json_response(_position_json(here, found))


async def _position_now(here: Surroundings, asset: str) -> Row | None:
    def look() -> Awaitable[Row | None]:
        return here.ask(lambda: here.questions.position(asset))

    # What somebody sees of a part of the site is not what others see.
    return await (here.desk.whereabouts.of(asset, look) if here.scope.is_everything else look())


async def list_history(
    asset: str,
    here: Here,
    asked: Annotated[PastPage, Depends(past_page)],
    times: TimeWindow,
) -> Response:
    """Where the asset was: its movements, crossings and visits; also of a removed asset.

    `type` narrows it down, or adds `position` (what its trackers reported) and `gap`
    (when nobody knew where it was, and why).
    """
    if asked.page.sort == "-time":
        pages = _by_time(here, asset, asked.types, times)
    else:
        pages = partial(_by_commit, here.questions, asset, asked.types, times)

    def ask(request: PageRequest) -> Page:
        page = pages(request)
        # Of an asset that is not known there is nothing; of most that are there is something.
        if not page.items and request.cursor is None and not _is_known(here.questions, asset):
            raise not_found("asset", asset)
        return page

    return await answer_list(here, asked.page, Listed(ask, HISTORY_COLUMNS))


def _by_commit(
    questions: StateQuestions,
    asset: str,
    types: frozenset[PastType],
    times: Window,
    request: PageRequest,
) -> Page:
    return questions.history(asset, *times, request, types)


def _by_time(here: Surroundings, asset: str, types: frozenset[PastType], times: Window) -> AskPage:
    wanted = PastQuestion(
        asset=asset,
        types=types,
        since_ns=times.since_ns,
        until_ns=times.until_ns,
        covers=covers_of(here.desk),
        sight=here.scope,
    )
    store = here.desk.listeners().sightings

    def ask(request: PageRequest) -> Page:
        return here.questions.answer(lambda reader: past_of(reader, store, wanted, request))

    return ask


def _is_known(questions: StateQuestions, asset: str) -> bool:
    if questions.asset(asset) is not None:
        return True
    return bool(questions.history(asset, None, None, PageRequest(limit=1)).items)


async def _position_then(here: Surroundings, asset: str, at_ns: int) -> Row:
    covers, store = covers_of(here.desk), here.desk.listeners().sightings
    scope = here.scope

    def question(reader: sqlite3.Connection) -> Row | None:
        row = position_at(reader, asset, at_ns)
        if not scope.sees_zone(None if row is None else row["zone"]):
            return None
        hearing = hearing_at(reader, covers, at_ns)
        found = position_row_json(asset, row, at_ns)
        told = with_standing(lambda item: standing_then(hearing, item), found)
        since_ns = _seen_since_ns(scope, found)
        tag = None if since_ns is None else found["tag"]
        return {**told, **_heard_then(store, tag, (max(since_ns or 0, at_ns - HEARD_NS), at_ns))}

    is_known = await here.ask(lambda: _is_known(here.questions, asset))
    told = await here.ask(lambda: here.questions.answer(question)) if is_known else None
    if told is None:
        raise not_found("asset", asset)
    floor = _floor_of(here.desk, told["zone"])
    return {**told, "flaps": None, "floor": floor, "as_of": format_time(at_ns)}


def _seen_since_ns(scope: Sight, found: Row) -> int | None:
    """From when on (ns) who asks may know when it was heard and what its trackers told.

    Who is limited to zones: as long as it is there, so None for what has left.
    """
    if scope.zones is None:
        return 0
    return None if found["zone"] is None else parse_time(found["since"])


def _heard_then(store: SightingStore, tag: str | None, span_ns: tuple[int, int]) -> Row:
    """When a tag was heard last up to the end of a span, and the position that it told last."""
    if tag is None:
        return {"last_heard": None, "fix": None}
    since_ns, at_ns = span_ns
    fixes = store.fixes_of(tag, since_ns, at_ns + 1, 1)
    heard = [
        time_ns
        for each in store.of_tag(tag, since_ns, at_ns + 1, _SLOT_ROWS)
        for time_ns in (each.first_ns, each.last_ns)
        if time_ns <= at_ns
    ]
    heard += [fix.time_ns for fix in fixes]
    return {
        "last_heard": format_time(max(heard)) if heard else None,
        "fix": fix_json(fixes[0]) if fixes else None,
    }


def _position_json(here: Surroundings, found: Row) -> Row:
    desk, tag = here.desk, found["tag"]
    since_ns = _seen_since_ns(here.scope, found)
    heard_ns = None if tag is None or since_ns is None else desk.last_heard_ns(tag)
    fix = desk.fix_of(found["asset"])
    if since_ns is None or (fix is not None and fix.time_ns < since_ns):
        fix = None
    return {
        **with_standing(lambda item: standing_of(desk, item), found),
        "flaps": 0 if tag is None else desk.flaps_of(tag),
        "last_heard": None if heard_ns is None else format_time(heard_ns),
        "fix": None if fix is None else fix_json(fix),
        "floor": _floor_of(desk, found["zone"]),
    }


def _floor_of(desk: Desk, zone: str | None) -> str | None:
    return next((known["floor"] for known in desk.zones() if known["name"] == zone), None)
