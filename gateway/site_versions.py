"""The versions of the site file: each time that one came into force has a number."""

import sqlite3
from typing import Any, NamedTuple

import msgspec

from gateway.entries import SiteChanged
from history.audit import AuditEntry
from history.paging import Listing, Page, PageRequest, bounded, list_page
from tags.times import format_time

_VERSIONS = Listing(
    name="site_changes",
    columns="number, hash, at_ns, by, why",
    key="number",
    terms={},
    sought=frozenset(),
)


class _All(msgspec.Struct, frozen=True):
    """Versions are not filtered."""


class KeptVersion(NamedTuple):
    """One version under its number; `text` is as it stood in the file, literal secrets too."""

    number: int
    version: str
    at_ns: int
    by: str
    why: str
    text: str


def note_site_change(connection: sqlite3.Connection, entry: SiteChanged) -> list[AuditEntry]:
    """Give the version that comes into force its number; what the audit log has to say of it."""
    before = connection.execute(
        "SELECT hash FROM site_changes ORDER BY number DESC LIMIT 1"
    ).fetchone()
    connection.execute(
        "INSERT INTO site_changes (hash, at_ns, by, why) VALUES (?, ?, ?, ?)",
        (entry.version, entry.arrival_ns, entry.by, entry.why),
    )
    told = [_line(entry, "site.changed", entry.version, {})]
    if entry.what:
        detail = {"before": None if before is None else before[0], "after": entry.version}
        told.append(_line(entry, "site.edited", entry.what, detail))
    return told


def _line(entry: SiteChanged, action: str, target: str, detail: dict[str, Any]) -> AuditEntry:
    return AuditEntry(None, entry.arrival_ns, entry.by, action, target, entry.why, detail)


def newest_number(reader: sqlite3.Connection) -> int:
    """The number of the version in force; 0 before there is one."""
    row = reader.execute("SELECT coalesce(max(number), 0) FROM site_changes").fetchone()
    return int(row[0])


def version_under(reader: sqlite3.Connection, number: int) -> KeptVersion | None:
    """The version that has this number."""
    row = reader.execute(
        "SELECT number, site_changes.hash, at_ns, by, why, text FROM site_changes"
        " JOIN site_versions ON site_versions.hash = site_changes.hash WHERE number = ?",
        (number,),
    ).fetchone()
    return None if row is None else KeptVersion(*row)


def version_at(reader: sqlite3.Connection, at_ns: int) -> tuple[str, str] | None:
    """Hash and text of the version that was in force at a time, else of the first there is."""
    joined = (
        "SELECT version.hash, text FROM site_changes JOIN site_versions AS version USING (hash)"
    )
    row = reader.execute(
        f"{joined} WHERE at_ns <= ? ORDER BY number DESC LIMIT 1",
        (bounded(at_ns),),
    ).fetchone()
    row = row or reader.execute(f"{joined} ORDER BY number LIMIT 1").fetchone()
    return None if row is None else (row[0], row[1])


def version_before(reader: sqlite3.Connection, number: int) -> KeptVersion | None:
    """The version that was in force before the one with this number."""
    row = reader.execute(
        "SELECT max(number) FROM site_changes WHERE number < ?", (number,)
    ).fetchone()
    return None if row[0] is None else version_under(reader, row[0])


def listed_versions(reader: sqlite3.Connection, request: PageRequest) -> Page:
    """Versions as `{number, version, at, by, why}`. Raises QuestionError for the page."""
    rows, cursor = list_page(reader, _VERSIONS, _All(), request)
    items = [
        {"number": number, "version": version, "at": format_time(at_ns), "by": by, "why": why}
        for number, version, at_ns, by, why in rows
    ]
    return Page(items, cursor)
