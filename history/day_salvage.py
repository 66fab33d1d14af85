"""A damaged day of sightings made anew: out of what can be read, and out of the journal."""

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, closing
from itertools import count
from pathlib import Path
from typing import NamedTuple

from history.day_file import DayFile
from history.salvage import Go, Salvaged, go_or_stop, is_damage, open_damaged, salvage
from history.sightings import SLOT_S, SightingBatch
from tags.times import SECOND_NS

SIDES = ("", "-wal", "-shm")
NEW = ".salvaged"
REPORT = ".report"
"""What was done about a damaged file stands beside it under its name with this behind."""
_TABLES = ("names", "sightings", "fixes", "measurements", "touched")
BATCHES_A_WRITE = 100


class Retold(NamedTuple):
    """What the journal still holds: batches in rising order, all up to `position`.

    Slots that begin behind `whole_since_ns` are in it with all their reads: a read never
    happens after its arrival, and every group before came earlier.
    """

    batches: Iterable[SightingBatch]
    whole_since_ns: int
    position: int


Retell = Callable[[str], AbstractContextManager[Retold | None]]
"""Tells of a day, and holds what it tells from as long as it is asked."""


class Mended(NamedTuple):
    """A day that was made anew; `slots` of it out of the journal. `aside` is the damaged file."""

    day: str
    salvaged: Salvaged
    slots: int
    aside: str

    def __str__(self) -> str:
        """For people."""
        return (
            f"{self.day}.db was damaged; salvaged: {self.salvaged}; {self.slots} slots of"
            f" {SLOT_S} s were made anew from the journal; the damaged file is {self.aside}"
        )


def mend_day(path: Path, retold: Retold | None, go: Go) -> Mended:
    """Put a file in the place of a damaged one, which nobody writes any more.

    Slots that the journal holds whole are made anew from it, so nothing of them is lost or
    counted twice; of older ones what can be read stays, and only groups are added that the
    damaged file did not have. A crash at any moment leaves a file that can be mended again.
    Raises OSError or sqlite3.Error where the disk takes no more, and SalvageStoppedError.
    """
    new = path.with_name(path.name + NEW)
    _remove(new)
    with closing(open_damaged(path)) as damaged:
        # The empty file brings its tables; what is in them comes next.
        DayFile(new).close()
        salvaged, had = _copy(damaged, new, retold, go)
    slots = 0 if retold is None else _add(new, retold, had, go)
    _finish(new, had if retold is None else max(retold.position, had))
    aside = next_aside(path)
    mended = Mended(path.stem, salvaged, slots, aside.name)
    # First what is told of it, so that no crash makes a damaged file that nobody hears of.
    aside.with_name(aside.name + REPORT).write_text(f"{mended}\n", encoding="utf-8")
    set_aside(path, aside)
    new.rename(path)
    return mended


def end_mending(folder: Path) -> None:
    """Complete a mending that a crash interrupted between its two renames."""
    for new in sorted(folder.glob(f"*.db{NEW}")):
        end_renaming(new.with_name(new.name.removesuffix(NEW)))


def end_renaming(path: Path) -> None:
    """The same for one file: the new one in its place, or the damaged one with its log again."""
    new, aside = path.with_name(path.name + NEW), next_aside(path)
    if not path.exists():
        if new.exists():
            new.rename(path)
        return
    for side in SIDES[1:]:
        moved = aside.with_name(aside.name + side)
        if moved.exists():
            moved.rename(path.with_name(path.name + side))
    _remove(new)


def next_aside(path: Path) -> Path:
    """The name that a damaged file is to get, so that somebody can look at it."""
    names = (path.with_name(f"{path.name}.damaged-{number}") for number in count(1))
    return next(name for name in names if not name.exists())


def set_aside(path: Path, aside: Path) -> None:
    """Rename a damaged file, with what belongs to it.

    The log goes first: a new file must never find the log of the old one.
    """
    for side in reversed(SIDES):
        source = path.with_name(path.name + side)
        if source.exists():
            source.rename(aside.with_name(aside.name + side))


def _copy(
    damaged: sqlite3.Connection, new: Path, retold: Retold | None, go: Go
) -> tuple[Salvaged, int]:
    """Copy what can be read; what of it, and the newest batch that the damaged file had."""
    with closing(sqlite3.connect(new, isolation_level=None)) as into:
        into.execute("PRAGMA synchronous = OFF")
        into.execute("BEGIN IMMEDIATE")
        into.execute("DROP INDEX sightings_by_tag")
        salvaged = salvage(damaged, into, _TABLES, go)
        into.execute("CREATE INDEX sightings_by_tag ON sightings (tag, slot_s)")
        had = _position_in(damaged, into)
        if retold is not None:
            # A newer one than there ever was is a part of the damage.
            had = min(had, retold.position)
            into.execute(
                "DELETE FROM sightings WHERE slot_s > ?", (retold.whole_since_ns // SECOND_NS,)
            )
        into.execute("COMMIT")
    return salvaged, had


def _position_in(damaged: sqlite3.Connection, into: sqlite3.Connection) -> int:
    """The newest batch of a file; without its own word the newest that touched a slot."""
    try:
        (position,) = damaged.execute("SELECT position FROM meta").fetchone()
        return int(position)
    except (sqlite3.DatabaseError, TypeError, ValueError) as error:
        if isinstance(error, sqlite3.DatabaseError) and not is_damage(error):
            raise
    (position,) = into.execute("SELECT max(position) FROM touched").fetchone()
    return max(int(position or 0), 0)


def _add(new: Path, retold: Retold, had: int, go: Go) -> int:
    """Add what the journal tells of the day; how many slots it told whole."""
    slots: set[int] = set()
    whole_s = retold.whole_since_ns // SECOND_NS
    with closing(DayFile(new)) as file:
        block: list[SightingBatch] = []
        for batch in retold.batches:
            sightings = [
                each for each in batch.sightings if each.slot_s > whole_s or batch.position > had
            ]
            slots.update(each.slot_s for each in sightings if each.slot_s > whole_s)
            block.append(SightingBatch(batch.position, sightings, batch.fixes, batch.measurements))
            if len(block) == BATCHES_A_WRITE:
                go_or_stop(go)
                file.add(block)
                block.clear()
        file.add(block)
    return len(slots)


def _finish(new: Path, position: int) -> None:
    """Note how far the new file is, and that slots of which nobody knows it are to be shipped."""
    with closing(sqlite3.connect(new, isolation_level=None)) as into:
        into.execute("BEGIN IMMEDIATE")
        into.execute(
            "INSERT OR IGNORE INTO touched SELECT DISTINCT slot_s, ? FROM sightings", (position,)
        )
        into.execute("UPDATE meta SET position = ?", (position,))
        into.execute("COMMIT")
        into.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for side in SIDES[1:]:
        new.with_name(new.name + side).unlink(missing_ok=True)


def _remove(new: Path) -> None:
    for side in SIDES:
        new.with_name(new.name + side).unlink(missing_ok=True)
