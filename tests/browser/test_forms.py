"""The forms of rules, channels and readers: refused at the field, saved, and then there."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

import pytest
from playwright.async_api import Browser, Locator, Route, expect

from simulators.llrp_reader import LlrpReader
from tests.browser.chromium import DESKTOP, PHONE, WALL, Size, Visitor, visiting
from tests.browser.depot import PASSWORD, Depot

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

FORMS: Final = {
    "/rules?edit=laptops%20stay%20in": "Name",
    "/rules?add=1": "Kind",
    "/rules?view=channels&add=1": "Kind",
    "/readers?add=1": "Driver",
}


@asynccontextmanager
async def form(
    browser: Browser, yard: Depot, path: str, size: Size = DESKTOP
) -> AsyncGenerator[tuple[Visitor, Locator]]:
    """An administrator before an open form."""
    async with visiting(browser, yard.url, size, reduced_motion="reduce") as visitor:
        await visitor.log_in("admin", PASSWORD, path)
        dialog = visitor.page.get_by_role("dialog")
        await dialog.get_by_role("button", name="Save").wait_for()
        yield visitor, dialog


async def save(dialog: Locator) -> None:
    await dialog.get_by_role("button", name="Save").click()


async def expect_said(field: Locator, text: str) -> None:
    """That it is marked as wrong, and described by what is wrong."""
    await expect(field).to_have_attribute("aria-invalid", "true")
    await expect(field).to_have_accessible_description(re.compile(re.escape(text)))
    await expect(field).to_be_in_viewport()


@pytest.mark.parametrize("size", [PHONE, DESKTOP, WALL], ids=lambda size: size.name)
@pytest.mark.parametrize("path", FORMS)
async def test_everybody_can_use_the_form(
    browser: Browser, yard: Depot, path: str, size: Size
) -> None:
    async with form(browser, yard, path, size) as (visitor, dialog):
        await dialog.locator("summary").click()
        found: list[str] = []
        for theme in ("dark", "light"):
            await visitor.wear(theme)
            await visitor.keep(f"form {path} {size.name} {theme}")
            found += [f"{theme}: {each}" for each in await visitor.barriers()]
        assert not found, "\n".join(found)
        assert not await visitor.sideways()


@pytest.mark.parametrize(("path", "first"), FORMS.items())
async def test_a_form_begins_at_its_first_field(
    browser: Browser, yard: Depot, path: str, first: str
) -> None:
    async with form(browser, yard, path) as (_, dialog):
        await expect(dialog.get_by_label(first, exact=True)).to_be_focused()


async def test_a_rule_is_refused_at_its_fields_and_then_in_force(
    browser: Browser, yard: Depot
) -> None:
    async with form(browser, yard, "/rules?add=1") as (visitor, dialog):
        name = dialog.get_by_label("Name", exact=True)
        await save(dialog)
        await expect_said(name, "must be text, and not empty")
        await name.fill("nothing lies in the lobby")
        await save(dialog)
        await expect(dialog.get_by_role("group", name="They belong in")).to_contain_text("missing")
        await expect(dialog.get_by_label("hall", exact=True)).to_be_focused()
        await dialog.get_by_label("Kind", exact=True).select_option("dwell")
        await dialog.get_by_role("group", name="Zones").get_by_label("lobby").check()
        await dialog.get_by_label("Longer than, s").fill("long")
        await dialog.locator("summary").click()
        await dialog.get_by_label("Over after, s").click()
        await visitor.page.keyboard.type("2.5")
        await save(dialog)
        await expect_said(dialog.get_by_label("Longer than, s"), "must be a number")
        await dialog.get_by_label("Longer than, s").fill("90")
        await dialog.get_by_role("button", name="Check").click()
        await expect(dialog.locator(".diff")).to_contain_text("nothing lies in the lobby")
        await save(dialog)
        await expect(dialog).to_have_count(0)
        await expect(visitor.page.get_by_text("nothing lies in the lobby")).to_be_visible()

    written = (await yard.admin.get("/rules/nothing lies in the lobby/settings")).json()
    assert written["zones"] == ["lobby"]
    assert (written["longer_than_s"], written["clear_confirm_s"]) == (90, 2.5)


async def test_a_channel_is_refused_at_its_fields_and_then_tried(
    browser: Browser, yard: Depot
) -> None:
    async with form(browser, yard, "/rules?view=channels&add=1") as (visitor, dialog):
        await dialog.get_by_label("Name", exact=True).fill("night log")
        await dialog.get_by_label("Address", exact=True).fill("guards")
        await save(dialog)
        address = dialog.get_by_label("Address", exact=True)
        await expect_said(address, "must start with https:// or http:// and name a host")
        await dialog.get_by_label("Kind", exact=True).select_option("log")
        await save(dialog)
        await expect(dialog).to_have_count(0)
        row = visitor.page.get_by_role("row", name="night log")
        await row.get_by_role("button", name="Test send").click()
        await expect(row.get_by_role("button", name="Test sent")).to_be_visible()
        await visitor.page.get_by_role("button", name="Delivery log").click()
        await expect(visitor.page.get_by_role("row", name="night log")).to_contain_text("taken")


async def test_a_reader_is_refused_at_its_fields_and_then_reads(
    browser: Browser, yard: Depot
) -> None:
    async with LlrpReader() as reader, form(browser, yard, "/readers?add=1") as (visitor, dialog):
        await expect(dialog.get_by_label("Zone", exact=True)).to_have_value("hall")
        await dialog.get_by_label("Name", exact=True).fill("dock-1")
        await dialog.get_by_label("Address", exact=True).fill("two words")
        await dialog.get_by_role("button", name="Add", exact=True).click()
        antenna = dialog.get_by_role("group", name="1", exact=True)
        await antenna.get_by_label("Zone", exact=True).select_option("office")
        place = antenna.get_by_label("At")
        await place.click()
        await visitor.page.keyboard.type("-5, here")
        await save(dialog)
        await expect_said(dialog.get_by_label("Address", exact=True), "must be host")
        await expect(place).to_have_attribute("aria-invalid", "true")
        await place.fill("5, 5")
        await dialog.get_by_label("Address", exact=True).fill(reader.address)
        await save(dialog)
        await expect(dialog).to_have_count(0)
        await expect(visitor.page.get_by_role("row", name="dock-1")).to_contain_text("Reading")


async def test_a_login_name_is_refused_at_its_field(browser: Browser, yard: Depot) -> None:
    async with visiting(browser, yard.url) as visitor:
        await visitor.log_in("admin", PASSWORD, "/system?view=people")
        await visitor.page.get_by_role("button", name="Add somebody").click()
        dialog = visitor.page.get_by_role("dialog")
        login = dialog.get_by_label("Login name")
        await expect(login).to_be_focused()
        await login.fill("night shift")
        await dialog.get_by_label("Name", exact=True).fill("Night shift")
        await dialog.get_by_role("button", name="Add somebody").click()
        await expect_said(login, "must be 1 to 64 of")


async def test_what_is_taken_is_said_and_nothing_typed_is_lost(
    browser: Browser, yard: Depot
) -> None:
    async with form(browser, yard, "/readers?add=1") as (_, dialog):
        await dialog.get_by_label("Name", exact=True).fill("hall-1")
        await dialog.get_by_label("Address", exact=True).fill("10.0.0.21")
        await save(dialog)
        await expect(dialog.get_by_role("alert")).to_contain_text("hall-1")
        await expect(dialog.get_by_label("Address", exact=True)).to_have_value("10.0.0.21")


async def test_two_people_can_change_a_rule_and_neither_overwrites_the_other(
    browser: Browser, yard: Depot
) -> None:
    path = "/rules/laptops stay in"
    async with form(browser, yard, "/rules?edit=laptops%20stay%20in") as (_, dialog):
        await dialog.get_by_label("How urgent").select_option("warning")
        read = {"If-Match": (await yard.admin.get(path)).headers["ETag"]}
        answer = await yard.admin.patch(path, json={"confirm_s": 1}, headers=read)
        assert answer.status_code == 200, answer.text
        await save(dialog)
        await expect(dialog.get_by_role("alert")).to_contain_text("Somebody else")
        await expect(dialog.get_by_label("Believed after, s")).to_have_value("1")
        await expect(dialog.get_by_label("How urgent")).to_have_value("warning")
        await save(dialog)
        await expect(dialog).to_have_count(0)

    written = (await yard.admin.get(f"{path}/settings")).json()
    assert (written["severity"], written["confirm_s"]) == ("warning", 1)


async def test_a_link_lost_while_saving_is_said_and_it_is_saved_later(
    browser: Browser, yard: Depot
) -> None:
    async def lose(route: Route) -> None:
        await route.abort("connectionreset")

    async with form(browser, yard, "/rules?view=channels&add=1") as (visitor, dialog):
        visitor.may_lose_the_gateway = True
        await dialog.get_by_label("Name", exact=True).fill("later")
        await dialog.get_by_label("Kind", exact=True).select_option("log")
        await visitor.page.route("**/api/v1/channels", lose)
        await save(dialog)
        await expect(dialog.get_by_role("alert")).to_be_visible()
        await expect(dialog.get_by_label("Name", exact=True)).to_have_value("later")
        await visitor.page.unroute("**/api/v1/channels", lose)
        await save(dialog)
        await expect(dialog).to_have_count(0)
        await expect(visitor.page.get_by_role("row", name="later")).to_be_visible()
