"""What nobody could hear, as it comes into the tables with what was decided."""

import sqlite3
from contextlib import closing
from pathlib import Path

from gateway.entries import GatewayStarted, SiteChanged
from gateway.journal import SqliteJournal
from history.state import open_state
from readers.health import HealthState, ReaderHealth
from tags.times import SECOND_NS
from tests.gateway.made import NOON_NS, SITE, start, station_on

SMALLER = "\n".join(line for line in SITE.splitlines() if "name: desk" not in line) + "\n"
Told = tuple[str, str, int, int | None]


def told(connection: sqlite3.Connection) -> list[Told]:
    rows = connection.execute("SELECT reader, state, from_ns, to_ns FROM outages ORDER BY id")
    return [(row[0], row[1], _s(row[2]), None if row[3] is None else _s(row[3])) for row in rows]


def _s(time_ns: int) -> int:
    return (time_ns - NOON_NS) // SECOND_NS


def health(reader: str, state: HealthState, after_s: int) -> ReaderHealth:
    return ReaderHealth(reader=reader, state=state, since_ns=NOON_NS + after_s * SECOND_NS)


def test_outages_are_committed_with_the_entries_that_tell_of_them(tmp_path: Path) -> None:
    with closing(open_state(tmp_path / "state.db")) as connection:
        station = station_on(SqliteJournal(connection))
        station.process(start())
        station.process([health("dock", "offline", 10)])
        station.process([health("dock", "online", 25)])
        assert told(connection) == [("dock", "offline", 10, 25)]
        station.process([health("desk", "offline", 30)])
        station.process([SiteChanged(NOON_NS + 40 * SECOND_NS, "test", "v2", SMALLER)])
        assert told(connection)[1:] == [("desk", "offline", 30, 40)]


def test_the_time_in_which_the_gateway_did_not_run_is_an_outage(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with closing(open_state(path)) as connection:
        station_on(SqliteJournal(connection)).process(start())
    with closing(open_state(path)) as connection:
        station = station_on(SqliteJournal(connection))
        down_ns = station.pipeline.state.now_ns
        station.process([GatewayStarted(down_ns + 60 * SECOND_NS, down_ns)])
        assert told(connection) == [("", "down", 0, 60)]
