"""A state that is rebuilt from the tables: nothing departs by it, no alert comes twice."""

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from alerts.changes import ShelveRule, StartDrill, StartMaintenance
from gateway.blueprints import stored_blueprint
from gateway.entries import Entry, ReadGroup, Tick
from gateway.journal import SqliteJournal
from gateway.rebuilding import state_from_tables
from gateway.site import Site, parse_site
from gateway.station import Station
from history.state import last_seq, open_state
from inventory.changes import CheckOut
from readers.health import ReaderHealth
from readers.maintenance import Target
from tags.times import SECOND_NS
from tests.gateway.made import NOON_NS, SITE, TAGS, day, read, station_on, tables

DAY_S = 20
END_NS = NOON_NS + DAY_S * SECOND_NS


def site() -> Site:
    return parse_site(SITE, "site.yaml", {})


def forget_all_but_tables(path: Path) -> None:
    """No checkpoint can be read, and the journal has lost its beginning."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DELETE FROM checkpoints")
        db.execute("DELETE FROM journal WHERE position < (SELECT max(position) FROM journal)")


def open_of(path: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute("SELECT id, rule, subject FROM alerts WHERE open ORDER BY id").fetchall()


def restarted(station: Station, at_ns: int) -> None:
    """The gateway starts, and its readers are online a second later."""
    station.process(station.start_entries(site(), at_ns))
    station.process(
        [
            ReaderHealth(reader=name, state="online", since_ns=at_ns + SECOND_NS)
            for name in ("dock", "desk")
        ]
    )


def hear(station: Station, tag: str, from_ns: int, seconds: int, antenna: int = 1) -> None:
    """An antenna hears a tag four times a second."""
    for step in range(seconds * 4):
        at_ns = from_ns + step * SECOND_NS // 4
        seq = station.pipeline.state.sources.get("local", 0) + 1
        station.process([ReadGroup("local", seq, [read(tag, at_ns, antenna=antenna)])])
    station.process([Tick(from_ns + (seconds + 10) * SECOND_NS)])


@pytest.mark.parametrize("seed", range(12))
def test_rebuilding_at_any_moment_neither_moves_anybody_nor_raises_an_open_alert_again(
    seed: int, tmp_path: Path
) -> None:
    path = tmp_path / "state.db"
    groups = day(seed, DAY_S)[: 10 + 7 * seed]
    with closing(open_state(path)) as db:
        station = station_on(SqliteJournal(db))
        for entries in groups:
            station.process(entries)
    forget_all_but_tables(path)
    before, opened = tables(path), open_of(path)
    with closing(open_state(path)) as db:
        station = station_on(SqliteJournal(db))
        assert station.pipeline.state.seq == last_seq(db) > 0
        restarted(station, END_NS + 3600 * SECOND_NS)
        for n in range(1, 20):
            station.process([Tick(END_NS + (3600 + n) * SECOND_NS)])
    after = tables(path)
    assert after["movements"] == before["movements"]
    assert after["visits"] == before["visits"]
    still = open_of(path)
    assert set(opened) <= set(still)
    assert len({row[1:] for row in still}) == len(still)


def outside(path: Path, seconds: int = 6) -> None:
    """A laptop is in the hall, then at the gate for some seconds; the gateway stops."""
    with closing(open_state(path)) as db:
        station = station_on(SqliteJournal(db))
        for entries in day(1, 0)[:1]:
            station.process(entries)
        hear(station, TAGS[0], NOON_NS, 4)
        hear(station, TAGS[0], NOON_NS + 20 * SECOND_NS, seconds, antenna=2)


def test_who_is_outside_with_an_open_alert_gets_no_second_one_but_later_exits_do(
    tmp_path: Path,
) -> None:
    path = tmp_path / "state.db"
    outside(path)
    first = open_of(path)
    assert [row[1:] for row in first] == [("stay in", "L0")]
    forget_all_but_tables(path)
    with closing(open_state(path)) as db:
        station = station_on(SqliteJournal(db))
        later_ns = NOON_NS + 3600 * SECOND_NS
        restarted(station, later_ns)
        hear(station, TAGS[0], later_ns + 2 * SECOND_NS, 5, antenna=2)
        hear(station, TAGS[1], later_ns + 20 * SECOND_NS, 5, antenna=1)
        hear(station, TAGS[1], later_ns + 40 * SECOND_NS, 5, antenna=2)
    now = open_of(path)
    assert set(first) < set(now)
    assert sorted(row[1:] for row in now) == [("stay in", "L0"), ("stay in", "L1")]
    raised = [row for row in tables(path)["events"] if '"transition":"raised"' in str(row[2])]
    assert len(raised) == 2


def test_an_exit_that_waited_to_be_confirmed_is_told_after_the_rebuilding(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with closing(open_state(path)) as db:
        station = station_on(SqliteJournal(db))
        station.process(day(1, 0)[0])
        hear(station, TAGS[0], NOON_NS, 4)
        at_ns = NOON_NS + 20 * SECOND_NS
        while len(tables(path)["movements"]) < 2:
            station.process([ReadGroup("local", at_ns, [read(TAGS[0], at_ns, "desk")])])
            at_ns += SECOND_NS // 4
    assert open_of(path) == []
    assert "office" in str(tables(path)["movements"][-1])
    forget_all_but_tables(path)
    with closing(open_state(path)) as db:
        station = station_on(SqliteJournal(db))
        restarted(station, NOON_NS + 3600 * SECOND_NS)
        station.process([Tick(NOON_NS + 3620 * SECOND_NS)])
    assert [row[1:] for row in open_of(path)] == [("stay in", "L0")]


def test_a_zone_that_the_next_site_file_has_no_more_is_left_as_after_any_restart(
    tmp_path: Path,
) -> None:
    path = tmp_path / "state.db"
    outside(path, seconds=0)
    forget_all_but_tables(path)
    renamed = SITE.replace("{name: hall,", "{name: store, was: hall,").replace(
        "zone: hall", "zone: store"
    )
    other = parse_site(renamed.replace("[hall]", "[store]"), "site.yaml", {})
    with closing(open_state(path)) as db:
        station = station_on(SqliteJournal(db))
        station.process(station.start_entries(other, NOON_NS + 3600 * SECOND_NS))
    visits = tables(path)["visits"]
    assert [row[4] for row in visits] == ["store"]


def orders() -> list[Entry]:
    """Somebody shelves a rule, practises, works on an antenna; and takes a laptop along."""
    until_ns = NOON_NS + 3600 * SECOND_NS
    taken = {"arrival_ns": NOON_NS + SECOND_NS, "by": "desk-key"}
    return [
        ShelveRule(**taken, rule="stay in", until_ns=until_ns, reason="moving house"),  # type: ignore[arg-type] # the two words above
        StartDrill(**taken, until_ns=until_ns, reason="practice"),  # type: ignore[arg-type] # the same
        StartMaintenance(
            **taken,  # type: ignore[arg-type] # the same
            target=Target("antenna", "dock", 2),
            until_ns=until_ns,
            reason="new cable",
        ),
        CheckOut(
            **taken,  # type: ignore[arg-type] # the same
            id="c1",
            person="P-17",
            from_ns=NOON_NS,
            until_ns=until_ns,
            asset="L1",
        ),
    ]


def test_orders_check_outs_and_who_is_out_under_them_are_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    *others, check_out = orders()
    with closing(open_state(path)) as db:
        station = station_on(SqliteJournal(db))
        station.process(day(1, 0)[0])
        hear(station, TAGS[1], NOON_NS + 2 * SECOND_NS, 4)
        station.process([check_out])
        hear(station, TAGS[1], NOON_NS + 20 * SECOND_NS, 6, antenna=2)
        station.process(others)
        known = station.pipeline.state
        built = state_from_tables(db, stored_blueprint)
    assert known.judged.custody.loans["c1"].out.keys() == {"L1"}
    assert built.judged.custody.loans["c1"].out.keys() == {"L1"}
    assert built.judged.shelves == known.judged.shelves
    assert built.maintenance == known.maintenance
    assert (built.judged.drill_since_ns, built.judged.drill_until_ns) == (
        known.judged.drill_since_ns,
        known.judged.drill_until_ns,
    )
    assert built.judged.register == known.judged.register
    assert {tag: place[0] for tag, place in _places(built.judged.places).items()} == {
        tag: place[0] for tag, place in _places(known.judged.places).items()
    }


def _places(places: object) -> dict[str, list[object]]:
    return dict(msgspec.to_builtins(places))


def gone_on(path: Path, seed: int, cut: int, *, rebuilt: bool) -> Path:
    """A day with a restart in it, from a checkpoint or from the tables alone."""
    groups = day(seed, DAY_S)
    with closing(open_state(path)) as db:
        station = station_on(SqliteJournal(db))
        for entries in groups[:cut]:
            station.process(entries)
        station.checkpoint()
        at_ns = station.pipeline.state.now_ns
    if rebuilt:
        forget_all_but_tables(path)
    with closing(open_state(path)) as db:
        station = station_on(SqliteJournal(db))
        restarted(station, at_ns + 1)
        for entries in groups[cut:]:
            station.process(entries)
    return path


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("cut", [15, 45, 75])
def test_the_rest_of_the_day_ends_as_after_a_restart_from_a_checkpoint(
    seed: int, cut: int, tmp_path: Path
) -> None:
    usual = gone_on(tmp_path / "usual.db", seed, cut, rebuilt=False)
    rebuilt = gone_on(tmp_path / "rebuilt.db", seed, cut, rebuilt=True)
    assert [row[1:] for row in open_of(rebuilt)] == [row[1:] for row in open_of(usual)]
    assert _present(rebuilt) == _present(usual)
    assert _departed(rebuilt) == _departed(usual)
    raised = [str(row[2]) for row in tables(rebuilt)["events"] if '"raised"' in str(row[2])]
    assert len(raised) == len(tables(rebuilt)["alerts"])


def _present(path: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute("SELECT tag, zone FROM visits WHERE to_ns IS NULL ORDER BY 1").fetchall()


def _departed(path: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as db:
        rows = db.execute("SELECT tag FROM movements WHERE kind = 'departed' ORDER BY 1")
        return rows.fetchall()
