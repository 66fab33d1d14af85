"""What docs/history.md asks with SQL is answered as it says."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from history.sightings import Sighting, SightingBatch
from history.sqlite_sightings import SqliteSightings
from history.state import open_state
from tags.times import SECOND_NS

DOC = Path(__file__).parents[2] / "docs" / "history.md"
STATEMENTS = [
    statement.strip()
    for block in re.findall(r"```sql\n(.*?)```", DOC.read_text("utf-8"), re.DOTALL)
    for statement in block.split(";")
    if statement.strip()
]


def ns(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND_NS


@pytest.fixture
def state(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Two were in the vault that night, one long after, one is in the hall."""
    visits = [
        ("aa", "L1", "vault", ns("2026-11-22 01:00"), ns("2026-11-22 03:00")),
        ("bb", None, "vault", ns("2026-11-22 05:00"), None),
        ("cc", "L3", "vault", ns("2026-11-22 06:00"), ns("2026-11-22 07:00")),
        ("cc", "L3", "hall", ns("2026-11-22 07:00"), None),
    ]
    with closing(open_state(tmp_path / "state.db")) as connection:
        connection.executemany(
            "INSERT INTO visits (seq, tag, asset, zone, from_ns, to_ns) VALUES (1, ?, ?, ?, ?, ?)",
            visits,
        )
        yield connection


@pytest.fixture
def day(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    late_s, early_s = (ns(f"2026-11-22 {hour}") // SECOND_NS for hour in ("23:30", "22:30"))
    heard = [
        Sighting(
            slot_s=slot_s, tag=tag, reader="dock", antenna=1, first_ns=0, last_ns=0, count=count
        )
        for slot_s, tag, count in ((late_s, "aa", 3), (late_s, "bb", 4), (early_s, "aa", 50))
    ]
    store = SqliteSightings(tmp_path)
    store.append([SightingBatch(1, heard)])
    store.close()
    with closing(sqlite3.connect(tmp_path / "2026-11-22.db")) as connection:
        yield connection


def test_who_was_in_the_vault(state: sqlite3.Connection) -> None:
    assert state.execute(STATEMENTS[0]).fetchall() == [
        ("L1", "2026-11-22 01:00:00", "2026-11-22 03:00:00"),
        ("bb", "2026-11-22 05:00:00", None),
    ]


def test_where_everything_is(state: sqlite3.Connection) -> None:
    assert state.execute(STATEMENTS[1]).fetchall() == [
        ("L3", "hall", "2026-11-22 07:00:00"),
        ("bb", "vault", "2026-11-22 05:00:00"),
    ]


def test_which_antennas_heard_most(day: sqlite3.Connection) -> None:
    assert day.execute(STATEMENTS[2]).fetchall() == [("dock", 1, 7, 2)]
