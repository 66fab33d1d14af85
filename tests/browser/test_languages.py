"""Two languages from one catalogue, and times in the zone of the site wherever the browser is."""

import re
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Browser, expect

from tests.acceptance.running import until
from tests.browser.chromium import ROOT, visiting
from tests.browser.depot import PASSWORD, Depot

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

WORDS: Final = ROOT / "dashboard" / "src" / "words"
PAGES: Final = (
    "/live",
    "/live?view=table",
    "/wall",
    "/alerts",
    "/asset?id=LT-0417",
    "/find",
    "/history?asset=LT-0417",
    "/stock",
    "/readers",
    "/zones?floor=ground&zone=hall",
    "/rules",
    "/rules?view=channels",
    "/quality",
    "/system",
    "/setup?step=rule",
)
SITE_ZONE: Final = ZoneInfo("Europe/Berlin")
_TEXTS: Final = """() => {
  const texts = new Set();
  const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (nodes.nextNode()) texts.add(nodes.currentNode.data.trim());
  for (const each of document.querySelectorAll("[aria-label], [title], [placeholder]"))
    for (const name of ["aria-label", "title", "placeholder"])
      texts.add(each.getAttribute(name)?.trim() ?? "");
  return [...texts];
}"""


def texts_of(language: str) -> set[str]:
    """All plain texts of a language's catalogue."""
    files = sorted((WORDS / language).glob("*.ts"))
    found = (re.findall(r'"((?:[^"\\]|\\.)*)"', path.read_text(encoding="utf-8")) for path in files)
    return {text for texts in found for text in texts}


def english_alone() -> set[str]:
    """Texts that only the English catalogue has, and that no site uses for its own names."""
    alone = texts_of("en") - texts_of("de")
    return {text for text in alone if re.search(r"[a-z]{3}", text)} - {"guard", "first", "ground"}


async def test_german_pages_have_no_english_words(browser: Browser, yard: Depot) -> None:
    english = english_alone()
    assert len(english) > 300
    await yard.carry_out("LT-0417")
    await until(lambda: yard.alert_of("LT-0417"), 20, "the exit is an alert")
    found: list[str] = []
    async with visiting(browser, yard.url, locale="de-DE") as visitor:
        await visitor.open("/live")
        await visitor.page.get_by_label("Anmeldename").fill("admin")
        await visitor.page.get_by_label("Passwort", exact=True).fill(PASSWORD)
        await visitor.page.get_by_role("button", name="Anmelden").click()
        await visitor.page.wait_for_selector(".app")
        for path in PAGES:
            await visitor.open(path)
            await visitor.settled()
            assert await visitor.page.evaluate("document.documentElement.lang") == "de"
            shown = set(await visitor.page.evaluate(_TEXTS))
            found += [f"{path}: {text}" for text in sorted(shown & english)]
    assert not found, "\n".join(found)


async def test_times_are_in_the_zone_of_the_site_wherever_the_browser_is(
    browser: Browser, yard: Depot
) -> None:
    async with visiting(browser, yard.url, timezone_id="America/New_York") as visitor:
        page = visitor.page
        await visitor.log_in("guard", PASSWORD)
        await visitor.settled()
        shown = await page.locator(".top .clock b").inner_text()
        now = datetime.now(SITE_ZONE)
        near = {(now + timedelta(seconds=s)).strftime("%H:%M:%S") for s in range(-5, 6)}
        assert shown in near
        await expect(page.locator(".top .clock")).to_contain_text(re.compile("CES?T"))

        await yard.carry_out("LT-0418")
        alert = await until(lambda: yard.alert_of("LT-0418"), 20, "the exit is an alert")
        raised = datetime.fromisoformat(alert["raised_at"]).astimezone(SITE_ZONE)
        await visitor.open(f"/alerts?alert={alert['id']}")
        await expect(page.locator(".evhead")).to_contain_text(raised.strftime("%H:%M:%S"))
