"""A guard's pages in every window: nothing is cut, nothing lies over another, the plan is there."""

from typing import Final

import pytest
from playwright.async_api import Browser, expect

from tests.acceptance.running import until
from tests.browser.chromium import DESKTOP, PHONE, Size, Visitor, visiting
from tests.browser.depot import PASSWORD, Depot
from tests.browser.test_guard import see_evidence

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

NARROW: Final = Size("320", 320, 640, has_touch=True)
ZOOMED: Final = Size("200 %", 720, 450)
PLAN_AT_LEAST_PX: Final = 200
_CUT: Final = """(places) => [...document.querySelectorAll(places)]
  .filter((each) => each.scrollWidth > each.clientWidth + 1 ||
    each.getBoundingClientRect().bottom > innerHeight + 1)
  .map((each) => `${each.className}: ${each.innerText.slice(0, 80)}`)"""
_COVERED: Final = """() => {
  const parts = [...document.querySelectorAll(".wall :is(.wcrit, li.al, .map, .wnum, .wother)")]
    .filter((each) => each.offsetHeight)
    .map((each) => [each.className, each.getBoundingClientRect()]);
  return parts.flatMap(([name, one], at) => parts.slice(at + 1)
    .filter(([, other]) => one.left < other.right - 1 && other.left < one.right - 1 &&
      one.top < other.bottom - 1 && other.top < one.bottom - 1)
    .map(([other]) => `${other} over ${name}`));
}"""


async def require_whole(visitor: Visitor, places: str) -> None:
    """None of these parts of the page has something beyond its edge, or is below the window."""
    cut = await visitor.page.evaluate(_CUT, places)
    assert not cut, f"{visitor.page.url}: {cut}"


@pytest.mark.parametrize("size", [PHONE, NARROW], ids=lambda size: size.name)
async def test_no_bar_is_cut_on_a_phone(browser: Browser, yard: Depot, size: Size) -> None:
    async with visiting(browser, yard.url, size) as visitor:
        await visitor.log_in("guard", PASSWORD, "/stock")
        for path in ("/stock", "/asset?id=LT-0410", "/history?asset=LT-0410", "/find"):
            await visitor.open(path)
            await visitor.settled()
            await require_whole(visitor, ".bar, .kpis > div > .big")


@pytest.mark.parametrize("language", ["en", "de"])
async def test_the_strip_under_the_plan_is_whole(
    browser: Browser, yard: Depot, language: str
) -> None:
    for size in (DESKTOP, Size("1280", 1280, 720)):
        async with visiting(browser, yard.url, size) as visitor:
            page = visitor.page
            await visitor.log_in("guard", PASSWORD)
            await page.evaluate(f"localStorage.setItem('tagwarden.language', '\"{language}\"')")
            await visitor.open("/live")
            await visitor.settled()
            await expect(page.locator("html")).to_have_attribute("lang", language)
            await require_whole(visitor, ".live-bar > *, .strip, .strip > div, .legend, .mini-foot")


async def test_who_looks_for_an_asset_on_a_phone_sees_the_plan_beside_open_alerts(
    browser: Browser, yard: Depot
) -> None:
    await yard.carry_out("LT-0423")
    await until(lambda: yard.alert_of("LT-0423"), 20, "it is an alert")
    async with visiting(browser, yard.url, PHONE) as visitor:
        page = visitor.page
        await visitor.log_in("guard", PASSWORD)
        await visitor.open("/live?asset=LT-0410")
        await visitor.settled()
        await page.locator(".evidence").get_by_role("button", name="Close").click()
        await expect(page.locator(".sel")).to_contain_text("LT-0410")
        plan = await page.locator(".map").bounding_box()
        assert plan
        assert plan["height"] >= PLAN_AT_LEAST_PX


async def test_at_200_percent_the_evidence_can_be_read_and_acknowledged(
    browser: Browser, yard: Depot
) -> None:
    await yard.be_calm()
    async with visiting(browser, yard.url, ZOOMED) as visitor:
        page = visitor.page
        await visitor.log_in("guard", PASSWORD)
        await see_evidence(visitor, yard, "LT-0424")
        for what in ("Direction", "Reads by reader", "The plan at that time"):
            part = page.locator(".evidence").get_by_text(what).first
            await part.scroll_into_view_if_needed()
            await expect(part).to_be_in_viewport()
        await page.get_by_role("button", name="Acknowledge with note").click()
        await expect(page.locator(".evidence")).to_contain_text("Acknowledged by guard")


@pytest.mark.parametrize("size", [PHONE, ZOOMED], ids=lambda size: size.name)
async def test_a_small_wall_has_nothing_over_anything(
    browser: Browser, yard: Depot, size: Size
) -> None:
    async with visiting(browser, yard.url, size) as visitor:
        await visitor.log_in("guard", PASSWORD)
        await visitor.open("/wall")
        await expect(visitor.page.locator(".wnum")).to_be_visible()
        covered = await visitor.page.evaluate(_COVERED)
        assert not covered, covered
