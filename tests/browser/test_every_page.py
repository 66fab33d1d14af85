"""Every page in three sizes: nothing foreign, nothing that a policy forbids, no barrier."""

import pytest
from playwright.async_api import Browser

from tests.browser.chromium import PHONE, SIZES, Size, Visitor, visiting
from tests.browser.depot import LAPTOP, PASSWORD, Depot

pytestmark = pytest.mark.timeout(180)

PAGES = (
    "/live",
    "/live?view=table",
    "/wall",
    "/alerts",
    f"/asset?id={LAPTOP}",
    "/find",
    f"/history?asset={LAPTOP}",
    "/stock",
    "/readers",
    "/zones",
    "/rules",
    "/quality",
    "/system",
)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: size.name)
async def test_every_page_can_be_used_by_everybody(
    browser: Browser, yard: Depot, size: Size
) -> None:
    async with visiting(browser, yard.url, size) as visitor:
        found = [f"/login: {each}" for each in await _barriers_of_log_in(visitor)]
        await visitor.log_in("admin", PASSWORD)
        for path in PAGES:
            await visitor.open(path)
            await visitor.settled()
            found += [f"{path}: {each}" for each in await visitor.barriers()]
            if await visitor.sideways():
                found.append(f"{path}: wider than its window by {await visitor.sideways()} px")
        assert not found, "\n".join(found)


async def _barriers_of_log_in(visitor: Visitor) -> list[str]:
    await visitor.open("/login")
    await visitor.page.get_by_label("Login name").wait_for()
    return await visitor.barriers()


async def test_on_a_phone_nothing_scrolls_sideways_at_320_pixels(
    browser: Browser, yard: Depot
) -> None:
    async with visiting(browser, yard.url, PHONE._replace(width=320, height=640)) as visitor:
        await visitor.log_in("admin", PASSWORD)
        for path in PAGES:
            await visitor.open(path)
            await visitor.settled()
            assert await visitor.sideways() == 0, path


async def test_light_pages_have_no_barrier(browser: Browser, yard: Depot) -> None:
    async with visiting(browser, yard.url, color_scheme="light") as visitor:
        await visitor.log_in("guard", PASSWORD)
        found: list[str] = []
        for path in PAGES:
            await visitor.open(path)
            await visitor.settled()
            found += [f"{path}: {each}" for each in await visitor.barriers()]
        assert not found, "\n".join(found)
