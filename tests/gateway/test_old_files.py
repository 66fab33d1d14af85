"""Files that former versions have written: they open, say what they said, and are gone on with.

`tests/history/old` has one dump for each schema of `state.db` and each format of a day file, made
by the code of its time from one small day, with what it answered then beside it.
"""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.entries import ReadGroup, Tick
from gateway.journal import SqliteJournal
from gateway.site import parse_site
from gateway.station import Station, open_journal
from history.audit_check import verify_audit
from history.keys import check_key
from history.sightings import Scope, SightingBatch
from history.sqlite_sightings import SqliteSightings
from history.state import open_state
from readers.health import ReaderHealth
from tags.times import SECOND_NS
from tests.gateway.made import SITE, TAGS, read, station_on

OLD = Path(__file__).parents[1] / "history" / "old"
VERSIONS = (1, 2, 3, 4, 5)
QUESTIONS = {
    "movements": "SELECT id, time_ns, tag, asset, kind, from_zone, to_zone FROM movements"
    " ORDER BY seq",
    "visits": "SELECT tag, asset, zone, from_ns, to_ns FROM visits ORDER BY id",
    "alerts": "SELECT id, rule, subject, state, open FROM alerts ORDER BY raised_seq",
    "assets": "SELECT id, category FROM assets ORDER BY id",
    "events": "SELECT seq, kind FROM events ORDER BY seq",
    "audit": "SELECT number, action, target FROM audit ORDER BY number",
    "checkouts": "SELECT id, state FROM checkouts",
}


def former(version: int, path: Path) -> Path:
    """A state.db as that version had left it."""
    with closing(sqlite3.connect(path)) as db:
        db.executescript((OLD / f"state-{version}.sql").read_text("utf-8"))
    return path


def told(version: int) -> dict[str, Any]:
    """What that version answered."""
    answers: dict[str, Any] = json.loads((OLD / f"state-{version}.json").read_text("utf-8"))
    return answers


def asked(db: sqlite3.Connection) -> dict[str, list[list[object]]]:
    return {name: [list(row) for row in db.execute(sql)] for name, sql in QUESTIONS.items()}


@pytest.mark.parametrize("version", VERSIONS)
def test_an_old_state_says_what_it_said_then(version: int, tmp_path: Path) -> None:
    answers = told(version)
    key = answers.pop("key")
    with closing(open_state(former(version, tmp_path / "state.db"))) as db:
        found = asked(db)
        assert found == answers
        assert verify_audit(db).fault is None
        known = check_key(db, key)
        assert known is not None
        assert (known.name, known.role) == ("old key", "viewer")
        last = db.execute(
            "SELECT tag, zone FROM last_visits WHERE to_ns IS NULL ORDER BY 1"
        ).fetchall()
        assert last == sorted(
            (tag, zone) for tag, _, zone, _, to_ns in answers["visits"] if not to_ns
        )


def forget_the_beginning(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM checkpoints")
    db.execute("DELETE FROM journal WHERE position < (SELECT max(position) FROM journal)")


def hear(station: Station, tag: str, from_ns: int, antenna: int) -> None:
    """An antenna hears a tag for five seconds."""
    for step in range(20):
        at_ns = from_ns + step * SECOND_NS // 4
        seq = station.pipeline.state.sources.get("local", 0) + 1
        station.process([ReadGroup("local", seq, [read(tag, at_ns, antenna=antenna)])])
    station.process([Tick(from_ns + 12 * SECOND_NS)])


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("version", VERSIONS)
def test_a_gateway_goes_on_with_an_old_state(
    version: int,
    whole: bool,  # noqa: FBT001 - a parameter of the test
    tmp_path: Path,
) -> None:
    path = former(version, tmp_path / "state.db")
    if not whole:
        with closing(sqlite3.connect(path, isolation_level=None)) as old:
            forget_the_beginning(old)
    before = told(version)
    opened = {tuple(row[:3]) for row in before["alerts"] if row[4]}
    journal = open_journal(path)
    with closing(journal.connection) as db:
        station = station_on(SqliteJournal(db))
        later_ns = station.pipeline.state.now_ns + 3600 * SECOND_NS
        station.process(station.start_entries(parse_site(SITE, "site.yaml", {}), later_ns))
        station.process(
            [
                ReaderHealth(reader=name, state="online", since_ns=later_ns + SECOND_NS)
                for name in ("dock", "desk")
            ]
        )
        station.process([Tick(later_ns + 10 * SECOND_NS)])
        assert asked(db)["movements"] == before["movements"]
        still = {tuple(row[:3]) for row in asked(db)["alerts"] if row[4]}
        assert opened <= still
        assert not [each for each in still - opened if each[2] == "L3"]
        hear(station, TAGS[3], later_ns + 12 * SECOND_NS, antenna=1)
        hear(station, TAGS[3], later_ns + 30 * SECOND_NS, antenna=2)
        now = {tuple(row[:3]) for row in asked(db)["alerts"] if row[4]}
        assert [each[1:] for each in now - still] == [("stay in", "L3")]
        assert station.fault is None


@pytest.mark.parametrize("format_version", [1, 2])
def test_an_old_day_file_says_what_it_said_then_and_takes_more(
    format_version: int, tmp_path: Path
) -> None:
    answers = json.loads((OLD / f"day-{format_version}.json").read_text("utf-8"))
    day = answers["day"]
    with closing(sqlite3.connect(tmp_path / f"{day}.db")) as db:
        db.executescript((OLD / f"day-{format_version}.sql").read_text("utf-8"))
    store = SqliteSightings(tmp_path)
    since_ns = round(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * SECOND_NS
    try:
        scope = Scope(since_ns=since_ns, until_ns=since_ns + 86_400 * SECOND_NS)
        found = [
            [
                each.slot_s,
                each.reader,
                each.antenna,
                each.tag,
                each.count,
                each.first_ns,
                each.last_ns,
            ]
            for each in store.walk(scope)
        ]
        assert sorted(found) == answers["sightings"]
        more = msgspec.structs.replace(next(iter(store.walk(scope))), tag="beef")
        store.append([SightingBatch(1 << 40, [more])])
        assert len(list(store.walk(scope))) == len(found) + 1
    finally:
        store.close()
