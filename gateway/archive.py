"""All that trails the journal: day files, the copy in another store, and the watch over files."""

import asyncio
import logging
import random
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from secrets import token_hex

from gateway.blueprints import stored_blueprint
from gateway.collector import Collector
from gateway.copying import Copying
from gateway.data_folder import DataFolder
from gateway.entries import decode_entries
from gateway.file_watch import FileWatch
from gateway.followers import SightingsFollower
from gateway.journal import SqliteJournal
from gateway.retelling import JournalRetelling
from gateway.second_copy import SecondCopy
from gateway.site import Site
from gateway.sound_state import note_lost_groups, open_sound_journal
from gateway.station import Station
from history.private_ages import private_tags
from history.settings import HistorySettings
from history.sightings import SightingStore
from history.sqlite_sightings import SqliteSightings
from history.state import open_reader
from zones.clock import EventClock, ReaderClock
from zones.tracks import LocateState

log = logging.getLogger("tagwarden.journal")


def open_archive(folder: DataFolder) -> tuple[SqliteJournal, SqliteSightings]:
    """The journal and the day files, mended where they were damaged, and numbered as one.

    Raises what open_sound_journal raises.
    """
    sightings = SqliteSightings(folder.sightings)
    journal = open_sound_journal(folder.state)
    journal.second_copy = SecondCopy(folder.path, journal.newest())
    _take_again(journal, list(journal.second_copy.behind(journal.last_position())))
    note_lost_groups(journal, folder.state, sightings.positions())
    return journal, sightings


def _take_again(journal: SqliteJournal, groups: list[tuple[int, bytes]]) -> None:
    """Decide and commit once more what the end of the log of state.db has lost.

    The same entries after the same groups decide the same, under the same numbers and ids.
    """
    if not groups or groups[0][0] == 1:
        # Where there is no group at all, somebody wanted to begin anew.
        return
    station = Station(journal, stored_blueprint)
    for position, blob in groups:
        if station.process(decode_entries(blob)).position != position or station.fault:
            break
    taken = station.committed_position - groups[0][0] + 1
    log.error("the newest %d groups were lost in state.db, and taken from the second copy", taken)


class Archive:
    """Keeps the history of one gateway; nothing waits for it."""

    def __init__(  # noqa: PLR0913, PLR0917 - what it trails, where to, and who ends it
        self,
        folder: DataFolder,
        sightings: SqliteSightings,
        journal: SqliteJournal,
        collector: Collector,
        site: Callable[[], Site],
        clock: Callable[[], int],
        rng: random.Random,
    ) -> None:
        def known_clock() -> EventClock:
            return clock_of(collector.station.pipeline.state.located[0])

        self._ending = False
        sightings.retell = JournalRetelling(folder.state, known_clock)
        sightings.go = lambda: not self._ending
        self.follower = SightingsFollower(
            folder.state,
            sightings,
            collector,
            known_clock(),
            lambda store: _expire(store, folder.state, site().settings.history, clock()),
        )
        self.follower.mend = sightings.mend
        self.files = FileWatch(folder, collector, clock, sightings.suspect)
        self.copying = Copying(folder, collector, clock, rng, lambda key: journal.unshipped[key])

    def begin(self, group: asyncio.TaskGroup) -> list[asyncio.Task[None]]:
        """Start to trail; the tasks end when they are cancelled."""
        return [
            group.create_task(self.follower.run(), name="sightings"),
            group.create_task(self.files.run(), name="files"),
        ]

    async def finish(self) -> None:
        """Catch up with what is committed; what the disk refuses now comes after the next start."""
        self._ending = True
        await self.follower.finish()
        await self.copying.end()

    def close(self) -> None:
        """Let go of the files."""
        self._ending = True
        self.files.close()
        self.follower.close()


def _expire(store: SightingStore, state: Path, history: HistorySettings, now_ns: int) -> int:
    """Forget whole days, and of private assets what is older than their own age."""
    private = history.private
    if private.days and isinstance(store, SqliteSightings):
        with closing(open_reader(state)) as reader:
            tags = private_tags(reader, private.categories)
        names = {tag: f"code:erased-{token_hex(8)}" for tag in tags}
        store.expire_tags(names, private.days, now_ns)
    return store.expire(history.keep_days, now_ns)


def clock_of(located: LocateState) -> EventClock:
    """A clock for the history that knows what Locate knows of those of the readers."""
    clocks = {name: ReaderClock(clock.shift_ns) for name, clock in located.clocks.items()}
    return EventClock(dict(located.offsets_ns), clocks)
