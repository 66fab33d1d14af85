"""Where the recordings of real readers lie, if they are there."""

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2].parent / "shared" / "data"


@pytest.fixture(scope="session")
def real_llrp() -> Path:
    """The folder of bytes that a real Impinj R420 sent."""
    return _folder("llrp")


@pytest.fixture(scope="session")
def real_recordings() -> Path:
    """The folder of recordings of a real reader."""
    return _folder("recordings")


def _folder(name: str) -> Path:
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"no ../shared/data/{name} beside the project")
    return folder
