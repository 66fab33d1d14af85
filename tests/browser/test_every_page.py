"""Every page in three sizes and both themes: nothing foreign, nothing forbidden, no barrier."""

from collections.abc import AsyncGenerator
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Route, expect

from tests.acceptance.running import Json, until
from tests.browser.chromium import PHONE, SIZES, WALL, Size, Visitor, visiting
from tests.browser.depot import PASSWORD, Depot

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

NARROW: Final = Size("320", 320, 640)
SMALLEST_TEXT_PX: Final = 12
OUT: Final = "LT-0417"
TAKEN: Final = "LT-0418"
PAGES: Final = (
    "/live",
    "/live?view=table",
    "/live?alert={alert}",
    "/live?floor=first&asset=LT-0415",
    "/wall",
    "/alerts",
    "/alerts?alert={alert}",
    f"/asset?id={OUT}",
    "/find",
    "/find?q=nothing%20is%20called%20so",
    f"/history?asset={OUT}",
    "/history",
    "/stock",
    "/readers",
    "/readers?reader=gate-1",
    "/zones",
    "/zones?floor=ground&zone=hall",
    "/rules",
    "/rules?view=channels",
    "/rules?view=deliveries",
    "/quality",
    "/system",
    "/system?view=people",
    "/system?view=audit",
    "/system?view=versions",
    "/setup?step=plan",
    "/setup?step=zone",
    "/setup?step=reader",
    "/setup?step=rule",
    "/setup?step=done",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def alert(yard: Depot) -> Json:
    """A critical alert that nobody has; another one is acknowledged."""
    for laptop in (TAKEN, OUT):
        await yard.carry_out(laptop)
        found = await until(lambda: yard.alert_of(laptop), 20, "the exit is an alert")  # noqa: B023 -- awaited here
        if laptop == TAKEN:
            note = {"note": "Guard sent"}
            await yard.admin.post(f"/alerts/{found['id']}/acknowledge", json=note)
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def window(browser: Browser, yard: Depot) -> AsyncGenerator[Visitor]:
    """One window in which an administrator opens page after page; nothing glides in it."""
    async with visiting(browser, yard.url, reduced_motion="reduce") as visitor:
        await visitor.log_in("admin", PASSWORD)
        yield visitor


async def look_at(visitor: Visitor, size: Size, name: str) -> list[str]:
    """What is wrong with the page in this size; a picture of it is kept."""
    await visitor.page.set_viewport_size({"width": size.width, "height": size.height})
    found = await visitor.barriers()
    await visitor.keep(f"{name} {size.name}")
    await visitor.wear("light")
    found += await visitor.barriers("color-contrast")
    await visitor.wear("dark")
    letters = await visitor.smallest_text_px()
    if letters < SMALLEST_TEXT_PX:
        found.append(f"letters of {letters:g} px")
    if size.has_touch:
        found += await visitor.small_targets()
    wider = await visitor.sideways()
    if wider:
        found.append(f"wider than its window by {wider} px")
    return [f"{size.name}: {each}" for each in found]


@pytest.mark.parametrize("path", PAGES)
async def test_everybody_can_use_the_page(window: Visitor, alert: Json, path: str) -> None:
    await window.open(path.format(alert=alert["id"]))
    await window.settled()
    found = [each for size in SIZES for each in await look_at(window, size, path)]
    await window.page.set_viewport_size({"width": NARROW.width, "height": NARROW.height})
    if await window.sideways():
        found.append(f"at 320 px wider than its window by {await window.sideways()} px")
    assert not found, "\n".join(found)
    window.require_no_faults()


@pytest.mark.parametrize("path", ["/login", "/setup", "/wall"])
async def test_everybody_can_use_what_is_seen_before_a_log_in(
    browser: Browser, yard: Depot, path: str
) -> None:
    async with visiting(browser, yard.url, reduced_motion="reduce") as visitor:
        await visitor.open(path)
        await visitor.page.locator("#main").wait_for()
        found = [
            each
            for size in (*SIZES, NARROW)
            for each in await look_at(visitor, size, f"stranger {path}")
        ]
        assert not found, "\n".join(found)


@pytest.mark.parametrize("size", [PHONE, WALL], ids=lambda size: size.name)
async def test_everybody_can_use_the_dialogs(window: Visitor, alert: Json, size: Size) -> None:
    assert alert
    page = window.page
    await page.set_viewport_size({"width": size.width, "height": size.height})
    await window.open("/readers")
    await window.settled()
    found: list[str] = []
    for key in ("?", "a"):
        await page.keyboard.press(key)
        await expect(page.get_by_role("dialog")).to_be_visible()
        found += await look_at(window, size, f"dialog {key}")
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.locator(".top .who").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    found += await look_at(window, size, "dialog account")
    assert not found, "\n".join(found)
    window.require_no_faults()


async def test_a_page_with_a_fault_can_be_tried_again(browser: Browser, yard: Depot) -> None:
    async def spoil(route: Route) -> None:
        await route.fulfill(json={"items": [{"name": "half a rule"}]})

    async with visiting(browser, yard.url) as visitor:
        await visitor.page.route("**/api/v1/rules?limit=1000", spoil)
        await visitor.log_in("admin", PASSWORD, "/rules")
        again = visitor.page.get_by_role("button", name="Try again")
        await expect(again).to_be_visible()
        await visitor.page.unroute("**/api/v1/rules?limit=1000", spoil)
        await again.click()
        await expect(visitor.page.get_by_text("laptops stay in")).to_be_visible()
