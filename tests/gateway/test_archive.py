"""What trails the journal is opened so that nothing is lost, by whoever opens it."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from gateway.archive import open_archive
from gateway.commands import ask_gateway
from gateway.data_folder import DataFolder
from tags.times import SECOND_NS
from tests.gateway.made import NOON_NS, Tables, day, station_on, tables

GROUPS = day(seconds=10)
IMPORT = {
    "do": "import_assets",
    "csv": "id,tags\nchair,3034257bf400b780000000ff\n",
    "file": "assets.csv",
    "dry_run": False,
    "rebind": False,
}


def torn(data: Path) -> Tables:
    """A gateway was killed, and the end of its log of state.db is gone; what it had committed."""
    folder, state = DataFolder(data), data / "state.db"
    journal, sightings = open_archive(folder)
    station = station_on(journal)
    for number, entries in enumerate(GROUPS):
        if number == len(GROUPS) // 2:
            with closing(sqlite3.connect(state)) as db:
                db.execute("VACUUM INTO ?", (str(data / "earlier"),))
        station.process(entries)
    journal.close()
    sightings.close()
    known = tables(state)
    for side in ("-wal", "-shm"):
        state.with_name(f"state.db{side}").unlink(missing_ok=True)
    shutil.move(data / "earlier", state)
    assert len(tables(state)["events"]) < len(known["events"])
    return known


def test_what_only_the_second_copy_has_is_there_before_a_command_adds_to_it(
    tmp_path: Path,
) -> None:
    known = torn(tmp_path)
    assert ask_gateway(tmp_path, IMPORT)["stored"] == 1
    found = tables(tmp_path / "state.db")
    assert found["movements"] == known["movements"]
    assert found["events"][: len(known["events"])] == known["events"]
    assert len(found["assets"]) == len(known["assets"]) + 1


def test_what_is_taken_from_the_second_copy_lets_nothing_old_go(tmp_path: Path) -> None:
    torn(tmp_path)
    years_ns = 20 * 365 * 86_400 * SECOND_NS
    with closing(sqlite3.connect(tmp_path / "state.db")) as db, db:
        db.execute(
            "INSERT INTO visits (seq, tag, zone, from_ns, to_ns) VALUES (1, 'aa', 'hall', ?, ?)",
            (NOON_NS - years_ns, NOON_NS - years_ns),
        )
    journal, sightings = open_archive(DataFolder(tmp_path))
    sightings.close()
    journal.close()
    assert "aa" in {row[2] for row in tables(tmp_path / "state.db")["visits"]}
