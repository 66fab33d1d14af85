"""What a guard must be able to rely on: a true clock, a lost link that is told, what is said."""

import time
from datetime import datetime
from typing import Final
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Browser, expect

from tests.browser.chromium import visiting
from tests.browser.depot import PASSWORD, Depot
from tests.browser.test_burst import NOTE_SAID
from tests.browser.test_guard import NOTE_TONES, see_evidence

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

LOST_WITHIN_S: Final = 3.0
DECIDED_WITHIN_MS: Final = 40_000
_AN_HOUR_AHEAD: Final = """
const Right = Date;
Date = class extends Right {
  constructor(...given) { given.length ? super(...given) : super(Date.now()); }
  static now() { return Right.now() + 3_600_000; }
};
"""
# How many pixels above the assets have the colour of critical alerts, and how faint assets are.
_PLAN: Final = """() => {
  const [, shapes, over] = document.querySelectorAll(".map .plan canvas");
  const { data } = over.getContext("2d").getImageData(0, 0, over.width, over.height);
  const style = getComputedStyle(document.documentElement);
  const hex = style.getPropertyValue("--crit").trim();
  const wanted = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  let critical = 0;
  for (let at = 0; at < data.length; at += 4)
    if (data[at + 3] === 255 && wanted.every((part, n) => data[at + n] === part)) critical += 1;
  return { critical, faint: Number(shapes.style.opacity || 1) };
}"""
_END_SESSION: Final = """async () => {
  const { csrf } = await (await fetch("/api/v1/me")).json();
  const asked = { method: "DELETE", headers: { "x-csrf-token": csrf } };
  return (await fetch("/api/v1/sessions/current", asked)).status;
}"""


async def test_a_browser_whose_clock_is_an_hour_ahead_goes_by_the_gateways(
    browser: Browser, yard: Depot
) -> None:
    async with visiting(browser, yard.url, timezone_id="Asia/Tokyo") as visitor:
        page = visitor.page
        await page.add_init_script(_AN_HOUR_AHEAD)
        await visitor.log_in("guard", PASSWORD)
        await visitor.open("/history?asset=LT-0410")
        await page.wait_for_url("**/history?*to=*")
        shown = parse_qs(urlsplit(page.url).query)["to"][0]
        assert abs(datetime.fromisoformat(shown).timestamp() - time.time()) < 60, shown
        await visitor.open("/quality")
        await expect(page.locator(".tbl tbody").first).to_contain_text("hall-1/2")


async def test_a_lost_link_is_a_warning_and_alerts_keep_their_colour(
    browser: Browser, yard: Depot
) -> None:
    await yard.be_calm()
    async with visiting(browser, yard.url) as visitor:
        page = visitor.page
        await page.add_init_script(NOTE_TONES)
        await visitor.log_in("guard", PASSWORD)
        await visitor.settled()
        await see_evidence(visitor, yard, "LT-0421")
        await visitor.when(f"({_PLAN})().critical > 50")
        visitor.may_lose_the_gateway = True
        await page.context.set_offline(True)
        link = page.locator(".top .link.stale")
        await expect(link).to_contain_text("Connection lost", timeout=LOST_WITHIN_S * 1000)
        await expect(link.locator("svg.sym"), "by a shape, too").to_be_visible()
        await visitor.when("tones.some(([severity]) => severity === 'warning')", within_s=10)
        await visitor.when(f"({_PLAN})().faint < 0.5")
        assert (await page.evaluate(_PLAN))["critical"] > 50
        await page.context.set_offline(False)
        await expect(page.locator(".top .link")).to_contain_text("Live")
        await visitor.when(f"({_PLAN})().faint >= 0.5")


async def test_a_wall_says_how_old_its_numbers_are_while_the_link_is_lost(
    browser: Browser, yard: Depot
) -> None:
    async with visiting(browser, yard.url) as visitor:
        page = visitor.page
        await visitor.log_in("guard", PASSWORD)
        await visitor.open("/wall")
        numbers = page.locator(".wnum")
        await expect(numbers).to_contain_text("assets on site")
        assert "as of" not in await numbers.inner_text()
        visitor.may_lose_the_gateway = True
        await page.context.set_offline(True)
        await expect(numbers).to_contain_text("as of")


async def test_a_direction_that_is_decided_while_somebody_looks_is_said(
    browser: Browser, yard: Depot
) -> None:
    await yard.be_calm()
    async with visiting(browser, yard.url) as visitor:
        page = visitor.page
        await visitor.log_in("guard", PASSWORD)
        await visitor.settled()
        await page.evaluate(NOTE_SAID)
        await see_evidence(visitor, yard, "LT-0422")
        await expect(page.locator(".evidence")).to_contain_text("Direction not known")
        # The portal decides once it is sure that nothing more comes.
        decided = expect(page.locator(".evidence"))
        await decided.to_contain_text("Direction: outward", timeout=DECIDED_WITHIN_MS)
        await visitor.when("said.some((text) => /^Direction: outward, [0-9]+ %$/.test(text))")


async def test_who_is_logged_out_meanwhile_is_told_that_no_alarm_sounds_here(
    browser: Browser, yard: Depot
) -> None:
    async with visiting(browser, yard.url) as visitor:
        page = visitor.page
        visitor.may_lose_the_gateway = True
        await visitor.log_in("guard", PASSWORD, "/alerts")
        await visitor.settled()
        assert await page.evaluate(_END_SESSION) == 204
        await page.wait_for_url("**/login?*")
        await expect(page.get_by_role("alert")).to_contain_text("Your session has ended")


async def test_after_a_note_in_a_dialog_the_focus_stays_near_what_opened_it(
    browser: Browser, yard: Depot
) -> None:
    await yard.be_calm()
    async with visiting(browser, yard.url) as visitor:
        page = visitor.page
        await visitor.log_in("guard", PASSWORD, "/alerts")
        await visitor.settled()
        await yard.carry_out("LT-0414")
        row = page.locator("tr[data-alert]").filter(has_text="LT-0414")
        opener = row.get_by_role("button", name="Acknowledge")
        await opener.press("Enter")
        await expect(page.get_by_role("dialog")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(opener).to_be_focused()
        await opener.press("Enter")
        await page.get_by_role("dialog").get_by_role("button", name="with note").press("Enter")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await visitor.when("document.activeElement.closest('.alertpage') !== null")


async def test_who_opens_a_dialog_again_the_moment_it_closes_has_it_again(
    browser: Browser, yard: Depot
) -> None:
    await yard.be_calm()
    async with visiting(browser, yard.url) as visitor:
        page = visitor.page
        await visitor.log_in("guard", PASSWORD, "/alerts")
        await visitor.settled()
        await yard.carry_out("LT-0415")
        row = page.locator("tr[data-alert]").filter(has_text="LT-0415")
        opener = row.get_by_role("button", name="Acknowledge")
        await opener.press("Enter")
        await expect(page.get_by_role("dialog")).to_be_visible()
        await opener.evaluate("(each) => each.addEventListener('focus', () => each.click())")
        await page.keyboard.press("Escape")
        await visitor.when("document.activeElement.matches('dialog textarea')")
        await expect(page.get_by_role("dialog")).to_have_count(1)


async def test_a_page_whose_code_is_not_to_be_had_says_so_and_is_loaded_anew(
    browser: Browser, yard: Depot
) -> None:
    async with visiting(browser, yard.url) as visitor:
        page = visitor.page
        visitor.may_lose_the_gateway = True
        await visitor.log_in("guard", PASSWORD)
        await visitor.settled()
        await page.route("**/static/*", lambda route: route.abort())
        await page.get_by_role("link", name="Find", exact=True).click()
        await expect(page.locator("#main")).to_contain_text("Not loaded: Find")
        await page.unroute("**/static/*")
        await page.get_by_role("button", name="Try again").click()
        await expect(page.locator("#main table")).to_be_visible()


async def test_who_presses_enter_before_it_is_found_gets_what_was_typed(
    browser: Browser, yard: Depot
) -> None:
    async with visiting(browser, yard.url) as visitor:
        page = visitor.page
        await visitor.log_in("guard", PASSWORD, "/find")
        await visitor.settled()
        await page.locator("#main table").get_by_role("link").first.wait_for()
        field = page.locator("#main").get_by_role("searchbox")
        await field.press_sequentially("LT-0421")
        await field.press("Enter")
        await page.wait_for_url("**/asset?id=LT-0421")
