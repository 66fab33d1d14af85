"""The browser's tests: for each file a browser and a depot at work, which its tests share."""

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.chromium import chromium, require_pages
from tests.browser.depot import Depot, depot


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncGenerator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def yard(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Depot]:
    """The depot with two floors, a guard and an administrator; each test carries its own laptop."""
    require_pages()
    async with depot(tmp_path_factory.mktemp("depot")) as made:
        yield made
