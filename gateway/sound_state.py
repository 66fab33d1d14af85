"""Opens state.db, however it was left: damaged, or without its newest groups.

What was done is told on the log and in a report beside the file, which becomes a system alert
(see gateway.file_watch) until somebody removes the report.
"""

import logging
import sqlite3
from contextlib import closing
from itertools import count
from pathlib import Path

from gateway.journal import SqliteJournal
from gateway.station import open_journal
from history.day_salvage import REPORT, end_renaming
from history.salvage import is_damage, open_damaged, within
from history.state_salvage import catch_up_numbers, damage_of, salvage_state

SALVAGE_S_MAX = 300.0
"""After so long the rest of the tables is given up, and the gateway starts without it."""

log = logging.getLogger("tagwarden.history")


def open_sound_journal(path: Path) -> SqliteJournal:
    """Open the journal in a state.db; one that is damaged is salvaged first.

    Raises StateLostError of a file of which nothing can be read, StateRefusedError of one that
    another version has to read, and sqlite3.Error or OSError where the disk is the trouble.
    """
    end_renaming(path)
    damage = damage_of(path)
    if damage is None:
        try:
            return _open_guarded(path)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            damage = str(error)
    log.error("%s is damaged (%s); what can be read of it is salvaged", path, damage)
    salvage_state(path, within(SALVAGE_S_MAX))
    return open_journal(path)


def _open_guarded(path: Path) -> SqliteJournal:
    """Open it so that, should it prove damaged, closing it moves nothing from its log into it."""
    if not path.exists() or not path.stat().st_size:
        return open_journal(path)
    with closing(open_damaged(path)) as guard:
        guard.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        return open_journal(path)


def note_lost_groups(journal: SqliteJournal, path: Path, positions: dict[str, int]) -> int:
    """Number new groups behind those that the day files have had; how many state.db has lost.

    To be called before the station recovers; `positions` as SqliteSightings tells them.
    """
    lost = journal.transact(lambda connection: catch_up_numbers(connection, positions))
    if lost:
        text = (
            f"{lost} groups are missing in {path.name} that the day files have had: what was"
            " decided in them is lost, and what was heard in them is kept"
        )
        log.error("%s", text)
        names = (path.with_name(f"{path.name}.lost-{number}{REPORT}") for number in count(1))
        next(name for name in names if not name.exists()).write_text(f"{text}\n", "utf-8")
    return lost
