from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.delivery.made import Store, state_db
from tests.delivery.receiver import Receiver, listening


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with listening() as receiver:
        yield receiver


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(state_db(tmp_path / "state.db"))
    yield store
    store.close()
