"""A wall screen: let in by the key in its address, which leaves it at once, until withdrawn."""

from typing import Final

import pytest
from playwright.async_api import Browser, expect

from tests.acceptance.running import Json
from tests.browser.chromium import WALL, visiting
from tests.browser.depot import Depot

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(90)]

DIES_WITHIN_MS: Final = 15_000
SMALLEST_TEXT_PX: Final = 30


async def make_display(yard: Depot) -> Json:
    """A key of a wall, as System makes it."""
    made = await yard.admin.post("/keys", json={"name": "wall of the test", "role": "viewer"})
    assert made.status_code == 201, made.text
    key: Json = made.json()
    return key


async def test_a_wall_is_let_in_by_its_key_shows_alerts_and_ends_with_it(
    browser: Browser, yard: Depot
) -> None:
    key = await make_display(yard)
    async with visiting(browser, yard.url, WALL) as visitor:
        page = visitor.page
        visitor.may_lose_the_gateway = True  # Its sockets are closed at the end.
        await visitor.open(f"/wall#key={key['key']}")
        await page.wait_for_selector(".wall canvas")
        assert "#" not in page.url
        assert key["key"] not in await page.content()
        assert key["key"] not in str(await page.evaluate("JSON.stringify(localStorage)"))
        await expect(page.locator(".wall .link")).to_contain_text("Live")

        await yard.carry_out("LT-0412")
        await expect(page.locator(".wcrit")).to_contain_text("Laptop LT-0412 left the building")
        assert await page.locator(":is(a, button, input, select):visible").count() == 0
        assert await visitor.smallest_text_px() >= SMALLEST_TEXT_PX

        await page.reload()
        await expect(page.locator(".wcrit"), "the cookie lets it in").to_contain_text("LT-0412")

        gone = await yard.admin.delete(f"/keys/{key['id']}")
        assert gone.status_code == 204, gone.text
        refused = page.get_by_text("This display is not let in.")
        await expect(refused).to_be_visible(timeout=DIES_WITHIN_MS)
        await expect(page.locator(".wall")).to_have_count(0)


async def test_a_wrong_key_lets_nobody_in_and_says_so(browser: Browser, yard: Depot) -> None:
    async with visiting(browser, yard.url, WALL) as visitor:
        await visitor.open("/wall#key=tw_wrong")
        await expect(visitor.page.get_by_text("This display is not let in.")).to_be_visible()
        assert "#" not in visitor.page.url
        assert not await visitor.barriers()
