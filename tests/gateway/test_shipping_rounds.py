"""What waits is shipped, the fresh first; nothing is skipped, whatever fails in between."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.shipping_rounds import Rounds
from history.day_shelf import DayShelf
from history.shipments import DECISIONS, SPANS_MAX, load_lanes, save_lanes
from history.sightings import SLOT_S, Sighting, SightingBatch
from history.sqlite_sightings import SqliteSightings
from history.state import open_reader
from history.store import HistoryBatch, StoreUnavailableError
from tags.reads import Fix, Measurement
from tags.times import SECOND_NS
from tests.gateway.copies import Copy, away
from tests.history.made import FEW, Writer, _empty_state, movement

DAY_S = 86_400
BEGIN_S = 20_000 * DAY_S
SITE = """\
site: {{name: depot}}
zones: [{{name: {0}}}, {{name: yard}}]
readers:
  - {{name: dock, driver: llrp, address: 10.0.0.1, antennas: {{1: {{zone: {0}}}}}}}
  - {{name: gate, driver: llrp, address: 10.0.0.2, zone: yard, antennas: {{2: {{zone: {0}}}}}}}
"""


class Plant:
    """Day files and state.db that are written and shipped, by a clock of their own."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state.db"
        if not self.state.exists():
            self.state.write_bytes(_empty_state())
        self.writer = Writer(self.state)
        self.writer.connection.execute("PRAGMA synchronous = OFF")
        self.files = SqliteSightings(folder / "sightings")
        self.folder = folder
        self.copy = Copy()
        self.now_s = BEGIN_S
        self.position = 0
        self.heard: dict[tuple[int, str, str, int], int] = {}
        self.begin()

    def begin(self) -> None:
        """Begin as after a start of the gateway."""
        self.connection = open_reader(self.state)
        self.connection.row_factory = None
        self.rounds = Rounds(
            self._append,
            self.connection,
            DayShelf(self.folder / "sightings"),
            load_lanes(self.connection, "copy"),
            clock=lambda: self.now_s * SECOND_NS,
        )

    def _append(self, batches: Sequence[HistoryBatch]) -> None:
        self.copy.append(batches)

    def end(self) -> None:
        self.rounds._shelf.close()
        self.connection.close()

    def close(self) -> None:
        self.end()
        self.files.close()
        self.writer.close()

    def hear(self, *slots_s: int, tag: str = "aa", reader: str = "dock", antenna: int = 1) -> None:
        """Sightings of one journal group."""
        self.position += 1
        slots = [slot_s // SLOT_S * SLOT_S for slot_s in slots_s]
        heard = [_sighting(slot_s, tag, reader, antenna) for slot_s in slots]
        self.files.append([SightingBatch(self.position, heard)])
        for slot_s in slots:
            key = slot_s, tag, reader, antenna
            self.heard[key] = self.heard.get(key, 0) + 1

    def ship(self) -> None:
        """Ship until nothing waits."""
        while self.rounds.ship_for_a_while():
            pass

    def save(self) -> None:
        lanes = self.rounds.lanes
        parts = {part: tuple(lanes.of(part)) if part in lanes else () for part in lanes.changed}
        with self.writer.connection as db:
            save_lanes(db, "copy", parts)
        lanes.changed.clear()

    @property
    def copied(self) -> dict[tuple[int, str, str, int], int]:
        return {key: each.count for key, each in self.copy.sightings.items()}


def _sighting(slot_s: int, tag: str, reader: str, antenna: int) -> Sighting:
    at_ns = slot_s * SECOND_NS
    return Sighting(
        slot_s=slot_s,
        tag=tag,
        reader=reader,
        antenna=antenna,
        first_ns=at_ns,
        last_ns=at_ns,
        count=1,
    )


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    plant = Plant(tmp_path)
    yield plant
    plant.close()


def test_a_slot_is_shipped_once_it_has_settled_and_again_when_it_was_touched(plant: Plant) -> None:
    plant.hear(plant.now_s)
    plant.now_s += SLOT_S + 1
    plant.ship()
    assert plant.copied == {}
    plant.now_s += 1
    plant.ship()
    assert plant.copied == plant.heard
    plant.hear(BEGIN_S)
    plant.ship()
    assert plant.copied == plant.heard
    assert plant.copied == {(BEGIN_S, "aa", "dock", 1): 2}
    assert len(plant.copy.appends) == 2


def test_what_has_not_changed_is_not_shipped_again_after_a_start(plant: Plant) -> None:
    plant.hear(*range(BEGIN_S, BEGIN_S + 600, SLOT_S))
    plant.now_s += 1000
    plant.ship()
    plant.save()
    plant.end()
    plant.copy = Copy()
    plant.begin()
    plant.ship()
    assert plant.copied == {}


def test_after_an_outage_fresh_slots_go_before_older_ones_and_all_arrive(plant: Plant) -> None:
    plant.copy.fails = away()
    for _ in range(720):
        plant.hear(plant.now_s, plant.now_s, tag="bb")
        plant.now_s += SLOT_S
        plant.heard[plant.now_s - SLOT_S, "bb", "dock", 1] = 2
    with pytest.raises(StoreUnavailableError):
        plant.ship()
    plant.copy.fails = lambda _number: None
    plant.hear(plant.now_s)
    plant.now_s += SLOT_S + 2
    plant.ship()
    first, *_ = plant.copy.appends
    assert first[-1] == plant.now_s - SLOT_S - 2
    assert len(first) <= 2
    assert plant.copied == plant.heard


def test_a_burst_of_late_reads_does_not_hold_up_what_is_fresh(plant: Plant) -> None:
    plant.hear(plant.now_s)
    plant.now_s += 7
    plant.ship()
    plant.hear(*range(BEGIN_S - 7200, BEGIN_S - 3600, SLOT_S))
    plant.rounds._look()
    plant.hear(plant.now_s)
    plant.now_s += 7
    plant.copy.appends.clear()
    plant.ship()
    assert plant.copy.appends[0] == [(plant.now_s - 7) // SLOT_S * SLOT_S]
    assert plant.copied == plant.heard


def test_old_days_are_shipped_too_the_oldest_first(plant: Plant) -> None:
    for day in range(3):
        plant.hear(*range(BEGIN_S + day * DAY_S, BEGIN_S + day * DAY_S + 400, SLOT_S))
    plant.now_s = BEGIN_S + 2 * DAY_S + 1000
    plant.ship()
    assert plant.copied == plant.heard
    shipped = [slot for slots in plant.copy.appends for slot in slots]
    assert shipped == sorted(shipped)


def test_files_of_older_formats_are_shipped_as_they_are(plant: Plant) -> None:
    plant.hear(*range(BEGIN_S, BEGIN_S + 400, SLOT_S))
    plant.files.close()
    [path] = plant.folder.glob("sightings/*.db")
    with sqlite3.connect(path) as db:
        db.executescript(
            "DROP TABLE touched; DROP INDEX fixes_by_time; DROP INDEX measurements_by_time;"
            "PRAGMA user_version = 2;"
        )
    db.close()
    plant.now_s += 1000
    plant.ship()
    assert plant.copied == plant.heard
    plant.save()
    plant.hear(BEGIN_S + 20)  # now the writer has made it one of today's format
    plant.copy.appends.clear()
    plant.ship()
    assert plant.copy.appends == [[BEGIN_S + 20]]
    assert plant.copied == plant.heard


def test_a_day_that_was_past_keeping_is_dropped_and_counted(plant: Plant) -> None:
    plant.copy.fails = away()
    plant.hear(*range(BEGIN_S, BEGIN_S + 50, SLOT_S))
    plant.now_s += 1000
    with pytest.raises(StoreUnavailableError):
        plant.ship()
    plant.files.expire(1, (BEGIN_S + 5 * DAY_S) * SECOND_NS)
    plant.ship()
    assert plant.rounds.progress.dropped == {"expired": 10}
    assert plant.rounds.progress.backlog == 0
    plant.save()
    assert plant.writer.rows("SELECT * FROM shipments WHERE part <> ?", DECISIONS) == []


def test_a_damaged_day_is_left_alone_and_the_others_are_shipped(plant: Plant) -> None:
    plant.hear(BEGIN_S)
    plant.hear(BEGIN_S + DAY_S)
    plant.files.close()
    broken = min(plant.folder.glob("sightings/*.db"))
    broken.write_bytes(b"SQLite format 3\0" + b"no database" * 1000)
    plant.now_s += DAY_S + 100
    plant.ship()
    plant.ship()
    assert list(plant.copied) == [(BEGIN_S + DAY_S, "aa", "dock", 1)]
    assert plant.rounds.progress.dropped == {"damaged": 1}


def test_fixes_and_measurements_go_with_their_slot(plant: Plant) -> None:
    at_ns = BEGIN_S * SECOND_NS + 77
    fix = Fix("aa", "gps", at_ns, at_ns, 1.0, 2.0)
    measured = Measurement("cold", "temperature", 4.5, "C", at_ns, at_ns)
    plant.files.append([SightingBatch(1, [], [fix], [measured])])
    plant.now_s += 100
    plant.ship()
    assert list(plant.copy.fixes.values()) == [fix]
    assert list(plant.copy.measurements.values()) == [measured]


def test_a_read_point_has_the_zone_that_it_had_then(plant: Plant) -> None:
    for number, zone in enumerate(("hall", "shed")):
        at_ns = (BEGIN_S + number * 60) * SECOND_NS
        plant.writer.connection.execute(
            "INSERT INTO site_versions VALUES (?, ?, ?, 'test')",
            (f"v{number}", SITE.format(zone), at_ns),
        )
    plant.hear(BEGIN_S - 100)
    plant.hear(BEGIN_S, BEGIN_S + 60, BEGIN_S + 120)
    plant.hear(BEGIN_S, reader="gate", antenna=9)
    plant.hear(BEGIN_S, reader="unknown")
    plant.now_s += 1000
    plant.ship()
    zones = {(key[0] - BEGIN_S, key[2]): zone for key, zone in plant.copy.zones.items()}
    assert zones == {
        (-100, "dock"): "hall",
        (0, "dock"): "hall",
        (60, "dock"): "shed",
        (120, "dock"): "shed",
        (0, "gate"): "yard",
        (0, "unknown"): None,
    }


def test_decisions_are_shipped_as_they_stand(plant: Plant) -> None:
    begin_ns = BEGIN_S * SECOND_NS
    plant.writer.commit(movement("aa", None, "hall", begin_ns))
    plant.ship()
    [visit] = plant.copy.visits.values()
    assert visit.to_ns is None
    moved = movement("aa", "hall", "yard", begin_ns + 5)
    plant.writer.commit(moved)
    plant.ship()
    assert [each.to_ns for each in plant.copy.visits.values()] == [begin_ns + 5, None]
    assert plant.copy.outputs[2] == moved


def test_many_decisions_go_in_pieces_and_new_ones_first(plant: Plant) -> None:
    begin_ns = BEGIN_S * SECOND_NS
    zones = ["hall", "yard"]
    plant.writer.commit(
        *(
            movement("aa", zones[n % 2], zones[(n + 1) % 2], begin_ns + n * SECOND_NS)
            for n in range(12_000)
        )
    )
    plant.rounds._look()
    plant.writer.commit(movement("bb", None, "hall", begin_ns))
    plant.ship()
    assert len(plant.copy.outputs) == 12_001
    assert next(iter(plant.copy.outputs)) == 12_001
    assert len(plant.copy.visits) == 12_001
    assert plant.copy.number == 4


Step = st.one_of(
    st.tuples(st.just("hear"), st.lists(st.integers(-40, 0), min_size=1, max_size=30)),
    st.tuples(st.just("ship"), st.integers(0, 5)),
    st.tuples(st.just("wait"), st.integers(1, 200)),
    st.tuples(st.just("restart"), st.integers(0, 1)),
)


@FEW
@given(st.lists(Step, max_size=40))
def test_whatever_is_touched_shipped_and_fails_in_any_order_all_of_it_arrives(
    steps: list[tuple[str, list[int] | int]],
) -> None:
    with TemporaryDirectory() as folder:
        plant = Plant(Path(folder))
        plant.now_s = BEGIN_S + 100  # midnight is not far
        for what, value in steps:
            take(plant, what, value)
        plant.copy.fails = lambda _number: None
        plant.now_s += 100
        plant.ship()
        assert plant.copied == plant.heard
        lanes = plant.rounds.lanes
        assert all(len(lanes.of(part)) <= SPANS_MAX for part in lanes.parts)
        assert all(len(lanes.of(part)) == 1 for part in lanes.parts)
        plant.close()


def take(plant: Plant, what: str, value: list[int] | int) -> None:
    if isinstance(value, list):
        plant.hear(*sorted({(plant.now_s + each * SLOT_S) // SLOT_S * SLOT_S for each in value}))
    elif what == "wait":
        plant.now_s += value
    elif what == "ship":
        fail_at = plant.copy.number + value + 1

        def fails(number: int) -> None:
            if number >= fail_at:
                raise StoreUnavailableError("away")

        plant.copy.fails = fails
        with suppress(StoreUnavailableError):
            plant.rounds.ship_for_a_while()
    else:
        if value:
            plant.save()
        plant.end()
        plant.begin()
