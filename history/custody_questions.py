"""What people ask about check-outs: which there are, who has an asset, and who had it."""

import sqlite3
from typing import Any, Literal

import msgspec

from history.listings import ASSETS
from history.paging import Listing, Page, PageRequest, list_page
from history.scope import (
    UNLIMITED,
    Narrowing,
    Sight,
    group_of,
    in_groups,
    in_portals,
    in_zones,
    place_of,
)
from inventory.changes import CheckOut
from inventory.custody import OPEN_STATES, Loan, LoanState
from tags.times import format_time

STAYS_SHOWN = 1_000
"""Stays outside that one answer tells, the newest first."""

CHECKOUTS_SHOWN = 100
"""Open check-outs for an asset that one answer tells."""

StateSought = Literal["active"] | LoanState

_COLUMNS = (
    "opened_seq, id, seq, state, closed_ns, closed_by, closed_why, terms,"
    " (SELECT count(*) FROM outings WHERE checkout = checkouts.id AND ended_ns IS NULL) AS out"
)

CHECKOUTS = Listing(
    name="checkouts",
    columns=_COLUMNS,
    key="opened_seq",
    terms={
        "person": "person = :person",
        "asset": (
            "id IN (SELECT id FROM checkouts WHERE asset = :asset"
            " UNION SELECT checkout FROM outings WHERE asset = :asset)"
        ),
        "states": "state IN (SELECT value FROM json_each(:states))",
        "since_ns": "opened_ns >= :since_ns",
        "until_ns": "opened_ns < :until_ns",
    },
    sought=frozenset({"person", "asset", "since_ns"}),
    # One for a category or a group is about no zone, one for a category about no group.
    seen=Narrowing(
        zones=in_zones(place_of("checkouts.asset")),
        groups=in_groups("grouping", group_of("checkouts.asset")),
    ),
)
_SEEN_STAYS = Narrowing(
    zones=f"({in_zones('from_zone', 'to_zone')} OR {in_portals('portal')})",
    groups=in_groups(group_of("outings.asset")),
)

_OPEN_FOR = f"""
SELECT {_COLUMNS} FROM checkouts WHERE id IN (
    SELECT id FROM checkouts WHERE open AND asset = :asset
    UNION SELECT id FROM checkouts WHERE open AND grouping = :grouping
    UNION SELECT id FROM checkouts WHERE open AND category = :category
) ORDER BY opened_seq DESC LIMIT :rows
"""  # noqa: S608 - a constant
_OUTINGS = (
    "SELECT checkout, asset, tag, from_zone, to_zone, portal, left_ns, ended_ns, ended,"
    " (SELECT person FROM checkouts WHERE id = checkout) AS person FROM outings"
)
_terms_decoder = msgspec.msgpack.Decoder(CheckOut)


class CheckoutFilter(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Check-outs; the times are those at which they were opened, half-open.

    `asset` is one that they name or that was out under them. `states` are any of the states,
    `active` for those that are not closed.
    """

    person: str | None = None
    asset: str | None = None
    states: tuple[StateSought, ...] = ()
    since_ns: int | None = None
    until_ns: int | None = None


class _Wanted(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A CheckoutFilter in the words of the table."""

    person: str | None
    asset: str | None
    states: str | None
    since_ns: int | None
    until_ns: int | None


def wanted_checkouts(wanted: CheckoutFilter) -> msgspec.Struct:
    """Translate a filter into the words of the table."""
    named = {state for state in wanted.states if state != "active"}
    if "active" in wanted.states:
        named |= OPEN_STATES
    states = msgspec.json.encode(sorted(named)).decode() if named else None
    return _Wanted(
        person=wanted.person,
        asset=wanted.asset,
        states=states,
        since_ns=wanted.since_ns,
        until_ns=wanted.until_ns,
    )


def checkouts_in(
    connection: sqlite3.Connection,
    wanted: CheckoutFilter,
    request: PageRequest,
    sight: Sight = UNLIMITED,
) -> Page:
    """List check-outs in the order in which they were opened. Raises QuestionError.

    Each is `{id, seq, state, person, asset, category, group, from, until, return_by, grace_s,
    due, zones, gates, note, opened, closed, out}`; `due` is when what is out is overdue, `out`
    how many assets are out.
    """
    rows, cursor = list_page(connection, CHECKOUTS, wanted_checkouts(wanted), request, sight)
    return Page([_checkout_json(row) for row in rows], cursor)


def checkout_in(
    connection: sqlite3.Connection, checkout: str, sight: Sight = UNLIMITED
) -> dict[str, Any] | None:
    """One check-out, with the newest stays outside under it; None if there is none."""
    seen, values = sight.narrow(CHECKOUTS.seen)
    terms = " AND ".join(["id = :checkout", *seen])
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM checkouts WHERE {terms}",  # noqa: S608 - constants
        {"checkout": checkout, **values},
    ).fetchone()
    if row is None:
        return None
    stays = _stays(connection, "checkout", checkout, sight)
    return _checkout_json(row) | {"stays": stays}


def custody_in(
    connection: sqlite3.Connection, asset: str, sight: Sight = UNLIMITED
) -> dict[str, Any] | None:
    """Who has an asset and who had it: `{asset, out, checkouts, past}`; None if never known.

    `out` is the stay outside that goes on, or null; `checkouts` are the open ones for the
    asset, its group and its category, and `past` the stays that are over, newest first.
    """
    seen, names = sight.narrow(ASSETS.seen)
    terms = " AND ".join(["id = :asset", *seen])
    known = connection.execute(
        f"SELECT category, grouping FROM assets WHERE {terms}",  # noqa: S608 - constants
        {"asset": asset, **names},
    ).fetchone()
    stays = _stays(connection, "asset", asset, sight)
    if known is None and not stays:
        return None
    return {
        "asset": asset,
        "out": next((stay for stay in stays if stay["ended"] is None), None),
        "checkouts": _open_for(connection, asset, known, sight),
        "past": [stay for stay in stays if stay["ended"] is not None],
    }


def _open_for(
    connection: sqlite3.Connection, asset: str, known: sqlite3.Row | None, sight: Sight
) -> list[dict[str, Any]]:
    """The open check-outs for an asset, which is `known` with its category and group."""
    if known is None and not sight.is_everything:
        return []
    category, grouping = ("", "") if known is None else known
    wanted = {"asset": asset, "category": category, "grouping": grouping}
    rows = connection.execute(_OPEN_FOR, wanted | {"rows": CHECKOUTS_SHOWN})
    return [_checkout_json(row) for row in rows]


def _stays(
    connection: sqlite3.Connection, column: str, value: str, sight: Sight
) -> list[dict[str, Any]]:
    """The newest stays outside of a check-out or an asset, as far as they are seen."""
    seen, names = sight.narrow(_SEEN_STAYS)
    terms = " AND ".join([f"{column} = :value", *seen])
    rows = connection.execute(
        f"{_OUTINGS} WHERE {terms} ORDER BY seq DESC LIMIT :rows",
        {"value": value, "rows": STAYS_SHOWN, **names},
    )
    return [_stay_json(row) for row in rows]


def _checkout_json(row: sqlite3.Row) -> dict[str, Any]:
    terms = _terms_decoder.decode(row["terms"])
    return {
        "id": row["id"],
        "seq": row["seq"],
        "state": row["state"],
        "person": terms.person,
        "asset": terms.asset or None,
        "category": terms.category or None,
        "group": terms.group or None,
        "from": format_time(terms.from_ns),
        "until": format_time(terms.until_ns),
        "return_by": _time(terms.return_by_ns),
        "grace_s": terms.grace_s,
        "due": format_time(Loan(terms=terms).due_ns),
        "zones": list(terms.zones),
        "gates": list(terms.gates),
        "note": terms.note,
        "opened": {"by": terms.by, "at": format_time(terms.arrival_ns)},
        "closed": _closed_json(row),
        "out": row["out"],
    }


def _closed_json(row: sqlite3.Row) -> dict[str, Any] | None:
    if row["closed_ns"] is None:
        return None
    return {
        "by": row["closed_by"],
        "at": format_time(row["closed_ns"]),
        "why": row["closed_why"],
    }


def _stay_json(row: sqlite3.Row) -> dict[str, Any]:
    """A stay outside; `ended` is null while it goes on."""
    return {
        "checkout": row["checkout"],
        "person": row["person"],
        "asset": row["asset"],
        "tag": row["tag"],
        "from": row["from_zone"],
        "to": row["to_zone"],
        "portal": row["portal"],
        "left": format_time(row["left_ns"]),
        "ended": _time(row["ended_ns"]),
        "how": row["ended"],
    }


def _time(time_ns: int | None) -> str | None:
    return None if time_ns is None else format_time(time_ns)
