"""The night of a guard: an exit sounds, shows its evidence, is acknowledged, and is followed up."""

import asyncio
from datetime import datetime
from typing import Final

import pytest
from playwright.async_api import Browser, expect

from tests.acceptance.running import Json, until
from tests.browser.chromium import Visitor, visiting
from tests.browser.depot import PASSWORD, Depot

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

NOTE_TONES: Final = """
window.tones = [];
addEventListener("tagwarden-sound", ({ detail }) => tones.push([detail.severity, Date.now()]));
"""
TONE_EVERY_S: Final = 5
SEEN_WITHIN_S: Final = 1.0
_NOTE_BANNER: Final = """() => new MutationObserver(() => {
  if (document.querySelector(".banner")?.textContent.includes("LT-0421"))
    window.seenMs ??= Date.now();
}).observe(document, { childList: true, subtree: true, characterData: true })"""


async def see_evidence(visitor: Visitor, yard: Depot, laptop: str) -> Json:
    """Carry a laptop out, and wait until its evidence stands over Live; the alert."""
    await yard.carry_out(laptop)
    evidence = visitor.page.locator(".evidence").filter(has_text=laptop)
    await evidence.wait_for(timeout=20_000)
    alert = await yard.alert_of(laptop)
    assert alert is not None
    assert alert["id"] in visitor.page.url
    return alert


async def wait_for_note(yard: Depot, alert: Json, note: str) -> Json:
    """The alert once somebody has acknowledged it."""

    async def look() -> Json | None:
        answer = await yard.admin.get(f"/alerts/{alert['id']}")
        body: Json = answer.json()
        return body if body["acknowledged"] else None

    taken = await until(look, 10, "it is acknowledged")
    assert taken["acknowledged"]["note"] == note
    return taken


async def test_an_exit_sounds_until_it_is_acknowledged_by_two_keys(
    browser: Browser, yard: Depot
) -> None:
    async with visiting(browser, yard.url) as visitor:
        page = visitor.page
        await page.add_init_script(NOTE_TONES)
        await visitor.log_in("guard", PASSWORD)
        await visitor.settled()
        alert = await see_evidence(visitor, yard, "LT-0417")
        banner = page.locator(".banner")
        await expect(banner).to_contain_text("Laptop LT-0417")
        await visitor.when("tones.filter(([severity]) => severity === 'critical').length >= 2")
        first_ms, second_ms = await page.evaluate("tones.slice(0, 2).map(([, time]) => time)")
        assert second_ms - first_ms < (TONE_EVERY_S + 1.5) * 1000, "it sounds again and again"

        await page.keyboard.press("a")
        await page.keyboard.press("Control+Enter")
        taken = await wait_for_note(yard, alert, "Seen, looking into it")
        assert taken["acknowledged"]["by"] == "guard"
        await expect(banner).to_have_count(0)
        await expect(page.locator(".evidence")).to_contain_text("Seen, looking into it")
        heard = await page.evaluate("tones.length")
        await asyncio.sleep(TONE_EVERY_S + 0.5)  # Only time can show that nothing comes.
        assert await page.evaluate("tones.length") == heard, "it still sounds"


async def test_evidence_says_who_from_where_to_where_when_and_by_which_reads(
    browser: Browser, yard: Depot
) -> None:
    async with visiting(browser, yard.url) as visitor:
        page = visitor.page
        await visitor.log_in("guard", PASSWORD)
        await visitor.settled()
        alert = await see_evidence(visitor, yard, "LT-0418")
        evidence = page.locator(".evidence")
        await expect(evidence.get_by_role("heading", level=1)).to_have_text(
            "Laptop LT-0418 left the building"
        )
        for told in ("laptops stay in", "lobby", "gate", "Gate B", "gate-1", "guard"):
            await expect(evidence.get_by_text(told).first, told).to_be_visible()
        await expect(evidence.locator(".p-reads")).to_contain_text("gate-1")
        await expect(evidence).to_contain_text("The plan at that time")

        await evidence.get_by_role("button", name="Owner called").click()
        await evidence.get_by_role("button", name="Acknowledge with note").click()
        await wait_for_note(yard, alert, "Owner called")


async def test_a_guard_acknowledges_on_another_page_with_two_clicks(
    browser: Browser, yard: Depot
) -> None:
    async with visiting(browser, yard.url) as visitor:
        page = visitor.page
        await visitor.log_in("guard", PASSWORD, "/readers")
        await visitor.settled()
        await yard.carry_out("LT-0419")
        banner = page.locator(".banner").filter(has_text="LT-0419")
        await banner.get_by_role("button", name="Acknowledge").click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_role("button", name="Acknowledge with note").click()
        alert = await yard.alert_of("LT-0419")
        assert alert is not None
        await wait_for_note(yard, alert, "Seen, looking into it")
        await expect(banner).to_have_count(0)
        assert page.url.endswith("/readers"), "the page stays"


async def test_a_guard_finds_an_asset_and_plays_back_its_way(browser: Browser, yard: Depot) -> None:
    await yard.carry_out("LT-0420")
    async with visiting(browser, yard.url) as visitor:
        page = visitor.page
        await visitor.log_in("guard", PASSWORD)
        await visitor.settled()
        await until(lambda: yard.is_in("LT-0420", "gate"), 20, "it is at the gate")

        await page.keyboard.press("/")
        await page.keyboard.type("LT-0420")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/find?*LT-0420*")
        await page.locator("#main table").get_by_role("link", name="LT-0420").first.click()
        await page.wait_for_url("**/asset?*LT-0420*")
        await visitor.settled()
        await expect(page.locator("#main")).to_contain_text("gate")

        await page.get_by_role("link", name="Play back").first.click()
        await page.wait_for_url("**/history?*LT-0420*")
        await expect(page.get_by_text("Showing the past, not now").first).to_be_visible()
        events = page.locator(".hist-events")
        await expect(events).to_contain_text("gate")
        await page.locator(".hist-time").wait_for()
        await page.keyboard.press("Home")
        before = await page.locator(".hist-time").inner_text()
        await page.keyboard.press("Space")
        await expect(page.locator(".hist-time")).not_to_have_text(before)


async def test_an_alert_is_seen_and_heard_within_a_second_of_its_commit(
    browser: Browser, yard: Depot
) -> None:
    """From the read on it is measured by benchmarks/read_to_pixel.py."""
    await yard.be_calm()
    async with visiting(browser, yard.url) as visitor:
        page = visitor.page
        await page.add_init_script(NOTE_TONES)
        await visitor.log_in("guard", PASSWORD)
        await visitor.settled()
        await page.evaluate(_NOTE_BANNER)
        alert = await see_evidence(visitor, yard, "LT-0421")
        await visitor.when("tones.length > 0")
        raised_s = datetime.fromisoformat(alert["raised_at"]).timestamp()
        assert await page.evaluate("seenMs") / 1000 - raised_s < SEEN_WITHIN_S
        assert await page.evaluate("tones[0][1]") / 1000 - raised_s < SEEN_WITHIN_S
