"""What the gateway does not tell is said to be not told, never taken for none."""

from collections.abc import AsyncGenerator
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Route, expect

from tests.browser.chromium import Visitor, visiting
from tests.browser.depot import PASSWORD, Depot

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

PLACES: Final = "**/api/v1/floors*"
READERS: Final = "**/api/v1/readers?*"
WHY: Final = "The store is busy."


async def refuse(route: Route) -> None:
    """Answer as a gateway does whose store is busy."""
    await route.fulfill(status=503, json={"detail": WHY})


@pytest_asyncio.fixture(loop_scope="module")
async def window(browser: Browser, yard: Depot) -> AsyncGenerator[Visitor]:
    """A window of an administrator who is told of no floor and no reader."""
    async with visiting(browser, yard.url, reduced_motion="reduce") as visitor:
        await visitor.log_in("admin", PASSWORD)
        for each in (PLACES, READERS):
            await visitor.page.route(each, refuse)
        yield visitor


async def test_live_says_what_it_was_not_told_and_heals_by_itself(window: Visitor) -> None:
    page = window.page
    await window.open("/live")
    await expect(page.locator(".map")).to_contain_text(f"Not loaded: {WHY}")
    await expect(page.locator(".strip")).to_contain_text(f"Not loaded: {WHY}")
    await expect(page.locator(".strip")).not_to_contain_text("all answer")
    await window.open("/live?view=table")
    await expect(page.locator(".live-table")).to_contain_text(f"Not loaded: {WHY}")
    await expect(page.locator(".live-table")).not_to_contain_text("None found")
    for each in (PLACES, READERS):
        await page.unroute(each)
    await expect(page.locator(".live-table table").first).to_be_visible()
    await expect(page.locator(".strip")).to_contain_text("answer")


@pytest.mark.parametrize("path", ["/zones", "/setup?step=plan"])
async def test_what_was_not_loaded_can_be_tried_again(window: Visitor, path: str) -> None:
    page = window.page
    await window.open(path)
    again = page.get_by_role("button", name="Try again")
    await expect(page.get_by_role("alert").filter(has_text=WHY)).to_be_visible()
    for each in (PLACES, READERS):
        await page.unroute(each)
    await again.click()
    await expect(again).to_have_count(0)
    await expect(page.get_by_role("heading").first).to_be_visible()


async def test_alerts_that_are_not_told_are_not_called_none(window: Visitor) -> None:
    page = window.page
    await page.route("**/api/v1/alerts?*", refuse)
    await window.open("/alerts")
    await expect(page.locator("#main")).to_contain_text(f"The list of alerts is not told: {WHY}")
    await expect(page.locator("#main .calm")).to_have_count(0)
    await page.unroute("**/api/v1/alerts?*")
    await expect(page.locator("#main .cutoff")).to_have_count(0)
