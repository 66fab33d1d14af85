"""A gateway that dies is said to be lost within 3 s; when it is back nothing was missed."""

import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.acceptance.running import until
from tests.browser.cable import cable
from tests.browser.chromium import Visitor, visiting
from tests.browser.depot import INSIDE, OUTSIDE, PASSWORD, Depot

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(150)]

LOST_WITHIN_MS: Final = 3_000
LIVE_WITHIN_MS: Final = 5_000
TOLD_WITHIN_MS: Final = 8_000
ASLEEP_S: Final = 600
_STAMP: Final = "window.loadedOnce = true"


def link_of(page: Page) -> Locator:
    """What the top says of the connection."""
    return page.locator(".top .link")


def told_of(page: Page, laptop: str) -> Locator:
    """The row of an alert about a laptop."""
    return page.locator("[data-alert]").filter(has_text=laptop)


async def watch(visitor: Visitor) -> Page:
    """A guard looks at the alerts, and will not reload."""
    await visitor.log_in("guard", PASSWORD, "/alerts")
    await visitor.settled()
    await expect(link_of(visitor.page)).to_contain_text("Live")
    await visitor.page.evaluate(_STAMP)
    visitor.may_lose_the_gateway = True
    return visitor.page


async def is_raised(yard: Depot, laptop: str) -> bool:
    return await yard.alert_of(laptop) is not None


async def test_an_alert_raised_while_the_browser_was_cut_off_is_there_when_it_is_back(
    browser: Browser, yard: Depot
) -> None:
    async with visiting(browser, yard.url) as visitor:
        page = await watch(visitor)
        await page.context.set_offline(True)
        await expect(link_of(page)).to_contain_text("lost", timeout=LOST_WITHIN_MS)
        await yard.carry_out("LT-0411")
        await until(lambda: is_raised(yard, "LT-0411"), 20, "the exit is an alert")
        await page.context.set_offline(False)
        await expect(told_of(page, "LT-0411")).to_be_visible(timeout=TOLD_WITHIN_MS)
        await expect(link_of(page)).to_contain_text("Live", timeout=LIVE_WITHIN_MS)
        assert await page.evaluate("loadedOnce")


async def test_a_browser_that_slept_for_ten_minutes_catches_up(
    browser: Browser, yard: Depot
) -> None:
    """As with a closed lid: no timer runs, nothing comes by the network, and no socket says so."""
    async with cable(yard.url) as line, visiting(browser, line.url) as visitor:
        page = visitor.page
        await page.clock.install()
        await watch(visitor)
        await page.clock.pause_at(time.time() + 2)
        line.cut()
        await yard.carry_out("LT-0412")
        await until(lambda: is_raised(yard, "LT-0412"), 20, "the exit is an alert")
        assert await told_of(page, "LT-0412").count() == 0, "it does not sleep"
        line.join()
        await page.clock.fast_forward(ASLEEP_S * 1000)
        await page.clock.resume()
        await expect(told_of(page, "LT-0412")).to_be_visible(timeout=TOLD_WITHIN_MS)
        await expect(link_of(page)).to_contain_text("Live", timeout=TOLD_WITHIN_MS)
        assert await page.evaluate("loadedOnce")


async def test_a_killed_gateway_is_said_to_be_lost_and_nothing_is_missed_when_it_is_back(
    browser: Browser, yard: Depot, tmp_path: Path
) -> None:
    """The last test of this file: it leaves the depot with another gateway."""
    async with visiting(browser, yard.url) as visitor, AsyncExitStack() as stack:
        page = await watch(visitor)
        yard.put("LT-0413", INSIDE)
        await until(lambda: yard.is_in("LT-0413", "lobby"), 30, "it is in the lobby")

        await yard.gateway.kill()
        await expect(link_of(page)).to_contain_text("lost", timeout=LOST_WITHIN_MS)
        yard.put("LT-0413", OUTSIDE)
        await stack.enter_async_context(yard.again(tmp_path / "log"))
        await expect(link_of(page)).to_contain_text("Live", timeout=LIVE_WITHIN_MS)

        await until(lambda: is_raised(yard, "LT-0413"), 20, "the exit is an alert")
        await expect(told_of(page, "LT-0413")).to_be_visible(timeout=TOLD_WITHIN_MS)
        assert await page.evaluate("loadedOnce")
