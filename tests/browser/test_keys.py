"""Every key of the list that `?` opens does what it says there; nothing while somebody types."""

from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Browser, expect

from tests.browser.chromium import Visitor, visiting
from tests.browser.depot import PASSWORD, Depot

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

PICKED: Final = "LT-0410"
PAGES: Final = ("live", "alerts", "find", "history", "stock", "readers", "zones", "rules", "system")
# What the plan shows, as a number: of the ground, which changes only when the view does.
_VIEW: Final = """() => {
  const canvas = document.querySelector(".map .plan canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.reduce((sum, each) => (sum * 31 + each) | 0, 7);
}"""


def asked(visitor: Visitor, name: str) -> str | None:
    """What the address of the page says."""
    return parse_qs(urlsplit(visitor.page.url).query).get(name, [None])[0]


async def changes(visitor: Visitor, *keys: str) -> None:
    """Each of these keys changes what the plan shows."""
    for key in keys:
        before: Any = await visitor.page.evaluate(_VIEW)
        await visitor.page.keyboard.press(key)
        await visitor.when(f"({_VIEW})() !== {before}", within_s=5)


async def test_keys_of_every_page(browser: Browser, yard: Depot) -> None:
    async with visiting(browser, yard.url) as visitor:
        page, html = visitor.page, visitor.page.locator("html")
        await visitor.log_in("admin", PASSWORD, "/stock")
        await visitor.settled()
        for number, name in enumerate(PAGES, start=1):
            await page.keyboard.press("g")
            await page.keyboard.press(str(number))
            await page.wait_for_url(f"**/{name}*")
        await page.keyboard.press("?")
        dialog = page.get_by_role("dialog")
        await expect(dialog).to_contain_text("G 1 … 9")
        await page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)
        theme = await html.get_attribute("data-theme")
        await page.keyboard.press("l")
        await expect(html).not_to_have_attribute("data-theme", str(theme))
        await page.keyboard.press("l")
        await expect(html).to_have_attribute("data-theme", str(theme))
        await page.keyboard.press("/")
        await page.keyboard.type("gl?m")
        await expect(page.locator("#search")).to_have_value("gl?m")
        await expect(html).to_have_attribute("data-theme", str(theme))


async def test_keys_of_the_live_plan(browser: Browser, yard: Depot) -> None:
    await yard.be_calm()
    async with visiting(browser, yard.url, reduced_motion="reduce") as visitor:
        page = visitor.page
        await visitor.log_in("guard", PASSWORD, "/live?floor=ground")
        await visitor.settled()
        await changes(visitor, "+", "ArrowLeft", "ArrowUp", "ArrowRight", "ArrowDown", "-", "+")
        await changes(visitor, "0")
        await changes(visitor, "]")
        assert asked(visitor, "floor") == "first"
        await changes(visitor, "[")
        assert asked(visitor, "floor") != "first"
        await page.keyboard.press("m")
        await expect(page.get_by_role("table").first).to_be_visible()
        await page.keyboard.press("m")

        await visitor.open(f"/live?asset={PICKED}")
        await visitor.settled()
        await page.keyboard.press("f")
        await page.wait_for_url("**follow=1*")
        await page.keyboard.press("f")
        assert asked(visitor, "follow") is None
        await page.keyboard.press("Escape")
        assert asked(visitor, "asset") is None
        await visitor.open(f"/live?asset={PICKED}")
        await visitor.settled()
        await page.keyboard.press("p")
        await page.wait_for_url(f"**/history?*{PICKED}*")


async def test_keys_of_alerts(browser: Browser, yard: Depot) -> None:
    await yard.be_calm()
    for laptop in ("LT-0426", "LT-0427"):
        await yard.carry_out(laptop)
    async with visiting(browser, yard.url) as visitor:
        page = visitor.page
        await visitor.log_in("guard", PASSWORD)
        await expect(page.locator(".banner")).to_contain_text("of 2")
        first = asked(visitor, "alert")
        await page.keyboard.press("j")
        await visitor.when(f"!location.search.includes('{first}')")
        await page.keyboard.press("k")
        await visitor.when(f"location.search.includes('{first}')")
        await page.keyboard.press("s")
        await expect(page.get_by_role("button", name="Silenced until")).to_be_visible()
        await page.keyboard.press("a")
        await page.keyboard.press("1")
        await page.keyboard.press("Control+Enter")
        await expect(page.locator(".evidence")).to_contain_text(": Guard sent")


async def test_keys_of_zones(browser: Browser, yard: Depot) -> None:
    async with visiting(browser, yard.url) as visitor:
        page, keys = visitor.page, visitor.page.keyboard
        await visitor.log_in("admin", PASSWORD, "/zones?zone=hall")
        await visitor.settled()
        corners = page.locator(".corners tbody tr")
        await expect(corners).not_to_have_count(0)
        many = await corners.count()
        x_m = page.locator(".corners input").first
        before = float(await x_m.input_value())
        await keys.press("n")
        await keys.press("ArrowRight")
        await keys.press("Shift+ArrowRight")
        await expect(x_m).to_have_value(f"{before + 1.1:.1f}")
        await keys.press("Control+Z")  # Steps of one corner in a row are one change.
        await expect(x_m).to_have_value(f"{before:.1f}")
        await keys.press("Control+Shift+Z")
        await expect(x_m).to_have_value(f"{before + 1.1:.1f}")
        await keys.press("Delete")
        await expect(corners).to_have_count(many - 1)
        await keys.press("Control+Z")
        await expect(corners).to_have_count(many)
        await keys.press("t")
        await expect(page.get_by_role("button", name="Test a point")).to_have_attribute(
            "aria-pressed", "true"
        )
