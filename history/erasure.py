"""Somebody is to be forgotten: an asset or a person, in every table but the audit log.

All functions work inside the caller's transaction and never commit. Whatever is erased gets a
name made of chance first, wherever it is named; what is deleted is then deleted by that name, so
nothing that goes on, such as a visit, is ever half there.
"""

import secrets
import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple
from uuid import uuid4

import msgspec

from history.audit import ERASED
from history.renames import Renames
from tags.times import format_time

Kind = Literal["asset", "person"]
Mode = Literal["delete", "pseudonymise"]

_BY_TAG_AND_ASSET = ("movements", "crossings", "visits", "last_visits", "bindings", "outings")
_BY_WHOM = (
    ("api_keys", "created_by"),
    ("subscriptions", "created_by"),
    ("site_versions", "accepted_by"),
    ("site_changes", "by"),
    ("erasures", "by"),
    ("assets", "name"),
    ("assets", "owner"),
)
_IDS = (
    ("movements", "id"),
    ("crossings", "id"),
    ("alerts", "id"),
    ("annunciations", "alert"),
    ("outbox", "alert"),
)
_TEXTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("alerts", "raised_seq", ("subject", "asset", "tag")),
    ("annunciations", "seq", ("alert",)),
    ("outbox", "number", ("alert", "last_error")),
    ("channels", "name", ("failure",)),
    ("checkouts", "opened_seq", ("person", "asset", "closed_by", "closed_why")),
    ("site_changes", "number", ("why",)),
)
_JSON: tuple[tuple[str, str, str], ...] = (
    ("events", "seq", "body"),
    ("outbox", "number", "body"),
    ("outbox", "number", "tries"),
    ("outbox", "number", "parts"),
    ("subscriptions", "number", "settings"),
)
_PACKED: tuple[tuple[str, str, str], ...] = (
    ("alerts", "raised_seq", "record"),
    ("checkouts", "opened_seq", "terms"),
)


class Subject(NamedTuple):
    """Who is erased. `labels` are further names of it alone, such as that of a badge's owner."""

    kind: Kind
    id: str
    tags: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    registered: bool = False


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """What was erased, told without the names that it had."""

    id: str
    number: int = 0
    kind: Kind
    mode: Mode
    pseudonym: str
    reason: str
    by: str
    asked_ns: int
    finished_ns: int | None = None
    rows: dict[str, int] = {}
    remains: tuple[str, ...] = ()

    def shown(self) -> dict[str, Any]:
        """The erasure as HTTP shows it."""
        return {
            "id": self.id,
            "seq": self.number,
            "kind": self.kind,
            "mode": self.mode,
            "pseudonym": self.pseudonym,
            "reason": self.reason,
            "by": self.by,
            "asked": format_time(self.asked_ns),
            "finished": None if self.finished_ns is None else format_time(self.finished_ns),
            "rows": self.rows,
            "remains": list(self.remains),
        }


def find_asset(connection: sqlite3.Connection, asset: str) -> Subject | None:
    """An asset with the tags that are its own, also one that has left the register; None: none."""
    row = connection.execute("SELECT name, serial FROM assets WHERE id = ?", (asset,)).fetchone()
    tags = connection.execute(
        "SELECT DISTINCT tag FROM bindings AS own WHERE asset = ?1 AND NOT EXISTS ("
        " SELECT 1 FROM bindings AS other WHERE other.tag = own.tag AND other.asset <> ?1"
        " AND other.unbound_ns IS NULL) ORDER BY tag",
        (asset,),
    ).fetchall()
    known = row or tags or _any_row(connection, ("movements", "alerts", "visits"), asset)
    if not known:
        return None
    labels = [] if row is None else [text for text in row if text]
    return Subject(
        "asset",
        asset,
        tuple(tag for (tag,) in tags),
        tuple(
            text for text in labels if text != asset and not _others_have(connection, text, asset)
        ),
        registered=row is not None,
    )


def find_person(connection: sqlite3.Connection, person: str) -> Subject | None:
    """Somebody with an account of this id or login, or in whose name something is checked out."""
    rows = connection.execute(
        "SELECT id, login, name FROM people WHERE id = ?1 OR login = ?1", (person,)
    ).fetchall()
    lent = connection.execute(
        "SELECT 1 FROM checkouts WHERE person = ? LIMIT 1", (person,)
    ).fetchone()
    if not rows and lent is None:
        return None
    names = {text for row in rows for text in row[1:] if text} - {person}
    return Subject("person", person, (), tuple(sorted(names)), tuple(row[0] for row in rows))


def is_last_admin(connection: sqlite3.Connection, subject: Subject) -> bool:
    """Whether nobody else could log in who may do everything."""
    rows = connection.execute("SELECT id FROM people WHERE role = 'admin' AND NOT disabled")
    admins = {id_ for (id_,) in rows}
    return bool(admins) and admins <= set(subject.accounts)


def pseudonyms(subject: Subject) -> dict[str, str]:
    """A name made of chance for each that it has; the first is the one by which it goes on."""
    code = secrets.token_hex(8)
    whole = ERASED + code
    tags = {tag: f"code:erased-{code}-{n}" for n, tag in enumerate(subject.tags, start=1)}
    return {subject.id: whole, **dict.fromkeys(subject.labels, whole), **tags}


def taken_names(connection: sqlite3.Connection, subject: Subject) -> set[str]:
    """Names that others go by, and words that many assets share."""
    found: set[str] = set()
    words = ("id", "category", "grouping", "sku", "lot", "home_zone")
    # Whom an asset belongs to is a name of that person.
    for column in words if subject.kind == "person" else (*words, "name", "owner"):
        rows = connection.execute(
            f"SELECT DISTINCT {column} FROM assets WHERE id <> ?",  # noqa: S608 - a constant
            (subject.id if subject.kind == "asset" else "",),
        )
        found.update(text for (text,) in rows if text)
    return found


def ids_of(connection: sqlite3.Connection, subject: Subject) -> dict[str, str]:
    """A new id for each movement, crossing and alert of it: theirs are computed from its tag.

    Those of alerts begin with `erased-`, and an alert that names a person has one too: it is not
    the one any more of which the audit log tells.
    """
    if subject.kind == "person":
        names = [subject.id, *subject.labels]
        terms = " OR ".join(["instr(record, CAST(? AS BLOB))"] * len(names))
        rows = connection.execute(f"SELECT id FROM alerts WHERE {terms}", names)  # noqa: S608 - constants
        return {id_: _alert_name() for (id_,) in rows}
    names_text = msgspec.json.encode([subject.id, *subject.tags]).decode()
    found: dict[str, str] = {}
    for table, make in (("movements", _uuid), ("crossings", _uuid), ("alerts", _alert_name)):
        for column in ("asset", "tag"):
            rows = connection.execute(
                f"SELECT id FROM {table}"  # noqa: S608 - constants
                f" WHERE {column} IN (SELECT value FROM json_each(?))",
                (names_text,),
            )
            found.update((id_, make()) for (id_,) in rows.fetchall() if id_ not in found)
    return found


def erased_alerts(ids: Mapping[str, str]) -> list[str]:
    """The ids of those alerts that go by another one from now on."""
    return sorted(old for old, new in ids.items() if new.startswith(ERASED))


def _alert_name() -> str:
    return ERASED + secrets.token_hex(8)


def _uuid() -> str:
    return str(uuid4())


def rename_rows(
    connection: sqlite3.Connection, renames: Renames, ids: dict[str, str]
) -> dict[str, list[int]]:
    """Put the new names into every table; the keys of the events and messages that had one."""
    _rename_columns(connection, renames, ids)
    touched: dict[str, list[int]] = {}
    for table, key, columns in _TEXTS:
        for column in columns:
            _rewrite(connection, (table, key, column), renames, renames.text)
    for each in _JSON:
        found = _rewrite(connection, each, renames, renames.json_text)
        touched.setdefault(each[0], []).extend(found)
    for each in _PACKED:
        _rewrite(connection, each, renames, renames.packed)
    return touched


def _rename_columns(connection: sqlite3.Connection, renames: Renames, ids: dict[str, str]) -> None:
    """Replace what stands alone in a column."""
    pairs = [(new, old) for old, new in renames.names.items()]
    for table in _BY_TAG_AND_ASSET:
        for column in ("tag", "asset"):
            _update(connection, table, column, pairs)
    for table, column in (("renamed_visits", "tag"), *_BY_WHOM):
        _update(connection, table, column, pairs)
    new_ids = [(new, old) for old, new in ids.items()]
    for table, column in _IDS:
        _update(connection, table, column, new_ids)


def forget_answers(connection: sqlite3.Connection, renames: Renames) -> None:
    """Answers to repeated requests, and lines that another store refused, go where they name it."""
    for needle in renames.needles():
        connection.execute("DELETE FROM answers WHERE instr(body, ?1) OR instr(key, ?1)", (needle,))
        connection.execute("DELETE FROM set_aside WHERE instr(line, ?)", (needle,))


def _over() -> dict[str, str]:
    """Which rows of each table are about `:names` and have ended."""
    mine = "IN (SELECT value FROM json_each(:names))"
    own = f"tag {mine} OR asset {mine}"
    return {
        "movements": own,
        "crossings": own,
        "visits": f"({own}) AND to_ns NOTNULL AND id < (SELECT max(id) FROM visits)",  # noqa: S608 - constants
        "bindings": own,
        "outings": f"({own}) AND ended_ns IS NOT NULL",
        "annunciations": f"alert IN (SELECT id FROM alerts WHERE NOT open AND ({own}))",  # noqa: S608 - constants
        "alerts": f"NOT open AND ({own})",
        "checkouts": f"NOT open AND (asset {mine} OR person {mine})",
        "renamed_visits": "visit NOT IN (SELECT id FROM visits)",
    }


def delete_rows(
    connection: sqlite3.Connection, renames: Renames, touched: dict[str, list[int]]
) -> dict[str, int]:
    """Delete what goes by the new names and is over; how many rows of each table.

    What goes on stays under the new name until it ends by itself.
    """
    names = msgspec.json.encode(sorted(set(renames.names.values()))).decode()
    gone = {
        table: connection.execute(
            f"DELETE FROM {table} WHERE {where}",  # noqa: S608 - constants
            {"names": names},
        ).rowcount
        for table, where in _over().items()
    }
    for table, key in (("events", "seq"), ("outbox", "number")):
        keys = [(number,) for number in sorted(set(touched.get(table, ())))]
        connection.executemany(f"DELETE FROM {table} WHERE {key} = ?", keys)  # noqa: S608 - constants
        gone[table] = len(keys)
    return {table: rows for table, rows in gone.items() if rows}


def forget_accounts(connection: sqlite3.Connection, subject: Subject) -> None:
    """Accounts go, with their sessions and codes."""
    for table, column in (("sessions", "person"), ("setup_codes", "person"), ("people", "id")):
        connection.executemany(
            f"DELETE FROM {table} WHERE {column} = ?",  # noqa: S608 - constants
            [(account,) for account in subject.accounts],
        )
    connection.executemany(
        "DELETE FROM answers WHERE actor = ?", [(account,) for account in subject.accounts]
    )


def store_erasure(connection: sqlite3.Connection, done: Erasure) -> Erasure:
    """Write down what was erased; not finished yet."""
    number = connection.execute("SELECT coalesce(max(number), 0) + 1 FROM erasures").fetchone()[0]
    numbered = msgspec.structs.replace(done, number=number)
    detail = msgspec.json.encode({"rows": done.rows, "remains": done.remains}).decode()
    connection.execute(
        "INSERT INTO erasures VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, ?)",
        (
            done.id,
            number,
            done.kind,
            done.mode,
            done.pseudonym,
            done.reason,
            done.by,
            done.asked_ns,
            detail,
        ),
    )
    return numbered


def finish_erasures(connection: sqlite3.Connection, now_ns: int) -> None:
    """Nothing is left of what was erased before."""
    connection.execute("UPDATE erasures SET finished_ns = ? WHERE finished_ns IS NULL", (now_ns,))


def is_unfinished(connection: sqlite3.Connection) -> bool:
    """Whether something may be left of what was erased, since a crash came between."""
    query = "SELECT 1 FROM erasures WHERE finished_ns IS NULL LIMIT 1"
    return connection.execute(query).fetchone() is not None


def all_erasures(connection: sqlite3.Connection) -> list[Erasure]:
    """All of them, the oldest first."""
    rows = connection.execute(
        "SELECT id, number, kind, mode, pseudonym, reason, by, asked_ns, finished_ns, detail"
        " FROM erasures ORDER BY number"
    )
    return [_erasure(row) for row in rows]


def _erasure(row: Sequence[Any]) -> Erasure:
    detail = msgspec.json.decode(row[9])
    return Erasure(
        id=row[0],
        number=row[1],
        kind=row[2],
        mode=row[3],
        pseudonym=row[4],
        reason=row[5],
        by=row[6],
        asked_ns=row[7],
        finished_ns=row[8],
        rows=detail["rows"],
        remains=tuple(detail["remains"]),
    )


def _any_row(connection: sqlite3.Connection, tables: Iterable[str], asset: str) -> bool:
    return any(
        connection.execute(f"SELECT 1 FROM {table} WHERE asset = ? LIMIT 1", (asset,)).fetchone()  # noqa: S608 - constants
        for table in tables
    )


def _others_have(connection: sqlite3.Connection, text: str, asset: str) -> bool:
    row = connection.execute(
        "SELECT 1 FROM assets WHERE id <> ?1 AND ?2 IN (id, name, serial) LIMIT 1", (asset, text)
    ).fetchone()
    return row is not None


def _update(
    connection: sqlite3.Connection, table: str, column: str, pairs: Collection[tuple[str, str]]
) -> None:
    connection.executemany(
        f"UPDATE {table} SET {column} = ? WHERE {column} = ?",  # noqa: S608 - constants
        pairs,
    )


def _rewrite(
    connection: sqlite3.Connection,
    where: tuple[str, str, str],
    renames: Renames,
    rewrite: Callable[[Any], str | bytes],
) -> list[int]:
    """Rewrite the cells of a column that hold a name; the keys of their rows."""
    table, key, column = where
    packed = where in _PACKED
    needle = "CAST(? AS BLOB)" if packed else "?"
    needles = list(renames.names) if packed else renames.needles()
    terms = " OR ".join([f"instr({column}, {needle})"] * len(needles))
    rows = connection.execute(
        f"SELECT {key}, {column} FROM {table} WHERE {terms}",  # noqa: S608 - constants
        needles,
    ).fetchall()
    connection.executemany(
        f"UPDATE {table} SET {column} = ? WHERE {key} = ?",  # noqa: S608 - constants
        [(rewrite(cell), number) for number, cell in rows],
    )
    return [number for number, _ in rows]
