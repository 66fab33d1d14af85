"""Names from outside are text on every page, however hostile they are."""

from typing import Final

import pytest
from playwright.async_api import Browser, expect

from tests.acceptance.running import until
from tests.browser.chromium import visiting
from tests.browser.depot import PASSWORD, Depot

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(150)]

HOSTILE: Final = (
    '<img src=x onerror="window.owned = 1">',
    "<script>window.owned = 1</script>",
    "'\"><svg/onload=window.owned=1>",
    "\u202egnp.exe\u202c turned about",
    "{{constructor.constructor('window.owned=1')()}}",
    "javascript:window.owned=1",
    "x" * 200,
)
LAPTOPS: Final = tuple(f"LT-04{11 + number}" for number in range(len(HOSTILE)))
OUT: Final = LAPTOPS[0]
PAGES: Final = (
    "/live",
    "/live?view=table",
    f"/live?asset={LAPTOPS[1]}",
    "/wall",
    "/alerts",
    "/find",
    f"/find?q={LAPTOPS[6]}",
    f"/history?asset={OUT}",
    "/stock",
    "/rules?view=deliveries",
    *(f"/asset?id={laptop}" for laptop in LAPTOPS),
)


async def test_hostile_names_are_shown_as_text_and_run_nothing(
    browser: Browser, yard: Depot
) -> None:
    for laptop, name in zip(LAPTOPS, HOSTILE, strict=True):
        body = {"name": name, "category": name[:64], "group": name[:64], "owner": name}
        changed = await yard.admin.patch(f"/assets/{laptop}", json=body)
        assert changed.status_code == 200, changed.text
    await yard.admin.patch(f"/assets/{OUT}", json={"category": "laptop"})
    await yard.carry_out(OUT)
    alert = await until(lambda: yard.alert_of(OUT), 20, "the exit is an alert")
    async with visiting(browser, yard.url) as visitor:
        await visitor.log_in("admin", PASSWORD)
        for path in (f"/live?alert={alert['id']}", f"/alerts?alert={alert['id']}", *PAGES):
            await visitor.open(path)
            await visitor.settled()
            assert await visitor.page.evaluate("window.owned") is None, path
            assert await visitor.sideways() == 0, path
        for path in ("/find", f"/alerts?alert={alert['id']}", "/wall", f"/asset?id={OUT}"):
            await visitor.open(path)
            await expect(visitor.page.locator("body"), path).to_contain_text(HOSTILE[0])
