"""The end of a file is cut off or destroyed: what is left is kept, and what is lost is told."""

import random
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from gateway.data_folder import DataFolder
from gateway.verify_command import verify
from history.sightings import Sighting
from history.state import StateRefusedError
from tests.faults.plant import Plant, all_of, heard, journal_of
from tests.gateway.made import Tables, day

GROUPS = day(seed=4, seconds=25)
HALF = len(GROUPS) // 2
BYTES_MAX = 4096
STATE, DAY = "state.db", "sightings/2025-06-15.db"
SOON, ALL = 6, 200

Everything = tuple[Tables, list[Sighting]]
Tear = Callable[[Path, random.Random], None]


def cut(path: Path, rng: random.Random) -> None:
    """The last bytes are not there."""
    content = path.read_bytes()
    path.write_bytes(content[: max(0, len(content) - rng.randint(1, BYTES_MAX))])


def flip(path: Path, rng: random.Random) -> None:
    """Some bits of the last bytes are others."""
    content = bytearray(path.read_bytes())
    for _ in range(rng.randint(1, 20)):
        at = len(content) - rng.randint(1, min(BYTES_MAX, len(content)))
        content[at] ^= 1 << rng.randrange(8)
    path.write_bytes(content)


def seeds() -> list[object]:
    """A few now, all of them by `make soak`."""
    return [
        pytest.param(seed, marks=() if seed < SOON else pytest.mark.soak) for seed in range(ALL)
    ]


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """The files as they lie there when the process dies at noon; how many groups were safe."""
    folder, copy = tmp_path_factory.mktemp("at work"), tmp_path_factory.mktemp("left") / "data"
    with closing(Plant(folder)) as plant:
        plant.take(GROUPS[:HALF])
        shutil.copytree(folder, copy)
        return copy, len(plant.acknowledged)


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Everything:
    """What there is to know after a day without trouble."""
    folder = tmp_path_factory.mktemp("calm")
    with closing(Plant(folder)) as plant:
        plant.take(GROUPS)
        plant.settle()
    return all_of(folder)


def torn(killed: Path, folder: Path, file: str, tear: tuple[Tear, int]) -> Path:
    """A copy in which one file is torn."""
    how, seed = tear
    shutil.copytree(killed, folder)
    how(folder / file, random.Random(seed))
    return folder


@pytest.mark.parametrize("how", [cut, flip])
@pytest.mark.parametrize("file", [DAY, f"{DAY}-wal", f"{STATE}-wal"])
@pytest.mark.parametrize("seed", seeds())
def test_of_a_torn_file_nothing_is_lost_that_lies_in_another_as_well(  # noqa: PLR0913, PLR0917 - fixtures
    seed: int, file: str, how: Tear, killed: tuple[Path, int], calm: Everything, tmp_path: Path
) -> None:
    folder = torn(killed[0], tmp_path / "data", file, (how, seed))
    with closing(Plant(folder)) as plant:
        plant.take(GROUPS[HALF:])
        plant.settle()
    heard(folder)
    with closing(Plant(folder)) as plant:
        plant.settle()
    found = all_of(folder)
    assert found[0] == calm[0]
    assert found[1] == calm[1] or wrong_in(folder) == {"sightings"}


@pytest.mark.parametrize("how", [cut, flip])
@pytest.mark.parametrize("seed", seeds())
def test_what_a_torn_state_has_lost_is_told_and_the_rest_goes_on(
    seed: int, how: Tear, killed: tuple[Path, int], calm: Everything, tmp_path: Path
) -> None:
    folder = torn(killed[0], tmp_path / "data", STATE, (how, seed))
    try:
        plant = Plant(folder)
    except StateRefusedError as refused:
        assert "tagwarden restore" in str(refused)  # noqa: PT017 - to be refused is one of two
        return
    with closing(plant):
        left = journal_of(folder)
        plant.take(GROUPS[HALF:])
        plant.settle()
    tables, sightings = all_of(folder)
    reports = [*folder.glob("*.report")]
    if len(left) == killed[1] and not reports and not wrong_in(folder):
        assert (tables, sightings) == calm
    assert len(left) == killed[1] or reports
    assert no_more_than(sightings, calm[1])
    assert len({row[1] for row in tables["movements"]}) == len(tables["movements"])


def no_more_than(found: list[Sighting], calm: list[Sighting]) -> bool:
    """Whether no slot of a tag at an antenna has more reads than there were."""
    most = {(each.slot_s, each.tag, each.reader, each.antenna): each.count for each in calm}
    return all(
        each.count <= most[each.slot_s, each.tag, each.reader, each.antenna] for each in found
    )


def wrong_in(folder: Path) -> set[str]:
    """What `tagwarden verify` finds."""
    return {finding.name for finding in verify(DataFolder(folder)) if not finding.is_good}
