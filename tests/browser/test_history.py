"""The past of a laptop, as a guard shows it: zoomed, panned, played, over floors, on a phone."""

import asyncio
import re
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, FloatRect, Locator, Page, Request, Route, expect

from tests.acceptance.running import Json, until
from tests.browser.chromium import PHONE, Size, Visitor, visiting
from tests.browser.depot import AT_HOME, PASSWORD, Depot

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

CARRIED: Final = "LT-0422"
OTHER: Final = "LT-0423"
HOUR: Final = timedelta(hours=1)
SMALL_PHONE: Final = Size("320", 320, 640, has_touch=True)
BANNER_PHONE: Final = Size("390", 390, 844, has_touch=True)
TIMES: Final = "\N{MULTIPLICATION SIGN}"
PAST: Final = "Showing the past, not now"
_LINK: Final = """() => {
  const host = document.querySelector(".plan-host");
  const { left, top, width, height } = host.getBoundingClientRect();
  for (let y = 4; y < height; y += 4) {
    for (let x = 4; x < width; x += 8) {
      const at = { clientX: left + x, clientY: top + y, bubbles: true };
      host.dispatchEvent(new PointerEvent("pointermove", at));
      if (host.classList.contains("leads")) return [at.clientX, at.clientY];
    }
  }
  return null;
}"""
_COLOURS: Final = """([from, to]) => {
  const canvas = document.querySelector(".tl-lanes canvas");
  const { width } = canvas;
  const y = Math.round(canvas.height / 2);
  const [left, wide] = [Math.round(width * from), Math.round(width * (to - from))];
  const { data } = canvas.getContext("2d").getImageData(left, y, wide, 1);
  let changes = 0;
  for (let at = 4; at < data.length; at += 4) changes += data[at] !== data[at - 4];
  return changes;
}"""


class Span(NamedTuple):
    """A part of the time line, in seconds since 1970, and the moment that is shown."""

    begin_s: float
    end_s: float
    at_s: float

    @property
    def length_s(self) -> float:
        return self.end_s - self.begin_s


def text_of(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def shown(page: Page) -> Span:
    """The part and the moment that the address says."""
    query = parse_qs(urlsplit(page.url).query)

    def moment(*names: str) -> float:
        text = next(query[name][0] for name in names if name in query)
        return datetime.fromisoformat(text).timestamp()

    return Span(moment("zoom_from", "from"), moment("zoom_to", "to"), moment("at"))


async def changed(page: Page, before: Span) -> Span:
    """What is shown once the address says something else, and goes on saying it."""

    async def look() -> Span | None:
        now = shown(page)
        await asyncio.sleep(0.6)  # The address is written twice a second.
        return now if now != before and now == shown(page) else None

    return await until(look, 10, "the address says another part")


def history(*assets: str, **more: str) -> str:
    return "/history?" + urlencode({"asset": ",".join(assets), **more})


def last_hour(**more: str) -> dict[str, str]:
    """A span of an hour that ends now, with its middle shown."""
    now = datetime.now(UTC)
    half = text_of(now - HOUR / 2)
    return {"from": text_of(now - HOUR), "to": text_of(now), "at": half, **more}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def alert(yard: Depot) -> AsyncGenerator[Json]:
    """The alert of a laptop that was carried from the first floor through the gate, and back."""
    await yard.carry_out(CARRIED)
    raised = await until(lambda: yard.alert_of(CARRIED), 20, "an exit is raised")
    yard.put(CARRIED, AT_HOME)
    await until(lambda: yard.is_in(CARRIED, "office"), 30, "it is back")
    yield raised


async def open_history(visitor: Visitor, path: str) -> FloatRect:
    """Log in there; where the lanes are."""
    await visitor.log_in("guard", PASSWORD, path)
    await visitor.settled()
    lanes = visitor.page.locator(".tl-lanes")
    await expect(visitor.page.locator(".hist-state")).to_have_count(0)
    box = await lanes.bounding_box()
    assert box is not None
    return box


def chosen(page: Page, name: str) -> Locator:
    """A choice of several, once it is the chosen one."""
    return page.get_by_role("button", name=name, exact=True, pressed=True)


async def test_opened_from_an_alert_the_part_lies_around_it(
    browser: Browser, yard: Depot, alert: Json
) -> None:
    async with visiting(browser, yard.url) as visitor:
        await open_history(visitor, f"/history?alert={alert['id']}")
        page = visitor.page
        await visitor.when("location.search.includes('zoom_from')")
        part, raised_s = shown(page), datetime.fromisoformat(alert["time"]).timestamp()
        assert part.begin_s < raised_s < part.end_s
        assert part.length_s <= 240
        assert part.at_s == pytest.approx(raised_s, abs=0.01)
        await expect(page.locator(".hist-events")).to_contain_text(f"{CARRIED} left the building")
        await expect(page.get_by_text(PAST)).to_be_visible()


async def test_the_wheel_zooms_where_it_points_a_drag_pans_and_a_press_shows_its_moment(
    browser: Browser, yard: Depot
) -> None:
    async with visiting(browser, yard.url) as visitor:
        lanes = await open_history(visitor, history(OTHER, **last_hour()))
        page, mouse = visitor.page, visitor.page.mouse
        whole = shown(page)
        x, y = lanes["x"] + lanes["width"] / 4, lanes["y"] + lanes["height"] / 2
        await mouse.move(x, y)
        await mouse.wheel(0, -900)
        near = await changed(page, whole)
        assert near.length_s < whole.length_s / 3
        pointed_s = whole.begin_s + whole.length_s / 4
        assert near.begin_s + near.length_s / 4 == pytest.approx(pointed_s, abs=20)

        await mouse.down()
        await mouse.move(x + lanes["width"] / 4, y, steps=5)
        await mouse.up()
        panned = await changed(page, near)
        assert panned.begin_s == pytest.approx(near.begin_s - near.length_s / 4, rel=0, abs=15)
        assert panned.at_s == near.at_s, "a drag shows no other moment"

        await mouse.click(x, y)
        pressed = await changed(page, panned)
        assert pressed.at_s == pytest.approx(panned.begin_s + panned.length_s / 4, abs=15)


async def test_keys_zoom_and_pan_as_well(browser: Browser, yard: Depot) -> None:
    async with visiting(browser, yard.url) as visitor:
        await open_history(visitor, history(OTHER, **last_hour()))
        page = visitor.page
        whole = shown(page)
        await page.keyboard.press("+")
        nearer = await changed(page, whole)
        assert nearer.length_s == pytest.approx(whole.length_s / 2, abs=1)
        await page.locator(".tl-lanes").press("Shift+ArrowLeft")
        moved = await changed(page, nearer)
        assert moved.begin_s == pytest.approx(nearer.begin_s - nearer.length_s / 10, abs=1)
        await page.keyboard.press("0")
        assert (await changed(page, moved)).length_s == pytest.approx(3600, abs=1)


async def test_two_fingers_zoom_and_move_and_show_no_other_moment(
    browser: Browser, yard: Depot
) -> None:
    async with visiting(browser, yard.url, PHONE) as visitor:
        lanes = await open_history(visitor, history(OTHER, **last_hour()))
        page = visitor.page
        whole = shown(page)
        touch = await page.context.new_cdp_session(page)
        middle, y = lanes["x"] + lanes["width"] / 2, lanes["y"] + lanes["height"] / 2

        async def put(kind: str, *apart: float) -> None:
            points = [{"x": middle + each, "y": y, "id": at} for at, each in enumerate(apart)]
            event = {"type": kind, "touchPoints": points}
            await touch.send("Input.dispatchTouchEvent", event)

        await put("touchStart", -20)
        await put("touchStart", -20, 20)
        for apart in (30, 40, 60, 80):
            await put("touchMove", -apart, apart)
        await put("touchEnd")
        near = await changed(page, whole)
        assert near.length_s == pytest.approx(whole.length_s / 4, rel=0.1)
        assert near.begin_s + near.length_s / 2 == pytest.approx(whole.at_s, abs=60)
        assert near.at_s == whole.at_s


class Held:
    """A page whose questions for the past get no answer; `ended` says how each was given up."""

    def __init__(self, page: Page) -> None:
        self.ended: list[str] = []
        self._page = page
        self._go_on = asyncio.Event()
        page.on("requestfailed", self._note)

    def _note(self, request: Request) -> None:
        if "/history" in request.url:
            self.ended.append(request.failure or "")

    async def hold(self) -> None:
        await self._page.route("**/api/v1/assets/*/history*", self._wait)

    async def _wait(self, route: Route) -> None:
        await self._go_on.wait()
        await route.continue_()

    async def let_go(self) -> None:
        self._go_on.set()
        await self._page.unroute_all(behavior="ignoreErrors")

    async def given_up(self, times: int) -> None:
        """Wait until so many were ended by the page itself."""

        async def look() -> bool:
            return self.ended == ["net::ERR_ABORTED"] * times

        await until(look, 5, f"{times} are given up")


async def test_what_is_not_wanted_any_more_is_not_read_on_and_a_slow_reading_can_be_stopped(
    browser: Browser, yard: Depot, alert: Json
) -> None:
    assert alert
    async with visiting(browser, yard.url) as visitor:
        page = visitor.page
        held = Held(page)
        state, events = page.locator(".hist-state"), page.locator(".hist-events")
        await visitor.log_in("guard", PASSWORD, history(CARRIED))
        await expect(events).to_contain_text(CARRIED)
        await held.hold()
        span = page.get_by_label("Span", exact=True)
        await span.select_option("hour")
        await expect(state).to_contain_text(f"Reading Laptop {CARRIED}")
        await span.select_option("day")
        await held.given_up(1)
        await page.get_by_role("button", name="Stop").click()
        await expect(state).to_contain_text("Stopped: 0 of 1")
        await held.given_up(2)
        await held.let_go()
        await page.get_by_role("button", name="Read the rest").click()
        await expect(state).to_have_count(0)
        await expect(events).to_contain_text("Entered lobby")


async def now_s(page: Page) -> int:
    """The moment that is shown, in seconds of the span."""
    return int(await page.locator(".tl-lanes").get_attribute("aria-valuenow") or 0)


async def play_a_while(visitor: Visitor, speed: int) -> tuple[int, float]:
    """Play at a speed for about a second; the seconds of the past, and of the clock, it took."""
    page = visitor.page
    await page.get_by_role("button", name=f"{speed}{TIMES}", exact=True).click()
    begin_s, began = await now_s(page), await page.evaluate("performance.now()")
    await page.get_by_role("button", name="Play", exact=True).click()
    goal_s = begin_s + max(2, speed)
    await visitor.when(f"document.querySelector('.tl-lanes').ariaValueNow >= {goal_s}", within_s=15)
    await page.get_by_role("button", name="Pause", exact=True).click()
    passed_s = await now_s(page) - begin_s
    return passed_s, (await page.evaluate("performance.now()") - began) / 1000


async def test_it_plays_at_each_speed(browser: Browser, yard: Depot) -> None:
    async with visiting(browser, yard.url) as visitor:
        await open_history(visitor, history(OTHER, **last_hour()))
        for speed in (1, 5, 20, 60):
            passed_s, took_s = await play_a_while(visitor, speed)
            assert passed_s <= speed * took_s + 1, f"{speed} is faster than it says"
            assert passed_s > speed * took_s / 10, f"{speed} is slower than it says"


async def test_keys_step_and_change_the_speed(browser: Browser, yard: Depot) -> None:
    async with visiting(browser, yard.url) as visitor:
        page = visitor.page
        await open_history(visitor, history(OTHER, **last_hour(speed="60")))
        before = await now_s(page)
        await page.keyboard.press(".")
        await visitor.when(f"document.querySelector('.tl-lanes').ariaValueNow > {before}")
        assert await now_s(page) - before == pytest.approx(18, abs=1), "half a percent of the part"
        await page.keyboard.press(",")
        await visitor.when(f"document.querySelector('.tl-lanes').ariaValueNow == {before}")
        await page.keyboard.press("<")
        await expect(chosen(page, f"20{TIMES}")).to_be_visible()
        await page.keyboard.press(">")
        await expect(chosen(page, f"60{TIMES}")).to_be_visible()


async def test_a_time_that_nobody_knows_is_hatched(browser: Browser, yard: Depot) -> None:
    async with visiting(browser, yard.url) as visitor:
        page = visitor.page
        known = (await yard.admin.get(f"/assets/{OTHER}/position")).json()["since"]
        begin = datetime.fromisoformat(known)
        times = {"from": begin - timedelta(seconds=9), "to": begin + timedelta(seconds=9)}
        span = {name: text_of(time) for name, time in times.items()}
        await open_history(visitor, history(OTHER, **span))
        unknown, known_zone = f"({_COLOURS})([0.05, 0.48])", f"({_COLOURS})([0.7, 0.88])"
        await visitor.when(f"{unknown} > 10 && 10 > {known_zone}")

        await page.goto(f"{yard.url}/asset?id={OTHER}")
        await expect(page.get_by_role("heading", name="known since")).to_be_visible()
        await expect(page.locator(".dwell")).to_contain_text("office")


async def test_the_way_leads_to_the_other_floor_where_it_left_this_one(
    browser: Browser, yard: Depot, alert: Json
) -> None:
    async with visiting(browser, yard.url) as visitor:
        page = visitor.page
        times = {"from": text_of(datetime.now(UTC) - HOUR), "floor": "ground"}
        await open_history(visitor, history(CARRIED, **times))
        link = page.locator(".hist-floors .btn", has_text="to first")
        await expect(link).to_have_text(re.compile(r"gate, to first, \d\d:\d\d"))
        await expect(page.get_by_role("region", name="Critical")).to_be_visible()
        await _press_link(visitor)
        await expect(chosen(page, "first")).to_be_visible()
        back = page.locator(".hist-floors .btn", has_text="office, from ground")
        await back.click()
        await expect(chosen(page, "ground")).to_be_visible()
    assert alert


async def _press_link(visitor: Visitor) -> None:
    """Press the tag that leads to the other floor, wherever it comes to lie."""
    page = visitor.page
    while True:
        await visitor.when(f"({_LINK})() !== null")
        if not (found := await page.evaluate(_LINK)):
            continue
        await page.mouse.move(*found)
        if await page.locator(".plan-host.leads").count():
            break
    await page.mouse.down()
    await page.mouse.up()


@pytest.mark.parametrize("size", [BANNER_PHONE, SMALL_PHONE], ids=["390", "320"])
async def test_on_a_phone_plan_and_lanes_stand_whole_under_a_banner(
    browser: Browser, yard: Depot, alert: Json, size: Size
) -> None:
    assert alert
    async with visiting(browser, yard.url, size) as visitor:
        page = visitor.page
        await visitor.log_in("guard", PASSWORD, history(CARRIED, OTHER))
        await visitor.settled()
        await expect(page.locator(".banner")).to_be_visible()
        await expect(page.get_by_text(PAST)).to_be_visible()
        assert await visitor.sideways() == 0
        plan = await page.locator(".hist-plan .map").bounding_box()
        assert plan is not None
        assert plan["height"] > 150
        if size is BANNER_PHONE:
            over, tabs = page.locator(".tl-over"), page.locator(".tabs")
            lanes_end = await over.bounding_box()
            tabs_begin = await tabs.bounding_box()
            assert lanes_end is not None
            assert tabs_begin is not None
            assert lanes_end["y"] + lanes_end["height"] <= tabs_begin["y"]
