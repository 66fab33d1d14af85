"""Whether the day files hold what the kept journal heard, each read exactly once."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from api.problems import printable
from gateway.verification import Finding, finding
from history.sightings import SLOT_S, Sighting, SightingBatch
from history.sqlite_sightings import SqliteSightings
from tags.times import SECOND_NS

BATCHES_A_WRITE = 250
DAY_S = 86_400
AHEAD_NS = 60 * SECOND_NS
"""A read may say that it was this much after its arrival: its clock is off by that at most."""

_FOLDED = """
SELECT slot_s, r.text, antenna, t.text, reads, first_ns, last_ns, rssi_reads, rssi_dbm_sum
FROM {0}sightings JOIN {0}names AS r ON r.id = reader JOIN {0}names AS t ON t.id = tag
WHERE slot_s >= ? ORDER BY slot_s, r.text, antenna, t.text
"""
Cell = tuple[int, str, int, str]
Sums = tuple[int, int, int, int, float]


class DayFiles:
    """The day files of a folder at one moment, opened before the journal is looked at.

    So no file has a group that the journal has not. A file that can not be read is in `wrong`.
    """

    def __init__(self, folder: Path) -> None:
        self.wrong: dict[str, str] = {}
        self.days: dict[str, sqlite3.Connection] = {}
        self.positions: dict[str, int] = {}
        for path in sorted(folder.glob("????-??-??.db")) if folder.is_dir() else ():
            connection = sqlite3.connect(
                f"file:{quote(str(path.absolute()))}?mode=ro", uri=True, isolation_level=None
            )
            try:
                connection.execute("BEGIN")
                row = connection.execute("SELECT position FROM meta").fetchone()
                self.positions[path.stem] = int(row[0])
                self.days[path.stem] = connection
            except (sqlite3.Error, TypeError) as error:
                connection.close()
                self.wrong[path.stem] = f"{path.name} can not be read: {error}"

    def close(self) -> None:
        """Let go of the files."""
        for connection in self.days.values():
            connection.close()

    def check_integrity(self) -> Finding:
        """What SQLite itself says of each file."""
        wrong = list(self.wrong.values())
        for day, connection in self.days.items():
            try:
                told = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(1)")]
            except sqlite3.DatabaseError as error:
                told = [str(error)]
            if told != ["ok"]:
                wrong.append(f"{day}.db: {printable(told[0])}")
        return finding("day files", f"{len(self.days)} files, each sound", wrong)


def check_sightings(
    files: DayFiles, batches: Iterable[SightingBatch], followed: int, began_ns: int
) -> Finding:
    """Fold all batches, and compare the days that they touch with the files.

    `followed` is the newest group that the files have been given; where the fold began, at
    `began_ns`, files have more than it, and only have to have it all.
    """
    with TemporaryDirectory(prefix="tagwarden-verify-") as folder:
        store = SqliteSightings(Path(folder))
        try:
            touched = _fold(store, batches, files, followed)
        finally:
            store.close()
        whole_s = (began_ns + AHEAD_NS) // SECOND_NS if began_ns else 0
        wrong: list[str] = []
        count = 0
        for day in touched:
            with closing(sqlite3.connect(Path(folder) / f"{day}.db")) as folded:
                found, of_day = _compare_day(day, folded, files, whole_s)
            wrong += found
            count += of_day
    return finding("sightings", f"{count} as the journal heard them", wrong)


def _fold(
    store: SqliteSightings, batches: Iterable[SightingBatch], files: DayFiles, followed: int
) -> list[str]:
    """Put what was heard into files of its own; the days that it touches."""
    waiting: list[SightingBatch] = []
    days: set[str] = set()
    for batch in batches:
        kept = [each for each in batch.sightings if _is_due(each, batch.position, files, followed)]
        days.update(_day_of(each.slot_s) for each in kept)
        waiting.append(SightingBatch(batch.position, kept))
        if len(waiting) == BATCHES_A_WRITE:
            store.append(waiting)
            waiting = []
    store.append(waiting)
    return sorted(days)


def _is_due(sighting: Sighting, position: int, files: DayFiles, followed: int) -> bool:
    """Whether the file of its day should have it; one that can not be read is wrong already."""
    day = _day_of(sighting.slot_s)
    return day not in files.wrong and position <= max(followed, files.positions.get(day, 0))


def _compare_day(
    day: str, folded: sqlite3.Connection, files: DayFiles, whole_s: int
) -> tuple[list[str], int]:
    """What is wrong with a day, and how many sightings the journal gave for it."""
    stored = files.days.get(day)
    if stored is None:
        return [f"{day}.db is missing, and the journal has reads of that day"], 0
    first_s = folded.execute("SELECT min(slot_s) FROM sightings").fetchone()[0]
    since_s = min(first_s, whole_s) if whole_s else 0
    wanted, found = _cells(folded, since_s), _cells(stored, since_s)
    wrong: list[str] = []
    count = 0
    one, other = next(wanted, None), next(found, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one[0] < other[0]):
            assert one is not None  # noqa: S101 - one of both is there
            count += 1
            wrong.append(f"{_named(one[0])} is missing")
            one = next(wanted, None)
        elif one is None or other[0] < one[0]:
            if other[0][0] >= whole_s:
                wrong.append(f"{_named(other[0])} is there, and nobody heard it")
            other = next(found, None)
        else:
            count += 1
            wrong += _differences(one, other, is_whole=one[0][0] >= whole_s)
            one, other = next(wanted, None), next(found, None)
    return wrong, count


def _cells(connection: sqlite3.Connection, since_s: int) -> Iterator[tuple[Cell, Sums]]:
    for row in connection.execute(_FOLDED.format(""), (since_s,)):
        yield tuple(row[:4]), tuple(row[4:])


def _differences(
    one: tuple[Cell, Sums], other: tuple[Cell, Sums], *, is_whole: bool
) -> Iterator[str]:
    (cell, wanted), (_, found) = one, other
    same = wanted[:4] == found[:4] and abs(wanted[4] - found[4]) < 1e-3 * max(1, wanted[3])
    if is_whole and not same:
        yield (
            f"{_named(cell)} has {found[0]} reads, {wanted[0]} were heard"
            if (wanted[0] != found[0])
            else f"{_named(cell)} has other times or another RSSI than was heard"
        )
    elif not is_whole and found[0] < wanted[0]:
        yield f"{_named(cell)} has {found[0]} reads, at least {wanted[0]} were heard"


def _named(cell: Cell) -> str:
    slot_s, reader, antenna, tag = cell
    time = datetime.fromtimestamp(slot_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return printable(f"{tag} at {reader}/{antenna} in the {SLOT_S} s from {time}")


def _day_of(slot_s: int) -> str:
    return datetime.fromtimestamp(slot_s // DAY_S * DAY_S, UTC).strftime("%Y-%m-%d")
