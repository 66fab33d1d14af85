"""What all tests share: no blocking call on an event loop, and repeatable examples."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from blockbuster import BlockBuster, blockbuster_ctx
from hypothesis import settings

ROOT = Path(__file__).parent.parent
_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES: list[str] = _PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]

# A gate that fails by chance teaches people to run it twice, so it hunts nothing new:
# `make fuzz` does.
settings.register_profile("quick", deadline=None, derandomize=True)
settings.register_profile("fuzz", deadline=None, max_examples=10_000, print_blob=True)
settings.load_profile("quick")


@pytest.fixture(scope="session", autouse=True)
def blocking_calls_fail() -> Iterator[BlockBuster]:
    """Raise where our own code sleeps, reads a file or asks SQLite on the event loop."""
    with blockbuster_ctx(PACKAGES) as guard:
        yield guard


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder, for tests that read its own files."""
    return ROOT
