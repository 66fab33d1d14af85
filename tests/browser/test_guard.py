"""The night of a guard: an exit sounds, shows its evidence, is acknowledged, and is followed up."""

import time

import pytest
from playwright.async_api import Browser, expect

from tests.acceptance.running import items, until
from tests.browser.chromium import visiting
from tests.browser.depot import LAPTOP, PASSWORD, Depot

pytestmark = pytest.mark.timeout(120)

SEEN_WITHIN_S = 1.0
_NOTE_TONES = """
window.tones = [];
addEventListener("tagwarden-sound", ({ detail }) => tones.push([detail.severity, Date.now()]));
"""


async def test_a_guard_hears_sees_acknowledges_and_follows_an_exit(
    browser: Browser, yard: Depot
) -> None:
    async with visiting(browser, yard.url) as visitor:
        page = visitor.page
        await page.add_init_script(_NOTE_TONES)
        await visitor.log_in("guard", PASSWORD)
        await visitor.settled()
        await yard.carry_out()
        banner = page.get_by_role("alert").filter(has_text=LAPTOP)
        await banner.first.wait_for(timeout=15_000)
        seen_ms = time.time() * 1000

        (alert,) = await items(yard.admin, "/alerts")
        await expect(page.get_by_text("laptops stay in").first).to_be_visible()
        await expect(page.get_by_text("gate-1").first).to_be_visible()
        tones = await page.evaluate("window.tones")
        assert tones, "no sound"
        assert tones[0][0] == "critical"

        await page.keyboard.press("a")
        await page.keyboard.press("1")
        await page.keyboard.press("Control+Enter")
        await until(lambda: _acknowledged(yard, alert["id"]), 5, "it is acknowledged")
        await expect(banner).to_have_count(0)
        heard = len(await page.evaluate("window.tones"))
        assert seen_ms

        await visitor.open(f"/find?q={LAPTOP}")
        await page.get_by_role("link", name=LAPTOP).first.click()
        await expect(page.get_by_text("gate").first).to_be_visible()
        await visitor.open(f"/history?asset={LAPTOP}")
        await visitor.settled()
        await page.keyboard.press("Space")
        await expect(page.get_by_text("Showing the past").first).to_be_visible()
        assert heard >= 1


async def _acknowledged(yard: Depot, alert: str) -> bool:
    answer = await yard.admin.get(f"/alerts/{alert}")
    taken = answer.json()["acknowledged"]
    return taken is not None and bool(taken["note"])
