"""`tagwarden verify`: what is as it was decided is so, and each kind of tampering is named."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from shutil import copytree

import pytest

from gateway.cli import main
from gateway.data_folder import DataFolder
from gateway.entries import ReadGroup, Tick
from gateway.followers import NAME, batch_of
from gateway.journal import SqliteJournal
from gateway.verification import Finding
from gateway.verify_command import verify
from history.sqlite_sightings import SqliteSightings
from history.state import open_state, store_follower_position
from tags.times import SECOND_NS
from tests.gateway.made import NOON_NS, day, station_on
from zones.clock import EventClock

GROUPS = day(seed=4, seconds=30)
TRIGGERS = ("audit_is_not_changed", "audit_is_not_shortened", "seq_rises")


def make(folder: Path, checkpoints: Sequence[int] = (40, 80), *, expired: bool = False) -> Path:
    """A data folder with a day in it; with `expired`, the journal reaches back to a checkpoint."""
    store, clock = SqliteSightings(folder / "sightings"), EventClock({}, {})
    with closing(open_state(folder / "state.db")) as db:
        journal = SqliteJournal(db)
        station, last = station_on(journal), 0
        for number, entries in enumerate(GROUPS):
            position = station.process(entries).position
            if position is not None and number < len(GROUPS) - 2:
                store.append([batch_of(position, entries, clock)])
                last = position
            if number in checkpoints:
                station.checkpoint()
        journal.transact(lambda each: store_follower_position(each, NAME, last))
        if expired:
            db.execute(
                "DELETE FROM journal WHERE position <= (SELECT min(position) FROM checkpoints)"
            )
    store.close()
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("made"))


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return copytree(made, tmp_path / "data")


def verified(folder: Path) -> list[Finding]:
    return list(verify(DataFolder(folder), lambda _done, _total, _what: None))


def wrong_in(folder: Path) -> dict[str, tuple[str, ...]]:
    return {each.name: each.wrong for each in verified(folder) if not each.is_good}


@pytest.mark.parametrize("expired", [False, True])
@pytest.mark.parametrize("checkpoints", [(), (1,), (40, 80), (20, 60, 100)])
def test_what_was_decided_is_as_it_was_decided(
    checkpoints: tuple[int, ...],
    expired: bool,  # noqa: FBT001 - a parameter of the test
    tmp_path: Path,
) -> None:
    folder = make(tmp_path, checkpoints, expired=expired and bool(checkpoints))
    assert wrong_in(folder) == {}


def test_the_day_has_something_of_each_kind_to_look_at(made: Path) -> None:
    told = {each.name: each.looked_at for each in verified(made)}
    for name in ("movements", "visits", "alerts", "events", "sightings", "visits and movements"):
        assert int(told[name].split()[0]) > 2, name
    assert told["checkpoints"] == "2 compared with the journal"


TAMPERED = [
    (
        "UPDATE movements SET to_zone = 'attic' WHERE seq = (SELECT min(seq) FROM movements)",
        "movements",
        "has another to_zone: attic, not",
    ),
    (
        "DELETE FROM movements WHERE seq = (SELECT max(seq) FROM movements)",
        "movements",
        "is missing, and the journal has it",
    ),
    (
        (
            "INSERT INTO movements SELECT seq + 1000, 'x', time_ns, decided_ns, tag, asset, kind,"
            " from_zone, to_zone, operation, late, confidence, crossed FROM movements LIMIT 1"
        ),
        "movements",
        "is there, and the journal has it not",
    ),
    (
        "DELETE FROM alerts WHERE raised_seq = (SELECT min(raised_seq) FROM alerts)",
        "alerts",
        "is missing, and the journal has it",
    ),
    (
        (
            "UPDATE alerts SET severity = 'info' WHERE raised_seq = (SELECT max(raised_seq)"
            " FROM alerts)"
        ),
        "alerts",
        "has another severity: info, not critical",
    ),
    ("UPDATE visits SET from_ns = from_ns - 1 WHERE id = 1", "visits and movements", "visit 1 of"),
    (
        (
            "UPDATE visits SET to_ns = to_ns + 1 WHERE id = (SELECT min(id) FROM visits"
            " WHERE to_ns IS NOT NULL)"
        ),
        "visits",
        "has another to_ns",
    ),
    (
        (
            "UPDATE visits SET zone = 'office' WHERE to_ns IS NULL AND zone <> 'office'"
            " AND id = (SELECT min(id) FROM visits WHERE to_ns IS NULL AND zone <> 'office')"
        ),
        "open visits",
        "the table says office",
    ),
    ("DELETE FROM last_visits", "open visits", "another one stands as its last"),
    ("UPDATE bindings SET tag = 'beef' WHERE asset = 'L1'", "assets", "L1 carries other tags"),
    ("UPDATE assets SET owner = 'nobody' WHERE id = 'L2'", "assets", "L2 has another owner"),
    ("UPDATE marks SET value = value + 5 WHERE name = 'last_seq'", "sequence", "newest number"),
    ("UPDATE audit SET actor = 'nobody' WHERE number = 2", "audit", "line 2 was altered"),
    ("DELETE FROM audit WHERE number = 2", "audit", "line 2 is missing"),
    ("UPDATE journal SET entries = x'c1' WHERE position = 9", "journal", "group 9 can not be read"),
    ("DELETE FROM journal WHERE position = 9", "journal", "group 9 is missing"),
    (
        (
            "UPDATE journal SET entries = (SELECT entries FROM journal WHERE position = 5)"
            " WHERE position = 6"
        ),
        "sightings",
        "reads",
    ),
    (
        (
            "UPDATE checkpoints SET slice = substr(slice, 1, 30)"
            " WHERE position = (SELECT min(position) FROM checkpoints)"
        ),
        "checkpoints",
        "can not be read",
    ),
    ("UPDATE events SET body = '{}' WHERE seq = 9", "events", "9 has another body"),
]


@pytest.mark.parametrize(("statement", "check", "said"), TAMPERED)
def test_each_row_that_was_altered_is_named(
    statement: str, check: str, said: str, folder: Path
) -> None:
    with closing(sqlite3.connect(folder / "state.db", isolation_level=None)) as db:
        for trigger in TRIGGERS:
            db.execute(f"DROP TRIGGER {trigger}")
        assert db.execute(statement).rowcount >= 1
    wrong = wrong_in(folder)
    assert check in wrong, wrong
    assert any(said in each for each in wrong[check]), wrong[check]


def test_a_checkpoint_with_another_state_is_named_with_what_is_different(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "state.db", isolation_level=None)) as db:
        position, part, blob = db.execute(
            "SELECT position, part, slice FROM checkpoints ORDER BY position DESC"
        ).fetchone()
        altered = bytes(blob).replace(b"\xa2L1", b"\xa2L9")
        values = (altered, position, part)
        db.execute("UPDATE checkpoints SET slice = ? WHERE position = ? AND part = ?", values)
    told = wrong_in(folder)
    assert list(told) == ["checkpoints"]
    assert "judged.register.assets" in told["checkpoints"][0]


def test_time_that_passed_before_a_checkpoint_and_decided_nothing_is_no_fault(
    folder: Path,
) -> None:
    with closing(open_state(folder / "state.db")) as db:
        station = station_on(SqliteJournal(db))
        for second in range(3600, 3700):
            station.process([Tick(NOON_NS + second * SECOND_NS)])
        station.checkpoint()
    assert wrong_in(folder) == {}


def day_file(folder: Path) -> Path:
    return next((folder / "sightings").glob("*.db"))


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE sightings SET reads = reads + 1 WHERE tag = 2 AND slot_s % 2 = 0", "were heard"),
        ("DELETE FROM sightings WHERE slot_s = (SELECT max(slot_s) FROM sightings)", "is missing"),
        (
            (
                "INSERT INTO sightings SELECT slot_s, reader, 9, tag, first_ns, last_ns, reads,"
                " rssi_dbm_max, rssi_dbm_sum, rssi_reads FROM sightings LIMIT 1"
            ),
            "is there, and nobody heard it",
        ),
        ("UPDATE sightings SET rssi_dbm_sum = 0", "another RSSI"),
    ],
)
def test_each_sighting_that_was_altered_is_named(statement: str, said: str, folder: Path) -> None:
    with closing(sqlite3.connect(day_file(folder), isolation_level=None)) as db:
        assert db.execute(statement).rowcount >= 1
    assert any(said in each for each in wrong_in(folder)["sightings"])


def test_a_day_file_that_is_gone_or_torn_is_named(folder: Path) -> None:
    path = day_file(folder)
    whole = path.read_bytes()
    path.write_bytes(b"x" * len(whole))
    assert path.name in wrong_in(folder)["day files"][0]
    path.unlink()
    assert f"{path.name} is missing" in wrong_in(folder)["sightings"][0]


def test_groups_that_were_not_followed_yet_are_no_fault(folder: Path) -> None:
    with closing(open_state(folder / "state.db")) as db:
        station = station_on(SqliteJournal(db))
        reads = [each for group in GROUPS[-9:] for each in group if isinstance(each, ReadGroup)]
        late = [ReadGroup("local", 10_000 + n, each.reads) for n, each in enumerate(reads)]
        station.process(list(late))
        assert station.pipeline.state.now_ns > NOON_NS
    assert wrong_in(folder) == {}


def test_it_says_a_line_for_each_check_and_changes_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (folder / "state.db").read_bytes()
    assert main(["verify", "--data", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(verified(folder))
    assert all(line.startswith("ok     ") for line in lines)
    assert main(["verify", "--data", str(folder), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is True
    assert {"name": "state.db", "looked_at": "sound", "wrong": [], "ok": True} in told["checks"]
    assert (folder / "state.db").read_bytes() == before


def test_what_is_wrong_ends_with_1(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(sqlite3.connect(folder / "state.db", isolation_level=None)) as db:
        db.execute("DELETE FROM events WHERE seq = 9")
    assert main(["verify", "--data", str(folder)]) == 1
    assert "wrong  events: 9 is missing, and the journal has it" in capsys.readouterr().out
    assert main(["verify", "--data", str(folder / "elsewhere")]) == 1


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DROP INDEX visits_by_length", "index visits_by_length is not there"),
        ("DROP TABLE outages", "table outages is not there"),
        ("ALTER TABLE outages ADD COLUMN mine", "table outages is not as this version makes it"),
    ],
)
def test_a_table_or_index_that_is_gone_or_another_one_is_named(
    statement: str, said: str, folder: Path
) -> None:
    with closing(sqlite3.connect(folder / "state.db", isolation_level=None)) as db:
        db.execute(statement)
    assert said in wrong_in(folder)["state.db"]
