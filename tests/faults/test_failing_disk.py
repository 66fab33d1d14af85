"""Whatever the disk refuses, and wherever the power fails: nothing is lost or doubled."""

import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gateway.entries import encode_entries
from history.sightings import Sighting
from tests.faults.disk import SQLITE_FULL, SQLITE_IOERR_WRITE, FaultyDisk
from tests.faults.plant import Plant, all_of, journal_of, open_when_it_lets
from tests.gateway.made import Tables, day

GROUPS = day(seed=4, seconds=25)
FIRST, LAST = 1, 200
SOON = range(FIRST, LAST + 1, 23)
"""Which of the first 200 writes and syncs fail in the quick run."""

Everything = tuple[Tables, list[Sighting]]


def numbers() -> list[object]:
    """A few now, all of them by `make soak`."""
    return [
        pytest.param(n, marks=() if n in SOON else pytest.mark.soak) for n in range(FIRST, LAST + 1)
    ]


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Everything:
    """What there is to know after a day without trouble."""
    folder = tmp_path_factory.mktemp("calm")
    with closing(Plant(folder)) as plant:
        plant.take(GROUPS)
        plant.settle()
    return all_of(folder)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyDisk]:
    with FaultyDisk().installed(monkeypatch) as disk:
        yield disk


def test_the_day_writes_and_syncs_often_enough(tmp_path: Path, disk: FaultyDisk) -> None:
    with closing(Plant(tmp_path)) as plant:
        plant.take(GROUPS)
    assert disk.writes > LAST
    assert disk.syncs > LAST


@pytest.mark.parametrize("error", [SQLITE_FULL, SQLITE_IOERR_WRITE])
@pytest.mark.parametrize("number", numbers())
def test_no_write_that_fails_loses_or_doubles_anything(
    number: int, error: int, tmp_path: Path, calm: Everything, disk: FaultyDisk
) -> None:
    disk.error, disk.fail_writes = error, range(number, number + 1 + number % 3)
    with closing(open_when_it_lets(tmp_path)) as plant:
        plant.take(GROUPS)
        plant.settle()
    assert disk.writes > number
    assert all_of(tmp_path) == calm


@pytest.mark.parametrize("number", numbers())
def test_no_sync_that_fails_loses_or_doubles_anything(
    number: int, tmp_path: Path, calm: Everything, disk: FaultyDisk
) -> None:
    disk.fail_syncs = range(number, number + 1 + number % 3)
    with closing(open_when_it_lets(tmp_path)) as plant:
        plant.take(GROUPS)
        plant.settle()
    assert disk.syncs > number
    assert all_of(tmp_path) == calm


@pytest.mark.parametrize("number", numbers())
def test_whatever_the_power_cut_takes_nothing_acknowledged_is_lost(
    number: int, tmp_path: Path, calm: Everything, disk: FaultyDisk
) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    with closing(Plant(before)) as plant:
        disk.fail_writes = range(disk.writes + number, 10**9)
        plant.take(GROUPS)
        disk.after_power_cut(random.Random(number), before, after)
        acknowledged = plant.acknowledged
    disk.fail_writes = range(0)
    with closing(Plant(after)) as plant:
        there = journal_of(after)
        assert there[: len(acknowledged)] == acknowledged
        # Sources send again what nobody has acknowledged.
        plant.take(GROUPS[_taken(there) :])
        plant.settle()
    assert all_of(after) == calm


def _taken(journal: list[bytes]) -> int:
    """How many groups of the day stand in the journal; idle time that decided nothing does not."""
    left = iter(journal)
    wanted = next(left, None)
    for number, group in enumerate(GROUPS):
        if wanted is None:
            return number
        if wanted.endswith(encode_entries(group)[1:]):
            wanted = next(left, None)
    return len(GROUPS)
