"""Eight laptops leave at once: said once, sounded once, in rows that hold still, and counted."""

from typing import Final

import pytest
from playwright.async_api import Browser, expect

from tests.acceptance.running import items, until
from tests.browser.chromium import Size, chromium, visiting
from tests.browser.depot import INSIDE, OUTSIDE, PASSWORD, Depot
from tests.browser.test_guard import NOTE_TONES

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

BURST: Final = tuple(f"LT-04{number}" for number in range(10, 18))
LATER: Final = ("LT-0418", "LT-0419")
TONE_EVERY_S: Final = 5
SHOWN_OF_RULE: Final = 3
NOTE_SAID: Final = """() => {
  window.said = [];
  const note = () => {
    for (const region of document.querySelectorAll(".unseen [role=alert], .unseen [role=status]")) {
      const text = region.textContent.trim();
      if (text && said.at(-1) !== text && !said.includes(text)) said.push(text);
    }
  };
  new MutationObserver(note).observe(document.body, {
    childList: true, subtree: true, characterData: true,
  });
}"""
_TELL_RESUME = """
const { resume } = AudioContext.prototype;
AudioContext.prototype.resume = function () {
  console.debug("resume");
  return resume.call(this);
};
"""
_CUT_ROWS: Final = """() => {
  const column = document.querySelector(".wrong").getBoundingClientRect();
  const more = document.querySelector(".wmore:not(.is-none)");
  const end = more ? more.getBoundingClientRect().top : column.bottom;
  const rows = [...document.querySelectorAll(".wrong li.al")].filter((row) => row.offsetHeight);
  const told = rows.reduce((sum, row) => sum + Number(row.dataset.more ?? 1), 0);
  const cut = rows.filter((row) => row.getBoundingClientRect().bottom > end + 1).length;
  const rest = Number(more?.textContent.match(/[0-9]+/)?.[0] ?? 0);
  return { cut, all: told + rest + document.querySelectorAll(".wcrit").length, rows: rows.length };
}"""
_WALLS: Final = (
    Size("3840", 3840, 2160),
    Size("1920", 1920, 1080),
    Size("flat", 1920, 760),
    Size("upright", 1080, 1920),
)


async def carry_out(yard: Depot, laptops: tuple[str, ...]) -> None:
    """All of them through the gate together, once all are believed to be in the lobby."""
    for laptop in laptops:
        yard.put(laptop, INSIDE)

    async def are_in() -> bool:
        return all([await yard.is_in(each, "lobby") for each in laptops])

    await until(are_in, 30, "all laptops are in the lobby")
    for laptop in laptops:
        yard.put(laptop, OUTSIDE)


async def are_raised(yard: Depot, count: int) -> bool:
    return len(await items(yard.admin, "/alerts", state="active_unacknowledged")) >= count


async def test_eight_at_once_are_said_once_sound_once_and_are_folded(
    browser: Browser, yard: Depot
) -> None:
    async with visiting(browser, yard.url) as visitor:
        page = visitor.page
        await page.add_init_script(NOTE_TONES)
        await visitor.log_in("guard", PASSWORD, "/alerts")
        await visitor.settled()
        await page.evaluate(NOTE_SAID)
        await carry_out(yard, BURST)
        await visitor.when("tones.length > 0")
        await until(lambda: are_raised(yard, len(BURST)), 20, "all eight are alerts")
        await visitor.when("said.some((text) => text.includes('8 new alerts, 8 critical'))")
        said: list[str] = await page.evaluate("said")
        assert len([text for text in said if "left the building" in text]) <= 1, said
        tones: list[tuple[str, float]] = await page.evaluate("tones")
        early = [ms for _, ms in tones if ms < tones[0][1] + (TONE_EVERY_S - 1) * 1000]
        assert len(early) == 1, tones
        rows = page.locator("tr[data-alert]")
        await expect(page.locator("tr.fold")).to_contain_text(f"{len(BURST) - SHOWN_OF_RULE} more")
        assert await rows.count() == SHOWN_OF_RULE
        await visitor.open("/live")
        await expect(page.locator(".banner")).to_contain_text("1 of 8")


async def test_a_wall_shows_whole_rows_and_counts_the_others(browser: Browser, yard: Depot) -> None:
    await until(lambda: are_raised(yard, len(BURST)), 20, "all eight are alerts")
    made = await yard.admin.post("/keys", json={"name": "wall of the burst", "role": "viewer"})
    open_now = len(await items(yard.admin, "/alerts"))
    for size in _WALLS:
        async with visiting(browser, yard.url, size) as visitor:
            await visitor.open(f"/wall#key={made.json()['key']}")
            await expect(visitor.page.locator(".wcrit")).to_be_visible()
            await visitor.when(f"({_CUT_ROWS})().all === {open_now}")
            seen = await visitor.page.evaluate(_CUT_ROWS)
            assert seen["cut"] == 0, (size.name, seen)
            assert seen["rows"] > 0, (size.name, seen)
            await visitor.keep(f"wall burst {size.name}")


async def test_a_row_stays_under_the_pointer_while_others_come(
    browser: Browser, yard: Depot
) -> None:
    async with visiting(browser, yard.url) as visitor:
        page = visitor.page
        await visitor.log_in("guard", PASSWORD, "/alerts")
        await visitor.settled()
        row = page.locator("[data-alert]").nth(1)
        await row.hover()
        held = await row.get_attribute("data-alert")
        place = await row.bounding_box()
        await carry_out(yard, LATER)
        await expect(page.locator(".banner")).to_contain_text(f"of {len(BURST) + len(LATER)}")
        await expect(page.locator("[data-alert]").nth(1)).to_have_attribute("data-alert", str(held))
        assert await row.bounding_box() == place


async def test_where_sound_is_blocked_the_page_says_so_until_it_is_pressed(yard: Depot) -> None:
    async with (
        chromium("--autoplay-policy=document-user-activation-required") as strict,
        visiting(strict, yard.url) as visitor,
    ):
        page = visitor.page
        await visitor.log_in("guard", PASSWORD)
        await page.add_init_script(_TELL_RESUME)
        # What Playwright asks of a page counts as a press: it asks nothing before the page has.
        async with page.expect_console_message(lambda said: said.text == "resume"):
            await visitor.open("/live")
        blocked = page.get_by_role("button", name="Sound blocked, press to enable")
        await expect(blocked).to_be_visible()
        await blocked.click()
        await expect(blocked).to_have_count(0)
