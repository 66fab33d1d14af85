"""The zones' editor keeps what is drawn until it is saved or given up, and reads what is typed."""

import re
from collections.abc import AsyncGenerator
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Route, expect

from tests.browser.chromium import Visitor, visiting
from tests.browser.depot import PASSWORD, Depot

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

SETTINGS: Final = "**/api/v1/zones/hall/settings"
CORNERS: Final = ((10, 30), (20, 30), (20, 38))


@pytest_asyncio.fixture(loop_scope="module")
async def window(browser: Browser, yard: Depot) -> AsyncGenerator[Visitor]:
    """An administrator who looks at the zones of the ground floor."""
    async with visiting(browser, yard.url, reduced_motion="reduce") as visitor:
        await visitor.log_in("admin", PASSWORD, "/zones?floor=ground")
        await visitor.settled()
        yield visitor


def form(window: Visitor) -> Locator:
    return window.page.locator(".zone-form")


async def rename(window: Visitor, name: str) -> None:
    """Open the hall, and call it something else."""
    await window.page.locator(".zone-entry", has_text="hall").click()
    await form(window).get_by_label("Name", exact=True).fill(name)


async def add_corners(window: Visitor, *corners: tuple[float, float]) -> None:
    """Type them into the last row of the table."""
    fields = window.page.locator("#new-corner input")
    for x, y in corners:
        await fields.nth(0).fill(str(x))
        await fields.nth(1).fill(str(y))
        await fields.nth(1).press("Enter")


async def test_nobody_goes_back_out_of_unsaved_work_unasked(window: Visitor) -> None:
    page = window.page
    await rename(window, "great hall")
    await page.go_back()
    await page.get_by_role("button", name="Stay").click()
    await expect(form(window).get_by_label("Name", exact=True)).to_have_value("great hall")
    assert "zone=hall" in page.url
    await page.go_back()
    await page.get_by_role("button", name="Leave without saving").click()
    await expect(page.locator(".zone-entry", has_text="hall")).to_be_visible()


async def test_nobody_logs_out_of_unsaved_work_unasked(window: Visitor) -> None:
    page = window.page
    await rename(window, "great hall")
    for answer in ("Stay", "Leave without saving"):
        await page.locator(".top .who").click()
        await page.get_by_role("button", name="Log out").click()
        await page.get_by_role("button", name=answer).click()
    await expect(page.get_by_label("Login name")).to_be_visible()


async def test_who_is_put_out_while_drawing_comes_to_the_log_in(window: Visitor) -> None:
    await rename(window, "great hall")
    await window.page.context.clear_cookies()
    await expect(window.page.get_by_text("Your session has ended.")).to_be_visible()
    await expect(window.page.get_by_label("Login name")).to_be_visible()


async def test_the_way_back_leads_out_of_the_zones(window: Visitor) -> None:
    page = window.page
    await window.open("/readers")
    await page.locator("nav a[href='/stock']").first.click()
    await page.locator("nav a[href='/zones']").first.click()
    await expect(page.locator(".zone-entry").first).to_be_visible()
    for name in ("stock", "readers"):
        await page.go_back()
        await page.wait_for_url(f"**/{name}*")


async def test_a_new_zone_keeps_its_floor_when_it_is_loaded_again(window: Visitor) -> None:
    await window.open("/zones?floor=first&new=1")
    await expect(form(window).get_by_label("Floor", exact=True)).to_have_value("first")
    await window.page.reload()
    await expect(form(window).get_by_label("Floor", exact=True)).to_have_value("first")


async def test_what_was_said_of_another_outline_does_not_stay(window: Visitor) -> None:
    said = window.page.locator(".zone-verdict")
    await window.open("/zones?floor=ground&new=1")
    await form(window).get_by_label("Name", exact=True).fill("annex")
    await add_corners(window, *CORNERS)
    await expect(said).to_contain_text("no antenna hears this zone")
    await window.page.get_by_role("button", name="Remove corner 3").click()
    await expect(said).to_have_text("An outline needs at least 3 corners.")


async def test_a_zone_whose_entry_was_not_told_is_still_saved_as_itself(
    window: Visitor, yard: Depot
) -> None:
    async def refuse(route: Route) -> None:
        await route.fulfill(status=503, json={"detail": "The store is busy."})

    page = window.page
    await page.route(SETTINGS, refuse)
    await page.locator(".zone-entry", has_text="hall").click()
    await expect(page.locator(".zone-verdict")).to_contain_text("The store is busy.")
    await page.unroute(SETTINGS, refuse)
    await form(window).get_by_label("Role", exact=True).select_option("transit")
    await page.locator(".zones-bar").get_by_role("button", name="Save", exact=True).click()
    await expect(page.locator(".zones-bar")).to_contain_text(re.compile(r"Saved \d\d:\d\d"))
    assert (await yard.admin.get("/zones/hall/settings")).json()["role"] == "transit"


async def test_the_plan_is_that_of_the_floor_that_the_zone_is_on(window: Visitor) -> None:
    await window.open("/zones?floor=ground&new=1")
    for floor in ("first", "ground"):
        await form(window).get_by_label("Floor", exact=True).select_option(floor)
        surface = window.page.locator(".surface")
        await expect(surface).to_have_attribute("aria-label", f"Editor on the plan of {floor}")


async def test_what_names_a_zone_is_said_where_it_can_not_be_deleted(window: Visitor) -> None:
    page = window.page
    await page.locator(".zone-entry", has_text="lobby").click()
    await page.get_by_role("button", name="Delete zone…").click()
    await page.get_by_role("button", name="Delete", exact=True).click()
    for name in ("readers[gate-1]", "rules[laptops stay in]"):
        await expect(page.get_by_role("dialog")).to_contain_text(name)


async def test_a_floor_that_zones_stand_out_of_is_refused_with_their_names(window: Visitor) -> None:
    page = window.page
    await page.get_by_label("Width, m", exact=True).fill("20,5")
    await page.get_by_role("button", name="Save the size").click()
    await expect(page.locator(".floor-part [role=alert]")).to_contain_text("zones[hall]")
