"""What people ask of state.db: who is where, who was where and when, what is wrong."""

import queue
import sqlite3
import threading
from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from alerts.alert import Alert
from alerts.shown import alert_json
from history import state
from history.alarm_figures import figures_of
from history.alert_zones import teach_alert_zones
from history.audit import AuditLine, audit_line_json
from history.filters import (
    AlertFilter,
    AssetFilter,
    AuditFilter,
    CrossingFilter,
    MovementFilter,
    VisitFilter,
)
from history.listings import (
    ALERTS,
    ASSETS,
    AUDIT,
    CROSSINGS,
    MOVEMENTS,
    VISITS,
    wanted_alerts,
    wanted_assets,
)
from history.outputs import crossing_json, shown_movement
from history.paging import Listing, Page, PageRequest, bounded, list_page
from history.presence import position_of, present_in
from history.registered import asset_in
from history.scope import UNLIMITED, Sight
from history.timeline import TYPES, timeline_of
from tags.times import format_time
from zones.movements import Crossing

_IDLE_READERS_MAX = 4
Answered = TypeVar("Answered")

# Before it was kept how a visit ended, it counted as a departure.
_LEFT = {None: "departed", "departed": "departed", "outside": "outside"}

# All columns but `seq`, the first one.
_CROSSING_FIELDS = tuple(CROSSINGS.columns.split(", ")[1:])

_alert_decoder = msgspec.msgpack.Decoder(Alert)


class Event(NamedTuple):
    """One event of the stream; `body` is its JSON text."""

    seq: int
    kind: str
    body: str


class EventsExpiredError(LookupError):
    """Events behind the number asked for are no longer kept; begin anew from the lists."""

    def __init__(self, seq: int, first: int) -> None:
        super().__init__(f"events are kept from {first} on, those behind {seq} are not complete")


class StateQuestions:
    """Answers from state.db while it is being written; each answer is of one moment.

    Any thread may ask, any number at a time. Methods block on the disk, so call
    them by `asyncio.to_thread`. Those with a page raise QuestionError where its
    limit, cursor or sort is wrong. What is not in `sight` is left out, as if there were
    none of it; but for events, `answer`, and what is of the whole site: audit and figures.
    """

    def __init__(self, path: Path) -> None:
        self.sight = UNLIMITED
        self._path = path
        self._idle: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue(_IDLE_READERS_MAX)
        self._closed = threading.Event()

    def within(self, sight: Sight) -> "StateQuestions":
        """The same questions, answered as for somebody who sees no more than that."""
        if sight.is_everything:
            return self
        narrowed = copy(self)
        narrowed.sight = sight
        return narrowed

    def close(self) -> None:
        """Close the idle connections; a question under way closes its own when it is answered."""
        self._closed.set()
        while True:
            try:
                self._idle.get_nowait().close()
            except queue.Empty:
                return

    def movements(self, wanted: MovementFilter, request: PageRequest) -> Page:
        """List movements as `movement_json` shows them."""
        with self._moment() as reader:
            rows, cursor = list_page(reader, MOVEMENTS, wanted, request, self.sight)
        return Page([movement_row_json(row) for row in rows], cursor)

    def crossings(self, wanted: CrossingFilter, request: PageRequest) -> Page:
        """List crossings of portals as `crossing_json` shows them."""
        with self._moment() as reader:
            rows, cursor = list_page(reader, CROSSINGS, wanted, request, self.sight)
        return Page([crossing_row_json(row) for row in rows], cursor)

    def visits(self, wanted: VisitFilter, request: PageRequest) -> Page:
        """List visits: `{tag, asset, zone, from, to}`, `to` null while it goes on."""
        with self._moment() as reader:
            rows, cursor = list_page(reader, VISITS, wanted, request, self.sight)
        return Page([visit_row_json(row) for row in rows], cursor)

    def who_is_in(self, zones: Sequence[str], request: PageRequest) -> Page:
        """List what is in any of the zones: `{asset, name, tag, zone, since}`.

        An asset with several tags is where the newest open visit among them is.
        Ordered by asset id, then tags without asset; `sort` turns the order round.
        """
        with self._moment() as reader:
            rows, cursor = present_in(reader, zones, request, self.sight)
        return Page([present_row_json(row) for row in rows], cursor)

    def position(self, asset: str) -> dict[str, Any] | None:
        """Say where an asset is: `{asset, tag, zone, since, last_zone, left}`.

        None if it is not registered. Where it is in no zone, `zone` is null,
        `last_zone` the one that it left and `since` when; all null if it was never
        seen. `left` says how it left: `departed` (not seen any more), `outside`
        (seen outside all zones) or null where nobody knows (its tag was taken off,
        the zone is no more).
        """
        with self._moment() as reader:
            known = _asset_row(reader, asset)
            if known is None or not self.sight.sees_group(known["grouping"]):
                return None
            row = position_of(reader, asset)
        if not self.sight.sees_zone(None if row is None else row["zone"]):
            return None
        return position_row_json(asset, row)

    def history(
        self,
        asset: str,
        since_ns: int | None,
        until_ns: int | None,
        request: PageRequest,
        types: Collection[str] = TYPES,
    ) -> Page:
        """List movements, crossings and visits of an asset, in the order of the commit sequence.

        Each item has `type`: `movement`, `crossing` or `visit`, any of `types`. What was
        recorded for the asset stays, whoever carries the tag now; a removed asset has a history.
        """
        window = VisitFilter(asset=asset, since_ns=since_ns, until_ns=until_ns)
        with self._moment() as reader:
            rows, cursor = timeline_of(reader, window, request, types, self.sight)
        return Page([{"type": kind, **_SHOWN[kind](row)} for kind, row in rows], cursor)

    def assets(self, wanted: AssetFilter, request: PageRequest) -> Page:
        """List registered assets as `inventory.assets.Asset`, in the order they were added."""
        with self._moment() as reader:
            rows, cursor = list_page(reader, ASSETS, wanted_assets(wanted), request, self.sight)
            tags = _tags_of(reader, [row["id"] for row in rows])
        return Page([_asset_json(row, tags) for row in rows], cursor)

    def asset(self, asset: str) -> dict[str, Any] | None:
        """Show one asset; None if it is not registered."""
        with self._moment() as reader:
            row = _asset_row(reader, asset, self.sight)
            return None if row is None else _asset_json(row, _tags_of(reader, [asset]))

    def alerts(self, wanted: AlertFilter, request: PageRequest) -> Page:
        """List alerts as `alert_json` shows them, in the order they were raised."""
        with self._moment() as reader:
            rows, cursor = list_page(reader, ALERTS, wanted_alerts(wanted), request, self.sight)
        return Page([_alert_row_json(row) for row in rows], cursor)

    def alert(self, alert: str) -> dict[str, Any] | None:
        """Show one alert; None if there is none with that id."""
        with self._moment() as reader:
            row = _row(reader, ALERTS, alert, self.sight)
        return None if row is None else _alert_row_json(row)

    def audit(self, wanted: AuditFilter, request: PageRequest) -> Page:
        """List lines of the audit log as `audit_line_json` shows them."""
        with self._moment() as reader:
            rows, cursor = list_page(reader, AUDIT, wanted, request)
        return Page([audit_line_json(AuditLine(*row)) for row in rows], cursor)

    def alarm_figures(self, since_ns: int, until_ns: int, now_ns: int) -> dict[str, Any]:
        """Say how the alerts of a span bore on people, as `figures_of`."""
        with self._moment() as reader:
            return figures_of(reader, since_ns, until_ns, now_ns)

    def events_after(self, seq: int, limit: int) -> list[Event]:
        """Return the next events behind a number of the commit sequence, oldest first.

        Raises EventsExpiredError where some of them are no longer kept.
        """
        with self._moment() as reader:
            first = state.first_seq(reader)
            if seq + 1 < first:
                raise EventsExpiredError(seq, first)
            rows = reader.execute(
                "SELECT seq, kind, body FROM events WHERE seq > ? ORDER BY seq LIMIT ?",
                (bounded(seq), limit),
            ).fetchall()
        return [Event(*row) for row in rows]

    def first_seq(self) -> int:
        """Return the number from which on the stream can repeat everything."""
        return self._ask(state.first_seq)

    def last_seq(self) -> int:
        """Return the newest number of the commit sequence."""
        return self._ask(state.last_seq)

    def answer(self, question: Callable[[sqlite3.Connection], Answered]) -> Answered:
        """Put any question to one moment of the tables; rows are sqlite3.Row."""
        with self._moment() as reader:
            return question(reader)

    def _ask(self, question: Callable[[sqlite3.Connection], int]) -> int:
        with self._moment() as reader:
            return question(reader)

    @contextmanager
    def _moment(self) -> Generator[sqlite3.Connection]:
        """Lend a connection on which every statement sees the same moment."""
        reader = self._take()
        try:
            with state.one_moment(reader):
                yield reader
        finally:
            self._give_back(reader)

    def _take(self) -> sqlite3.Connection:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            reader = state.open_reader(self._path)
            teach_alert_zones(reader)
            return reader

    def _give_back(self, reader: sqlite3.Connection) -> None:
        try:
            self._idle.put_nowait(reader)
        except queue.Full:
            reader.close()
        if self._closed.is_set():
            self.close()


def open_alerts(connection: sqlite3.Connection) -> list[Alert]:
    """Read every alert that is not cleared, in the order they were raised."""
    rows = connection.execute("SELECT record FROM alerts WHERE open ORDER BY raised_seq")
    return [_alert_decoder.decode(row[0]) for row in rows]


def movement_row_json(row: sqlite3.Row) -> dict[str, Any]:
    """Show a row of `movements`."""
    _, *fields, late, confidence, crossed = row
    return shown_movement(*fields, late=bool(late), confidence=confidence, crossed=bool(crossed))


def crossing_row_json(row: sqlite3.Row) -> dict[str, Any]:
    """Show a row of `crossings`."""
    fields = dict(zip(_CROSSING_FIELDS, row[1:], strict=True))
    fields["late"] = bool(fields["late"])
    return crossing_json(Crossing(**fields))


def visit_row_json(row: sqlite3.Row) -> dict[str, Any]:
    """Show a row of `visits`."""
    _, _, tag, asset, zone, from_ns, to_ns = row
    return {
        "tag": tag,
        "asset": asset,
        "zone": zone,
        "from": format_time(from_ns),
        "to": None if to_ns is None else format_time(to_ns),
    }


_SHOWN: dict[str, Callable[[sqlite3.Row], dict[str, Any]]] = {
    "movement": movement_row_json,
    "visit": visit_row_json,
    "crossing": crossing_row_json,
}


def present_row_json(row: sqlite3.Row) -> dict[str, Any]:
    """Show a row of `present_in`."""
    return {
        "asset": row["asset"],
        "name": row["name"],
        "tag": row["tag"],
        "zone": row["zone"],
        "since": format_time(row["from_ns"]),
    }


def position_row_json(
    asset: str | None, row: sqlite3.Row | None, at_ns: int | None = None
) -> dict[str, Any]:
    """Show where an asset is, or was at a time; `row` is a visit, None if it had none."""
    if row is None:
        nowhere = dict.fromkeys(["tag", "zone", "since", "last_zone", "left"])
        return {"asset": asset, **nowhere}
    to_ns: int | None = row["to_ns"]
    there = to_ns is None or (at_ns is not None and to_ns > at_ns)
    return {
        "asset": asset,
        "tag": row["tag"],
        "zone": row["zone"] if there else None,
        "since": format_time(row["from_ns"] if there or to_ns is None else to_ns),
        "last_zone": row["zone"],
        "left": None if there else _LEFT.get(row["ended"]),
    }


def _asset_row(
    reader: sqlite3.Connection, asset: str, sight: Sight = UNLIMITED
) -> sqlite3.Row | None:
    return _row(reader, ASSETS, asset, sight)


def _row(
    reader: sqlite3.Connection, listing: Listing, id_: str, sight: Sight
) -> sqlite3.Row | None:
    """The row with an id, if there is one in sight."""
    seen, values = sight.narrow(listing.seen)
    terms = " AND ".join(["id = :id", *seen])
    statement = f"SELECT {listing.columns} FROM {listing.name} WHERE {terms}"  # noqa: S608 - constants
    row: sqlite3.Row | None = reader.execute(statement, {"id": id_, **values}).fetchone()
    return row


def _tags_of(reader: sqlite3.Connection, assets: Sequence[str]) -> dict[str, list[str]]:
    """Return the tags that each of the assets carries now, in the order they were bound."""
    tags: dict[str, list[str]] = {asset: [] for asset in assets}
    rows = reader.execute(
        "SELECT asset, tag FROM bindings WHERE unbound_ns IS NULL"
        " AND asset IN (SELECT value FROM json_each(?)) ORDER BY rowid",
        (msgspec.json.encode(assets).decode(),),
    )
    for asset, tag in rows:
        tags[asset].append(tag)
    return tags


def _asset_json(row: sqlite3.Row, tags: dict[str, list[str]]) -> dict[str, Any]:
    asset = asset_in(row, tags[row["id"]])
    return {**msgspec.structs.asdict(asset), "tags": list(asset.tags)}


def _alert_row_json(row: sqlite3.Row) -> dict[str, Any]:
    return alert_json(_alert_decoder.decode(row["record"]), row["seq"])
