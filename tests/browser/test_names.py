"""Names from outside are text on every page, however hostile they are."""

import pytest
from playwright.async_api import Browser

from tests.browser.chromium import visiting
from tests.browser.depot import PASSWORD, Depot

pytestmark = pytest.mark.timeout(180)

HOSTILE = (
    '<img src=x onerror="window.owned = 1">',
    "<script>window.owned = 1</script>",
    "'\"><svg/onload=window.owned=1>",
    "\u202egnp.exe\u202c turned about",
    "{{constructor.constructor('window.owned=1')()}}",
    "javascript:window.owned=1",
    "x" * 200,
)
PAGES = ("/live?view=table", "/live", "/find", "/stock", "/alerts", "/history", "/wall")


async def test_hostile_names_are_shown_as_text_and_run_nothing(
    browser: Browser, yard: Depot
) -> None:
    for number, name in enumerate(HOSTILE):
        changed = await yard.admin.patch(f"/assets/LT-04{11 + number}", json={"name": name})
        assert changed.status_code == 200, changed.text
    async with visiting(browser, yard.url) as visitor:
        await visitor.log_in("admin", PASSWORD)
        for path in (*PAGES, *(f"/asset?id=LT-04{11 + n}" for n in range(len(HOSTILE)))):
            await visitor.open(path)
            await visitor.settled()
            assert await visitor.page.evaluate("window.owned") is None, path
            assert await visitor.sideways() == 0, path
        await visitor.open("/find")
        await visitor.settled()
        shown = await visitor.page.inner_text("#main")
        assert HOSTILE[0] in shown
