import sqlite3
from pathlib import Path

import pytest

from history.sightings import SightingBatch
from history.sqlite_sightings import SqliteSightings
from tags.reads import Fix, Measurement
from tags.times import SECOND_NS

DAY_NS = 86_400 * SECOND_NS
NOON_NS = 20_000 * DAY_NS + DAY_NS // 2


def fix(at_ns: int, lat: float = 52.5) -> Fix:
    return Fix("gps:van", "link:van", at_ns, at_ns + 1, lat=lat, lon=13.4, accuracy_m=8.0)


def value(at_ns: int, degrees: float = 4.5, quantity: str = "temperature") -> Measurement:
    return Measurement("link:cold", quantity, degrees, "°C", at_ns, at_ns + 1)


@pytest.fixture
def store(tmp_path: Path) -> SqliteSightings:
    return SqliteSightings(tmp_path / "sightings")


def test_fixes_and_values_come_back_newest_first_over_midnight(store: SqliteSightings) -> None:
    fixes = [fix(NOON_NS + n * DAY_NS // 4) for n in range(6)]
    values = [value(NOON_NS + n * DAY_NS // 4, n) for n in range(6)]
    store.append([SightingBatch(1, (), fixes, values)])
    assert store.fixes_of("gps:van", 0, 2 * NOON_NS, 100) == fixes[::-1]
    assert store.series_of("link:cold", "temperature", 0, 2 * NOON_NS, 100) == values[::-1]
    assert len(store.positions()) == 2
    store.close()


def test_times_are_half_open_and_the_limit_holds(store: SqliteSightings) -> None:
    values = [value(NOON_NS + n) for n in range(10)]
    store.append([SightingBatch(1, (), (), values)])
    found = store.series_of("link:cold", "temperature", NOON_NS + 2, NOON_NS + 5, 100)
    assert found == values[4:1:-1]
    assert store.series_of("link:cold", "temperature", 0, 2 * NOON_NS, 3) == values[:6:-1]
    assert store.series_of("link:cold", "humidity", 0, 2 * NOON_NS, 3) == []
    assert store.fixes_of("gps:van", 0, 2 * NOON_NS, 3) == []
    store.close()


def test_a_message_that_comes_twice_is_one_point(store: SqliteSightings) -> None:
    store.append([SightingBatch(1, (), [fix(NOON_NS)], [value(NOON_NS)])])
    store.append([SightingBatch(2, (), [fix(NOON_NS)], [value(NOON_NS)])])
    assert store.fixes_of("gps:van", 0, 2 * NOON_NS, 9) == [fix(NOON_NS)]
    assert store.series_of("link:cold", "temperature", 0, 2 * NOON_NS, 9) == [value(NOON_NS)]
    store.close()


def test_a_file_of_the_first_format_is_read_and_written_on(tmp_path: Path) -> None:
    store = SqliteSightings(tmp_path)
    store.append([SightingBatch(1, (), (), [value(NOON_NS)])])
    store.close()
    (path,) = tmp_path.glob("*.db")
    with sqlite3.connect(path) as old:
        old.executescript(
            "DROP TABLE fixes; DROP TABLE measurements; DROP TABLE touched;PRAGMA user_version = 1;"
        )
    old.close()
    assert store.series_of("link:cold", "temperature", 0, 2 * NOON_NS, 9) == []
    store.append([SightingBatch(2, (), (), [value(NOON_NS, 5.5)])])
    assert store.series_of("link:cold", "temperature", 0, 2 * NOON_NS, 9) == [value(NOON_NS, 5.5)]
    store.close()
