"""The browser's tests: a depot at work and a browser, each once a test."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.browser.chromium import chromium, require_pages
from tests.browser.depot import Depot, depot


@pytest.fixture
async def browser() -> AsyncGenerator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture
async def yard(tmp_path: Path) -> AsyncGenerator[Depot]:
    """The depot with two floors, a guard and an administrator."""
    require_pages()
    async with depot(tmp_path) as made:
        yield made
