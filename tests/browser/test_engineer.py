"""The morning of an engineer: a fresh gateway becomes a site, and every key is pressed by hand."""

import contextlib
import re
from collections.abc import AsyncGenerator
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, expect
from ruamel.yaml import YAML

from simulators.llrp_reader import LlrpReader
from tests.acceptance.running import Walk, playing, started
from tests.browser.chromium import Visitor, require_pages, visiting

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

PASSWORD: Final = "first coffee, then the zones"
TAG: Final = "3034257bf400b7800004cb2f"


async def type_into(visitor: Visitor, field: Locator, text: str) -> None:
    """Go to a field by Tab, and write over what stands in it."""
    await visitor.tab_to(field)
    await visitor.page.keyboard.press("Control+A")
    await visitor.page.keyboard.type(text)


async def press(visitor: Visitor, button: Locator) -> None:
    """Go to a button by Tab, and press it."""
    await expect(button).to_be_enabled()
    await visitor.tab_to(button)
    await visitor.page.keyboard.press("Enter")


async def draw_by_arrows(visitor: Visitor) -> None:
    """Ten metres by eight, from the middle of the floor."""
    keys = visitor.page.keyboard
    await visitor.tab_to(visitor.page.locator(".surface"))
    await keys.press("d")
    await keys.press("Enter")
    for arrow, steps in (("ArrowRight", 10), ("ArrowDown", 8), ("ArrowLeft", 10)):
        for _ in range(steps):
            await keys.press(f"Shift+{arrow}")
        await keys.press("Enter")
    said = visitor.page.locator(".unseen[role=status]").last
    await expect(said).to_contain_text("Corner 4")
    await keys.press("v")


def written_in(site: Path) -> dict[str, Any]:
    """What a site file says."""
    found: dict[str, Any] = YAML(typ="safe").load(site.read_text(encoding="utf-8"))
    return found


def zone_in(site: Path, name: str) -> dict[str, Any]:
    """A zone as the site file has it."""
    (zone,) = [each for each in written_in(site)["zones"] if each["name"] == name]
    return dict(zone)


class Bench:
    """A gateway that nobody has set up, and a reader that hears one tag."""

    def __init__(self, url: str, code: str, site: Path, reader: LlrpReader) -> None:
        self.url = url
        self.code = code
        self.site = site
        self.reader = reader


@pytest_asyncio.fixture(loop_scope="module")
async def bench(tmp_path: Path) -> AsyncGenerator[Bench]:
    require_pages()
    site, data = tmp_path / "site.yaml", tmp_path / "data"
    async with contextlib.AsyncExitStack() as stack:
        reader = await stack.enter_async_context(LlrpReader())
        walk = Walk({"gate-1": reader})
        walk.spots[TAG] = ("gate-1", 1)
        await stack.enter_async_context(playing(walk))
        arguments = ("run", site, "--new", "--data", data, "--listen", "127.0.0.1:0")
        command = await stack.enter_async_context(started(tmp_path / "log", *arguments))
        url = await command.hears(r"API on (http://\S+), data in ", within_s=30)
        code = await command.hears(r"\n  (\S+)   at http", within_s=30)
        yield Bench(url, code, site, reader)


async def test_an_engineer_sets_a_site_up_by_keyboard_alone(browser: Browser, bench: Bench) -> None:
    async with visiting(browser, bench.url) as visitor:
        await visitor.open("/")
        await _become_admin(visitor, bench.code)
        await _add_floor(visitor)
        await _draw_zone(visitor)
        await _add_reader(visitor, bench.reader.address)
        await _preview_and_save_rule(visitor)
        await press(visitor, visitor.page.get_by_role("button", name="To the live plan"))
        await visitor.page.wait_for_selector(".live canvas")

    hall = zone_in(bench.site, "hall")
    assert hall["floor"] == "ground"
    assert len(hall["polygon"]) == 4
    assert _area_m2(hall["polygon"]) == pytest.approx(80, abs=0.5)
    written = written_in(bench.site)
    assert [each["name"] for each in written["readers"]] == ["gate-1"]
    (rule,) = [each for each in written["rules"] if each["name"] == "laptops stay in"]
    assert rule["assets"] == {"category": "laptop"}


def _area_m2(polygon: list[list[float]]) -> float:
    ends = [*polygon[1:], polygon[0]]
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(polygon, ends, strict=True))) / 2


async def _become_admin(visitor: Visitor, code: str) -> None:
    page = visitor.page
    await page.wait_for_url("**/setup")
    await page.get_by_label("Set-up code").wait_for()
    assert not await visitor.barriers()
    await type_into(visitor, page.get_by_label("Set-up code"), code)
    for label, text in (("Your name", "Ada"), ("Login name", "ada"), ("Password", PASSWORD)):
        await type_into(visitor, page.get_by_label(label, exact=True), text)
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".wizard")


async def _add_floor(visitor: Visitor) -> None:
    page = visitor.page
    await page.wait_for_selector(".wizard")
    assert not await visitor.barriers()
    width = page.get_by_label("Width, m", exact=True)
    await type_into(visitor, width, "-60")
    await expect(width).to_have_accessible_description(re.compile("More than 0"))
    for label, text in (("Name", "ground"), ("Width, m", "60"), ("Depth, m", "40")):
        await type_into(visitor, page.get_by_label(label, exact=True), text)
    await press(visitor, page.get_by_role("button", name="Add floor"))
    await expect(page.get_by_text("There: ground (60")).to_be_visible()
    await press(visitor, page.get_by_role("button", name="Next", exact=True))


async def _draw_zone(visitor: Visitor) -> None:
    page = visitor.page
    await page.locator(".surface").wait_for()
    await expect(page.get_by_role("button", name="Save the zone")).to_be_visible()
    await visitor.settled()
    assert not await visitor.barriers()
    await type_into(visitor, page.get_by_label("Name", exact=True), "hall")
    save = page.get_by_role("button", name="Save the zone")
    await expect(save).to_be_disabled()
    await draw_by_arrows(visitor)
    await visitor.tab_to(save, most=20)  # Past the corners, not once around the page.
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Zone hall is saved.")).to_be_visible()
    await press(visitor, page.get_by_role("button", name="Next", exact=True))


async def _add_reader(visitor: Visitor, address: str) -> None:
    page = visitor.page
    await page.get_by_role("radio", name="LLRP reader").wait_for()
    assert not await visitor.barriers()
    await type_into(visitor, page.get_by_label("Name", exact=True), "gate-1")
    await type_into(visitor, page.get_by_label("Address", exact=True), address)
    await press(visitor, page.get_by_role("button", name="Add reader"))
    await expect(page.locator(".health[data-state=online]")).to_contain_text("gate-1")
    await expect(page.locator(".health")).to_contain_text("It is heard.")
    assert not await visitor.barriers()
    await press(visitor, page.get_by_role("button", name="Next", exact=True))


async def _preview_and_save_rule(visitor: Visitor) -> None:
    page = visitor.page
    await page.get_by_label("Which category of assets").wait_for()
    await visitor.settled()
    assert not await visitor.barriers()
    await type_into(visitor, page.get_by_label("Name", exact=True), "laptops stay in")
    await type_into(visitor, page.get_by_label("Which category of assets"), "laptop")
    await press(visitor, page.get_by_role("button", name="Preview with the last 24 h"))
    await expect(page.locator(".preview-card .preview-figures")).to_contain_text("was")
    await press(visitor, page.get_by_role("button", name="Save the rule"))
    await expect(page.get_by_text("Rule laptops stay in is in force.")).to_be_visible()
    await press(visitor, page.get_by_role("button", name="Next", exact=True))


async def test_a_step_of_the_set_up_lasts_until_it_is_left(browser: Browser, bench: Bench) -> None:
    async with visiting(browser, bench.url) as visitor, visiting(browser, bench.url) as other:
        page = visitor.page
        for each in (visitor, other):
            await each.open("/")
            await each.page.get_by_label("Set-up code").wait_for()
        await _become_admin(visitor, bench.code)
        await _ask_with(other, bench.code)
        await expect(other.page.get_by_text("This gateway has been set up.")).to_be_visible()

        await visitor.open("/setup")
        await _add_floor(visitor)
        await visitor.open("/setup?step=zone")
        await visitor.settled()
        await type_into(visitor, page.get_by_label("Name", exact=True), "hall")
        await draw_by_arrows(visitor)
        await page.get_by_role("button", name="Skip").click()
        await page.get_by_role("button", name="Stay").click()
        await expect(page.locator(".corners tbody tr")).to_have_count(5)
        await _change_site_zone(visitor)
        await page.get_by_role("button", name="Save the zone").click()
        await expect(page.get_by_role("dialog")).to_contain_text("Somebody else has changed")
        await page.get_by_role("button", name="Save mine over it").click()
        await expect(page.get_by_role("button", name="Next", exact=True)).to_be_visible()
    assert zone_in(bench.site, "hall")["role"] == "transit"


async def _ask_with(visitor: Visitor, code: str) -> None:
    """Ask for an administrator by a code that somebody else has used."""
    page = visitor.page
    fields = {"Set-up code": code, "Your name": "Late", "Login name": "late", "Password": PASSWORD}
    for label, text in fields.items():
        await page.get_by_label(label, exact=True).fill(text)
    await page.get_by_role("button", name="Make administrator").click()


async def _change_site_zone(visitor: Visitor) -> None:
    """Somebody else makes another role of the zone that is being drawn."""
    status = await visitor.page.evaluate("""async () => {
      const { csrf } = await (await fetch("/api/v1/me")).json();
      const was = await fetch("/api/v1/zones/site/settings");
      const headers = { "if-match": was.headers.get("etag"), "x-csrf-token": csrf };
      headers["content-type"] = "application/json";
      const body = JSON.stringify({ ...(await was.json()), role: "transit" });
      return (await fetch("/api/v1/zones/site", { method: "PUT", headers, body })).status;
    }""")
    assert status == 200


async def test_who_has_no_reader_at_hand_simulates_one(browser: Browser, bench: Bench) -> None:
    async with visiting(browser, bench.url) as visitor:
        page = visitor.page
        await visitor.open("/")
        await _become_admin(visitor, bench.code)
        await _add_floor(visitor)
        await visitor.open("/setup?step=reader")
        await page.get_by_role("radio", name="No reader yet").check()
        await page.get_by_label("Name", exact=True).fill("made-up")
        await page.get_by_role("button", name="Add reader").click()
        await page.get_by_role("button", name="Simulate five assets").click()
        await expect(page.locator(".health[data-state=online]")).to_contain_text("made-up")
        assert not await visitor.barriers()
        await page.get_by_role("button", name="Next", exact=True).click()
        await page.get_by_role("button", name="Skip").click()
        await page.get_by_role("link", name="To the live plan").click()
        await expect(page.locator(".strip")).to_contain_text("5 assets")
        await page.go_back()
        await page.get_by_role("link", name="Readers").click()
        await page.get_by_role("button", name="End it and remove them").click()
        await expect(page.get_by_role("button", name="Simulate five assets")).to_be_visible()
        assert await page.evaluate(_SIMULATED_ASSET) == HTTPStatus.NOT_FOUND


_SIMULATED_ASSET = "async () => (await fetch('/api/v1/assets/simulated-1')).status"
