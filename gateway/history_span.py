"""A span of a data folder's own history as entries, to be replayed like a recording.

The journal has everything that came in, for as long as it is kept. The span begins with the
site file that held then and with the register as it is now; what was known of tags before is
learnt anew from the hour that leads up to it.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from gateway.command_files import CommandError
from gateway.entries import Entry, SiteChanged, decode_entries
from gateway.site import Site, parse_site
from history.registered import registered_assets
from history.state import StateRefusedError, open_reader
from inventory.assets import Asset
from tags.times import SECOND_NS, format_time

LEAD_NS = 3600 * SECOND_NS


class Span(NamedTuple):
    """A span of history: its site file and assets, from when on alerts count, and its entries.

    `size` is how many groups of the journal it has.
    """

    site: Site
    assets: tuple[Asset, ...]
    from_ns: int
    until_ns: int
    size: int
    path: Path
    first: int

    def entries(self) -> Iterator[Entry]:
        """All entries, those of the hour before the span too; site files are left out."""
        with closing(open_reader(self.path)) as connection:
            rows = connection.execute(
                "SELECT entries FROM journal WHERE position >= ? AND now_ns < ? ORDER BY position",
                (self.first, self.until_ns),
            )
            for (blob,) in rows:
                for entry in decode_entries(blob):
                    if not isinstance(entry, SiteChanged):
                        yield entry


def span_of_history(
    folder: Path, site: Site | None, from_ns: int | None, until_ns: int | None
) -> Span:
    """Look a span up; unset ends are those of the journal. Raises CommandError, SiteError."""
    path = folder / "state.db"
    if not path.is_file():
        raise CommandError(f"{folder}: is a folder without state.db, so there is no history in it")
    try:
        with closing(open_reader(path)) as connection:
            return _span(connection, path, site, from_ns, until_ns)
    except (sqlite3.Error, StateRefusedError) as error:
        raise CommandError(f"{path}: can not be read: {error}") from error


def _span(
    connection: sqlite3.Connection,
    path: Path,
    site: Site | None,
    from_ns: int | None,
    until_ns: int | None,
) -> Span:
    ends = connection.execute("SELECT min(now_ns), max(now_ns) FROM journal").fetchone()
    if ends[0] is None:
        raise CommandError(f"{path}: there is nothing in its journal yet")
    oldest_ns, newest_ns = ends
    if from_ns is not None and from_ns < oldest_ns:
        raise CommandError(f"--from: the journal reaches back to {format_time(oldest_ns)}")
    begin_ns = oldest_ns if from_ns is None else from_ns
    end_ns = newest_ns + 1 if until_ns is None else until_ns
    first, size = connection.execute(
        "SELECT min(position), count(*) FROM journal WHERE now_ns >= ? AND now_ns < ?",
        (begin_ns - LEAD_NS, end_ns),
    ).fetchone()
    if not size:
        raise CommandError(f"{path}: its journal has nothing before {format_time(end_ns)}")
    held = site or _site_at(connection, begin_ns)
    return Span(held, tuple(registered_assets(connection)), begin_ns, end_ns, size, path, first)


def _site_at(connection: sqlite3.Connection, at_ns: int) -> Site:
    """The site file that held then; the first one where the history begins before any."""
    row = (
        # A file that was taken over twice has one version; the audit log has both times.
        connection.execute(
            "SELECT text FROM audit JOIN site_versions ON site_versions.hash = target"
            " WHERE action = 'site.changed' AND audit.at_ns <= ? ORDER BY number DESC LIMIT 1",
            (at_ns,),
        ).fetchone()
        or connection.execute(
            "SELECT text FROM site_versions"
            " ORDER BY accepted_ns > :at, abs(accepted_ns - :at) LIMIT 1",
            {"at": at_ns},
        ).fetchone()
    )
    if row is None:
        raise CommandError("no site file was ever accepted there; name one with --site")
    return parse_site(row[0], env=None)
