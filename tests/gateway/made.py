"""A small site at work, without network or clock."""

import asyncio
import random
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from gateway.blueprints import stored_blueprint
from gateway.entries import Entry, ReadGroup, SiteChanged, Tick
from gateway.journal import Group, SqliteJournal
from gateway.limits import LimitsSettings
from gateway.station import Station
from history.expiry import Keep
from history.state import open_state
from inventory.assets import Asset
from inventory.changes import StoreAssets
from readers.health import ReaderHealth
from tags.reads import Read
from tags.times import MILLISECOND_NS, SECOND_NS

NOON_NS = 1_750_000_000 * SECOND_NS
SITE = """\
site: {name: depot}
zones:
  - {name: hall, absent_after_s: 30}
  - {name: office}
  - {name: gate, role: exit}
readers:
  - {name: dock, driver: llrp, address: 10.0.0.21, antennas: {1: {zone: hall}, 2: {zone: gate}}}
  - {name: desk, driver: llrp, address: 10.0.0.22, antennas: {1: {zone: office}}}
rules:
  - {name: stay in, fence: [hall], assets: {category: laptop}, confirm_s: 2, severity: critical}
"""
TAGS = tuple(f"3034257bf400b7800000{n:04x}" for n in range(6))
LIMITS = LimitsSettings()


def read(tag: str, at_ns: int, reader: str = "dock", antenna: int = 1) -> Read:
    return Read(tag, reader, antenna, at_ns, at_ns, -50.0)


def start(at_ns: int = NOON_NS) -> list[Entry]:
    """What a site says before the first read."""
    laptops = tuple(Asset(id=f"L{n}", category="laptop", tags=(TAGS[n],)) for n in range(4))
    return [
        SiteChanged(at_ns, "test", "v1", SITE),
        StoreAssets(arrival_ns=at_ns, by="test", assets=laptops),
        ReaderHealth(reader="dock", state="online", since_ns=at_ns),
        ReaderHealth(reader="desk", state="online", since_ns=at_ns),
    ]


def day(seed: int = 1, seconds: int = 20) -> list[list[Entry]]:
    """Groups of entries: tags wander between three antennas, a reader fails, ticks in between."""
    rng = random.Random(seed)
    groups: list[list[Entry]] = [start()]
    spots: dict[str, tuple[str, int]] = dict.fromkeys(TAGS, ("dock", 1))
    for step in range(seconds * 4):
        at_ns = NOON_NS + step * 250 * MILLISECOND_NS
        if rng.random() < 0.3:
            spots[rng.choice(TAGS)] = rng.choice([("dock", 1), ("dock", 2), ("desk", 1)])
        if rng.random() < 0.1:
            groups.append([Tick(at_ns + 1)])
        if rng.random() < 0.05:
            state = rng.choice(["online", "offline"])
            groups.append([ReaderHealth(reader="desk", state=state, since_ns=at_ns)])  # type: ignore[arg-type] # one of two known words
        heard = [read(tag, at_ns + n, *spot) for n, (tag, spot) in enumerate(spots.items())]
        groups.append([ReadGroup("local", step, heard)])
    return [*groups, [Tick(NOON_NS + (seconds + 60) * SECOND_NS)]]


class FailingJournal(SqliteJournal):
    """Refuses the appends that `refuses` names by their number, from 1."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        refuses: Callable[[int], bool] = lambda _number: False,
    ) -> None:
        super().__init__(connection)
        self.refuses: Callable[[int], bool] = refuses
        self.appends = 0
        self.committed = 0
        """Position of the newest group that is in the file."""

    def append(self, groups: Sequence[Group], keep: Keep) -> None:
        self.appends += 1
        if self.refuses(self.appends):
            raise sqlite3.OperationalError("disk I/O error")
        super().append(groups, keep)
        self.committed = groups[-1].position


def station_on(journal: SqliteJournal, limits: LimitsSettings = LIMITS) -> Station:
    return Station(journal, stored_blueprint, limits)


async def within(look: Callable[[], object], within_s: float = 10) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(within_s):
        while not look():  # noqa: ASYNC110 - it is looked at from outside
            await asyncio.sleep(0.001)


Tables = dict[str, list[tuple[object, ...]]]


def tables(path: Path) -> Tables:
    """Everything that people can ask for, and the entries in their order."""
    with closing(sqlite3.connect(path)) as db:
        names = ("events", "movements", "visits", "alerts", "outbox", "assets", "bindings")
        return {name: db.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall() for name in names}  # noqa: S608 - names are constants


def uninterrupted(path: Path, groups: list[list[Entry]]) -> Tables:
    """What the tables hold when nothing goes wrong."""
    with closing(open_state(path)) as db:
        station = station_on(SqliteJournal(db))
        for group in groups:
            station.process(group)
    return tables(path)
