"""Who may less sees less: no page asks what is refused, and what is not theirs is said."""

from typing import Final

import pytest
from playwright.async_api import Browser, Response, Route, expect

from tests.browser.chromium import Visitor, visiting
from tests.browser.depot import PASSWORD, Depot, let_in

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

PAGES: Final = (
    "/live",
    "/live?view=table",
    "/alerts",
    "/asset?id=LT-0410",
    "/find",
    "/history",
    "/stock",
    "/readers?reader=gate-1",
    "/quality",
    "/zones?floor=ground&zone=hall",
    "/zones?new=1",
    "/rules",
    "/rules?view=channels",
    "/rules?view=deliveries",
    "/system",
    "/system?view=people",
)
SAID: Final = {
    "/zones?floor=ground&zone=hall": "your role may not change them",
    "/rules": "your role may not change them",
    "/system": "Administrators find people",
    "/setup": "needs the role admin",
}


@pytest.mark.parametrize("role", ["viewer", "operator"])
async def test_no_page_asks_what_the_role_is_refused(
    browser: Browser, yard: Depot, role: str
) -> None:
    await let_in(yard.admin, role)
    async with visiting(browser, yard.url, reduced_motion="reduce") as visitor:
        await visitor.log_in(role, PASSWORD)
        refused: list[str] = []

        def note(answer: Response) -> None:
            if answer.status in {401, 403}:
                refused.append(f"{answer.request.method} {answer.url}")

        visitor.page.on("response", note)
        for path in PAGES:
            await visitor.open(path)
            await visitor.settled()
        assert not refused, "\n".join(refused)
        for path, said in SAID.items():
            await visitor.open(path)
            await expect(visitor.page.locator("#main")).to_contain_text(said)


async def test_who_sees_a_part_of_the_site_has_its_plan(browser: Browser, yard: Depot) -> None:
    await let_in(yard.admin, "guard", "gatekeeper", ["lobby", "gate"])
    async with visiting(browser, yard.url, reduced_motion="reduce") as visitor:
        await visitor.log_in("gatekeeper", PASSWORD)
        page = visitor.page
        await expect(page.locator(".map canvas").first).to_be_visible()
        await expect(page.locator(".map")).not_to_contain_text("Not loaded")
        await visitor.open("/zones")
        await expect(page.locator(".zone-entry")).to_have_text(["lobbyStorage", "gateExit"])
        await visitor.open("/rules")
        await expect(page.locator("#main")).to_contain_text("limited to a part of the site")


@pytest.mark.parametrize(
    ("login", "path", "said"),
    [
        ("guard", "/live", "There is no plan yet."),
        ("admin", "/live", "Draw zones"),
        ("admin", "/zones", "Add one to draw"),
    ],
)
async def test_where_no_floor_is_the_way_on_is_for_who_can_go_it(
    browser: Browser, yard: Depot, login: str, path: str, said: str
) -> None:
    async def none(route: Route) -> None:
        await route.fulfill(json={"items": []})

    async with visiting(browser, yard.url, reduced_motion="reduce") as visitor:
        for part in ("floors", "zones"):
            await visitor.page.route(f"**/api/v1/{part}?*", none)
        await visitor.log_in(login, PASSWORD, path)
        plan = visitor.page.locator(".map .plan")
        await expect(plan).to_contain_text(said)
        await expect(plan.get_by_role("link")).to_have_count(int(said == "Draw zones"))


async def test_who_is_in_does_not_come_back_to_the_log_in(browser: Browser, yard: Depot) -> None:
    async with visiting(browser, yard.url, reduced_motion="reduce") as visitor:
        page = visitor.page
        await visitor.log_in("guard", PASSWORD, "/readers")
        await page.wait_for_url("**/readers")
        await _press_rail(visitor, "stock")
        await page.go_back()
        await page.wait_for_url("**/readers")
        await page.go_back()
        assert page.url == "about:blank"
        await visitor.open("/login")
        await page.wait_for_url("**/live*")


async def _press_rail(visitor: Visitor, name: str) -> None:
    await visitor.page.locator(f"nav a[href='/{name}']").first.click()
    await visitor.page.wait_for_url(f"**/{name}*")
