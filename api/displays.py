"""Displays: let the browser of a wall look, see which ones there are, and end them."""

import sqlite3
from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from api.lists import Listed, OldestFirst, answer_list
from api.me import display_shown
from api.once import Told, answer_once
from api.origins import require_own_page, require_private
from api.problems import ProblemError, not_found
from api.session_book import SessionBook, Shown, origin_of
from api.surroundings import Here
from history.displays import (
    ROLE,
    BegunDisplay,
    DisplayFilter,
    begin_display,
    end_display,
    list_displays,
)
from history.keys import Key, find_key
from history.people import Deed

DISPLAY_COLUMNS = (
    "id",
    "key",
    "name",
    "created_by",
    "begun",
    "seen",
    "expires",
    "address",
    "agent",
)
OfKey = Annotated[
    str | None, Query(max_length=100, description="Those of this key (id); else those of all.")
]


async def show_display(here: Here) -> Response:
    """Let a browser look by a key of role viewer, sent in the Authorization header.

    The cookie of the answer then does for `live`, `stream` and whatever can be looked at, for
    as long as the key. Nothing can be changed by it but its own end (`DELETE
    sessions/current`). 409 where somebody is logged in in this browser.
    """
    require_own_page(here.request)
    require_private(here.request)
    if here.caller.kind != "key" or here.caller.role != ROLE:
        raise ProblemError(403, "Only a key of role viewer makes a display; send it as Bearer.")
    book: SessionBook = here.request.app.state.sessions
    if await book.known(here.request) is not None:
        raise ProblemError(409, "Somebody is logged in in this browser; log out first.")
    former, now_ns = await book.shown(here.request), here.desk.clock()
    caller, origin = here.caller, origin_of(here.request)

    def work(db: sqlite3.Connection) -> tuple[BegunDisplay, Key]:
        if (key := find_key(db, caller.id)) is None:
            raise ProblemError(401, "This key is not known any more.")
        if former is not None:
            end_display(db, former.display.id, Deed(caller.name, now_ns))
        return begin_display(db, caller, now_ns, origin), key

    begun, key = await here.desk.transact(work)
    book.forget_displays(key.id)
    return display_shown(here, Shown(begun.display, key, 0.0), begun.token)


async def list_all_displays(here: Here, page: OldestFirst, key: OfKey = None) -> Response:
    """Browsers of walls that keys have let in, and that have not ended."""
    wanted = DisplayFilter.of(key, here.desk.clock())
    listed = Listed(
        lambda request: here.questions.answer(
            lambda reader: list_displays(reader, wanted, request)
        ),
        DISPLAY_COLUMNS,
    )
    return await answer_list(here, page, listed)


async def remove_display(display: str, here: Here) -> Response:
    """End a display: it is let in no more, and what it follows ends within 5 s. Its key stays."""

    async def act() -> Told:
        deed = Deed(here.caller.name, here.desk.clock())
        key = await here.desk.transact(lambda db: end_display(db, display, deed))
        if key is None:
            raise not_found("display", display)
        book: SessionBook = here.request.app.state.sessions
        book.forget_displays(key)
        return Told(204)

    return await answer_once(here, b"", act)
