"""What an asset measured, and what stock of the past is honest about."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from playwright.async_api import Browser, expect

from tests.acceptance.running import until
from tests.browser.chromium import visiting
from tests.browser.depot import PASSWORD, Depot

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(90)]

LOGGED: Final = "LT-0423"


def iso(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")


async def test_what_an_asset_measured_is_a_line_in_both_themes(
    browser: Browser, yard: Depot
) -> None:
    await feed_sensor(yard)
    async with visiting(browser, yard.url) as visitor:
        page = visitor.page
        await visitor.log_in("guard", PASSWORD, f"/asset?id={LOGGED}")
        await visitor.settled()
        plot = page.get_by_role("img", name=re.compile(r"temperature, 4 to 6.5 °C"))
        await expect(plot.locator("canvas")).to_be_visible()
        await expect(page.locator("#main")).to_contain_text("temperature 6.5 °C")
        for theme in ("dark", "light"):
            await visitor.wear(theme)
            await visitor.when("document.getAnimations().length === 0")
            assert await visitor.barriers() == []


async def feed_sensor(yard: Depot) -> None:
    """A tag that measures: what it says is pushed, and becomes the sensor of its name."""
    entry = {
        "name": "loggers",
        "driver": "http",
        "format": "generic",
        "tag": "/tag",
        "time": "/time",
        "measurements": {"temperature": {"pointer": "/c", "unit": "°C"}},
    }
    made = await yard.admin.post("/readers", json=entry)
    assert made.status_code == 201, made.text
    tag = (await yard.admin.get(f"/assets/{LOGGED}")).json()["tags"][0]
    now = datetime.now(UTC)
    for number in range(6):
        time = iso(now - timedelta(minutes=6 - number))
        said = {"tag": tag, "time": time, "c": 4 + number / 2}
        answer = await yard.admin.post("/ingest/loggers", json=said)
        assert answer.status_code == 200, answer.text

    async def measured() -> bool:
        return bool((await yard.admin.get("/sensors")).json()["items"])

    await until(measured, 10, "the sensor is there")


async def test_stock_of_the_past_says_what_is_not_kept(browser: Browser, yard: Depot) -> None:
    async with visiting(browser, yard.url) as visitor:
        page = visitor.page
        moment = iso(datetime.now(UTC))
        await visitor.log_in("guard", PASSWORD, f"/stock?as_of={moment}")
        await visitor.settled()
        await expect(page.locator("#main")).to_contain_text(
            "How old each read was then is not kept"
        )
        heads = page.locator("#main table").first.locator("th")
        await expect(heads.filter(has_text="Readers could not hear")).to_have_count(1)
        await expect(heads.filter(has_text="Confirmed")).to_have_count(0)
        await expect(heads.filter(has_text="Oldest read")).to_have_count(0)
