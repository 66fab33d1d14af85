"""By keys alone: log in, look around, and see at every step where the focus is."""

from typing import Any, Final

import pytest
from playwright.async_api import Browser, expect

from tests.browser.chromium import Visitor, visiting
from tests.browser.depot import PASSWORD, Depot

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(90)]

PAGES: Final = (
    "/live",
    "/alerts",
    "/find",
    "/history?asset=LT-0411",
    "/readers",
    "/zones",
    "/rules",
)
STEPS_MOST: Final = 150
_STEP: Final = """() => {
  const at = document.activeElement;
  window.visited ??= new Set();
  if (at === document.body || visited.has(at)) return { end: true };
  visited.add(at);
  const box = at.getBoundingClientRect();
  const ways = [];
  for (let each = at; each && ways.length < 4; each = each.parentElement) {
    const { outlineStyle, outlineWidth } = getComputedStyle(each);
    ways.push(outlineStyle !== "none" && parseFloat(outlineWidth) >= 2);
  }
  const middle = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return {
    end: false,
    what: at.outerHTML.slice(0, 160),
    marked: ways.some(Boolean),
    shown: middle !== null && (at.contains(middle) || middle.contains(at)),
  };
}"""
_MISSED: Final = """() => {
  const could = "a[href], button, input, select, textarea, summary, [tabindex='0']";
  const seen = [...visited].filter(({ type }) => type === "radio");
  const radios = new Set(seen.map(({ name }) => name));
  return [...document.querySelectorAll(could)].filter((each) =>
    !visited.has(each) && !each.disabled && each.tabIndex >= 0 &&
    each.checkVisibility({ visibilityProperty: true }) &&
    !(each.type === "radio" && radios.has(each.name))
  ).map((each) => each.outerHTML.slice(0, 160));
}"""


async def walk(visitor: Visitor) -> list[str]:
    """Press Tab until the focus has been everywhere; where it was not seen."""
    unseen: list[str] = []
    for _ in range(STEPS_MOST):
        await visitor.page.keyboard.press("Tab")
        step: dict[str, Any] = await visitor.page.evaluate(_STEP)
        if step["end"]:
            break
        if not step["marked"]:
            unseen.append(f"the focus does not show: {step['what']}")
        if not step["shown"]:
            unseen.append(f"the focus is covered: {step['what']}")
    return unseen


async def test_somebody_logs_in_and_finds_an_asset_by_keys_alone(
    browser: Browser, yard: Depot
) -> None:
    async with visiting(browser, yard.url) as visitor:
        page = visitor.page
        await visitor.open("/login")
        await page.get_by_label("Login name").wait_for()
        await visitor.tab_to(page.get_by_label("Login name"))
        await page.keyboard.type("guard")
        await visitor.tab_to(page.get_by_label("Password", exact=True))
        await page.keyboard.type(PASSWORD)
        await page.keyboard.press("Enter")
        await page.wait_for_selector(".app")
        await visitor.settled()

        await page.keyboard.press("g")
        await page.keyboard.press("3")
        await page.wait_for_url("**/find*")
        await page.keyboard.press("/")
        await page.keyboard.type("LT-0425")
        await page.keyboard.press("Enter")
        found = page.locator("#main").get_by_role("link", name="LT-0425").first
        await visitor.tab_to(found)
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/asset?*LT-0425*")


async def test_plan_and_table_are_one_key_apart_and_say_the_same(
    browser: Browser, yard: Depot
) -> None:
    async with visiting(browser, yard.url) as visitor:
        page = visitor.page
        await visitor.log_in("guard", PASSWORD, "/live?floor=first")
        await visitor.settled()
        await expect(page.locator(".stage canvas").first).to_be_visible()
        await page.keyboard.press("m")
        rows = page.get_by_role("row").filter(has_text="LT-04")
        await expect(rows).to_have_count(20)
        await page.keyboard.press("m")
        await expect(page.locator(".stage canvas").first).to_be_visible()


async def test_a_table_filtered_and_sorted_is_the_same_for_who_gets_its_address(
    browser: Browser, yard: Depot
) -> None:
    async with visiting(browser, yard.url) as visitor:
        page = visitor.page
        await visitor.log_in("guard", PASSWORD, "/live?floor=first&view=table")
        await visitor.settled()
        rows = page.locator(".live-table table").first.locator("tbody tr")
        await page.get_by_label("Filter this table").fill("LT-041")
        await expect(rows).to_have_count(10)
        by_name = page.locator(".live-table th button").first
        await by_name.click()
        await page.reload()
        await visitor.settled()
        await expect(page.get_by_label("Filter this table")).to_have_value("LT-041")
        await expect(rows).to_have_count(10)
        await expect(rows.first).to_contain_text("LT-0419")


@pytest.mark.parametrize("path", PAGES)
async def test_tab_reaches_everything_and_the_focus_shows(
    browser: Browser, yard: Depot, path: str
) -> None:
    async with visiting(browser, yard.url, reduced_motion="reduce") as visitor:
        await visitor.log_in("admin", PASSWORD, path)
        await visitor.settled()
        await visitor.page.evaluate("document.activeElement?.blur()")
        unseen = await walk(visitor)
        unseen += [f"Tab does not reach {each}" for each in await visitor.page.evaluate(_MISSED)]
        assert not unseen, "\n".join(unseen)
