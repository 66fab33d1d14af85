"""Lists page by page: what arrives in between is neither repeated nor hides a row."""

import base64
import binascii
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, NamedTuple

import msgspec

from history.scope import UNLIMITED, Narrowing, Sight

LIMIT_MAX = 1000
_CURSOR_CHARS_MAX = 4096
_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1


class QuestionError(ValueError):
    """What was asked can not be answered; `field` names the part that is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class CursorError(QuestionError):
    """The cursor was not given out by this list in this order."""

    def __init__(self, message: str) -> None:
        super().__init__("cursor", message)


class PageRequest(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Which piece of a list: up to `limit` rows behind `cursor`.

    `-seq` begins with the newest row, `seq` with the oldest.
    """

    limit: int = 100
    cursor: str | None = None
    sort: str = "-seq"


class Page(msgspec.Struct, frozen=True):
    """Rows ready to be shown, and the cursor of the next page unless this was the last."""

    items: list[dict[str, Any]]
    cursor: str | None


_Part = Annotated[int, msgspec.Meta(ge=_INT64_MIN, le=_INT64_MAX)] | str


class _Cursor(msgspec.Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """The key of the last row shown, and the list and order it belongs to."""

    listing: str
    sort: str
    after: tuple[_Part, ...]


_cursor_decoder = msgspec.json.Decoder(_Cursor)


UNSEEN = Narrowing("FALSE", "FALSE")


class Listing(NamedTuple):
    """How a table is listed by a key that never changes and rises with the commit sequence.

    `terms` holds an SQL condition for each filter; `sought` names the filters
    that have an index of their own, `walked` the index of a filter that also has the
    order of the key. `ranges` may write a statement that seeks the keys for filters
    and their values; the terms then choose of these. `seen` says which rows a limited
    caller sees; without it, none.
    """

    name: str
    columns: str
    key: str
    terms: Mapping[str, str]
    sought: frozenset[str]
    walked: Mapping[str, str] = {}
    ranges: Callable[[Mapping[str, Any]], str | None] = lambda _filters: None
    seen: Narrowing = UNSEEN


def list_page(
    connection: sqlite3.Connection,
    listing: Listing,
    wanted: msgspec.Struct,
    request: PageRequest,
    sight: Sight = UNLIMITED,
) -> tuple[list[sqlite3.Row], str | None]:
    """Fetch the rows of one page, and the cursor behind it. Raises QuestionError."""
    limit = checked_limit(request)
    statement, values = page_query(listing, wanted, request, sight)
    rows: list[sqlite3.Row] = connection.execute(statement, values).fetchall()
    if len(rows) <= limit:
        return rows, None
    last_shown = rows[limit - 1][listing.key]
    return rows[:limit], encode_cursor(listing.name, request.sort, (last_shown,))


def page_query(
    listing: Listing,
    wanted: msgspec.Struct,
    request: PageRequest,
    sight: Sight = UNLIMITED,
) -> tuple[str, dict[str, Any]]:
    """Write the statement and values for a page and one row more."""
    values = {name: value for name in listing.terms if (value := getattr(wanted, name)) is not None}
    conditions = [listing.terms[name] for name in values]
    key, source = _way_of(listing, values)
    ranges = listing.ranges(values)
    if ranges is not None:
        conditions.append(f"{listing.key} IN ({ranges})")
    if request.cursor is not None:
        values["after"] = decode_cursor(listing.name, request, (int,))[0]
        conditions.append(f"{key} {compare_of(request)} :after")
    seen, names = sight.narrow(listing.seen)
    conditions += seen
    inner = ["SELECT", listing.key, "FROM", source]
    if conditions:
        inner += ["WHERE", " AND ".join(conditions)]
    order = direction_of(request)
    inner += ["ORDER BY", key, order, "LIMIT :rows"]
    outer = ["SELECT", listing.columns, "FROM", listing.name, "WHERE", listing.key, "IN ("]
    statement = " ".join([*outer, *inner, ") ORDER BY", listing.key, order])
    bound = {name: bounded(value) for name, value in values.items()}
    return statement, {**bound, **names, "rows": checked_limit(request) + 1}


def _way_of(listing: Listing, filters: Mapping[str, Any]) -> tuple[str, str]:
    """Return key and table as the statement names them, so that SQLite goes the short way."""
    sought = listing.sought.intersection(filters)
    if len(sought) == 1 and not listing.ranges(filters):
        (only,) = sought
        if only in listing.walked:
            return listing.key, f"{listing.name} INDEXED BY {listing.walked[only]}"
    # `+` keeps SQLite from walking the whole key where a filter has an index: without it, a
    # page that can not be filled reads the table to its end.
    return (f"+{listing.key}" if sought else listing.key), listing.name


def bounded(value: Any) -> Any:  # noqa: ANN401 - any value that SQLite takes
    """Keep integers within what SQLite can compare; a time far out stays far out."""
    return min(max(value, _INT64_MIN), _INT64_MAX) if isinstance(value, int) else value


def checked_limit(request: PageRequest) -> int:
    """Return the limit of the request. Raises QuestionError outside of 1 to 1000."""
    if not 1 <= request.limit <= LIMIT_MAX:
        raise QuestionError("limit", f"must be from 1 to {LIMIT_MAX}, not {request.limit}")
    return request.limit


def direction_of(request: PageRequest) -> str:
    """Return the SQL order of the key. Raises QuestionError for an unknown sort."""
    match request.sort:
        case "seq":
            return "ASC"
        case "-seq":
            return "DESC"
        case _:
            raise QuestionError("sort", f"must be seq or -seq, not {request.sort!r}")


def compare_of(request: PageRequest) -> str:
    """Return how the key of a later row compares to the cursor."""
    return ">" if direction_of(request) == "ASC" else "<"


def encode_cursor(listing: str, sort: str, after: Sequence[int | str]) -> str:
    """Pack the key of the last row shown so that a client has nothing to read in it."""
    packed = msgspec.json.encode(_Cursor(listing, sort, tuple(after)))
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def decode_cursor(
    listing: str,
    request: PageRequest,
    shape: tuple[type[int] | type[str], ...],
) -> tuple[Any, ...]:
    """Unpack the key behind which the page begins. Raises CursorError."""
    cursor = _unpack(request.cursor or "")
    if cursor.listing != listing:
        raise CursorError(f"belongs to the list of {cursor.listing}, not of {listing}")
    if cursor.sort != request.sort:
        raise CursorError(f"was given out with sort={cursor.sort}, not {request.sort}")
    if tuple(type(part) for part in cursor.after) != shape:
        raise CursorError("was not given out by this gateway")
    return cursor.after


def _unpack(text: str) -> _Cursor:
    if len(text) > _CURSOR_CHARS_MAX:
        raise CursorError("was not given out by this gateway")
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        return _cursor_decoder.decode(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (UnicodeEncodeError, binascii.Error, msgspec.DecodeError) as error:
        raise CursorError("was not given out by this gateway") from error
