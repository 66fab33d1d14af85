"""A gateway that dies is said to be lost within 3 s; when it is back nothing was missed."""

import time
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, expect

from tests.acceptance.running import asking, gateway, items, make_key, until
from tests.browser.chromium import visiting
from tests.browser.depot import LAPTOP, PASSWORD, Depot

pytestmark = pytest.mark.timeout(150)

TOLD_LOST_WITHIN_MS = 3_000
LIVE_AGAIN_WITHIN_MS = 5_000


async def test_a_killed_gateway_is_said_to_be_lost_and_nothing_is_missed_when_it_is_back(
    browser: Browser, yard: Depot, tmp_path: Path
) -> None:
    async with visiting(browser, yard.url) as visitor, AsyncExitStack() as stack:
        page = visitor.page
        await visitor.log_in("guard", PASSWORD)
        link = page.locator(".top .link")
        await expect(link).to_contain_text("Live", timeout=10_000)
        visitor.may_lose_the_gateway = True

        await yard.gateway.kill()
        await expect(link).to_contain_text("lost", timeout=TOLD_LOST_WITHIN_MS)

        again = yard.site.read_text(encoding="utf-8").replace(
            "127.0.0.1:0", yard.url.removeprefix("http://")
        )
        yard.site.write_text(again, encoding="utf-8")
        await stack.enter_async_context(gateway(yard.site, yard.data, tmp_path / "log again"))
        await expect(link).to_contain_text("Live", timeout=LIVE_AGAIN_WITHIN_MS)

        await yard.carry_out()
        key = await make_key(yard.data, "viewer")
        viewer = await stack.enter_async_context(asking(yard.url, key))
        await until(lambda: _raised(viewer), 20, "the exit after the return is an alert")
        told = page.get_by_role("alert").filter(has_text=LAPTOP)
        await expect(told.first).to_be_visible(timeout=5_000)


async def _raised(viewer: httpx.AsyncClient) -> bool:
    return len(await items(viewer, "/alerts", state="active")) > 0


async def test_an_alert_raised_while_the_browser_was_cut_off_is_there_when_it_is_back(
    browser: Browser, yard: Depot
) -> None:
    async with visiting(browser, yard.url) as visitor:
        page = visitor.page
        await visitor.log_in("guard", PASSWORD)
        await visitor.settled()
        visitor.may_lose_the_gateway = True
        await page.context.set_offline(True)
        await yard.carry_out()
        await until(lambda: _raised(yard.admin), 20, "the exit is an alert")
        await page.context.set_offline(False)
        told = page.get_by_role("alert").filter(has_text=LAPTOP)
        await expect(told.first).to_be_visible(timeout=8_000)


async def test_a_browser_that_slept_for_ten_minutes_says_so_and_catches_up(
    browser: Browser, yard: Depot
) -> None:
    """Chromium freezes the page as it does when a lid is closed; its clock jumps meanwhile."""
    async with visiting(browser, yard.url) as visitor:
        page = visitor.page
        await page.clock.install()
        await visitor.log_in("guard", PASSWORD)
        await visitor.settled()
        visitor.may_lose_the_gateway = True
        devtools = await page.context.new_cdp_session(page)
        await page.clock.pause_at(time.time() + 1)
        await devtools.send("Page.setWebLifecycleState", {"state": "frozen"})
        await yard.carry_out()
        await until(lambda: _raised(yard.admin), 20, "the exit is an alert")
        await devtools.send("Page.setWebLifecycleState", {"state": "active"})
        await page.clock.fast_forward(600_000)
        await page.clock.resume()
        told = page.get_by_role("alert").filter(has_text=LAPTOP)
        await expect(told.first).to_be_visible(timeout=8_000)
        await expect(page.locator(".top .link")).to_contain_text("Live", timeout=8_000)
