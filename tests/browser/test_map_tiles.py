"""The map under a floor out of doors: a real server of tiles, drawn where things are."""

import io
from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import asinh, cos, pi, radians, tan
from threading import Thread
from typing import Final

import pytest
import pytest_asyncio
from PIL import Image, ImageDraw
from playwright.async_api import Browser, expect

from tests.acceptance.running import Json, until
from tests.browser.chromium import Visitor, visiting
from tests.browser.depot import PASSWORD, Depot
from zones.georeference import Georeference
from zones.position_settings import OriginSettings

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(90)]

ORIGIN: Final = OriginSettings(lat=52.5163, lon=13.3777, bearing_deg=30)
CREDIT: Final = "© <img src=x onerror=alert(1)> Test map"
MIDDLE: Final = (30.0, 20.0)
"""Of the floor, and so of the view."""
DISCS: Final = ((20.0, 35.0), (46.0, 35.0), (46.0, 4.0))
RADIUS_M: Final = 1.5
EQUATOR_M: Final = 40_075_016.7
BRIGHT: Final = 90
"""Grey of a disc in the dark, where black is drawn white and half of it is seen."""


def tile(z: int, x: int, y: int) -> bytes:
    """White, with a black disc at each of the places that are in it."""
    picture = Image.new("RGB", (256, 256), "white")
    pen = ImageDraw.Draw(picture)
    ground = Georeference(ORIGIN)
    for place in DISCS:
        lat, lon = ground.to_degrees(*place)
        down = (1 - asinh(tan(radians(lat))) / pi) / 2
        middle = ((lon + 180) / 360 * 2**z - x) * 256, (down * 2**z - y) * 256
        pen.circle(middle, RADIUS_M * 2**z * 256 / (EQUATOR_M * cos(radians(lat))), "black")
    packed = io.BytesIO()
    picture.save(packed, "PNG")
    return packed.getvalue()


class _Tiles(BaseHTTPRequestHandler):
    asked: Final[list[str]] = []
    referrers: Final[set[str | None]] = set()

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.referrers.add(self.headers["referer"])
        z, x, y = (int(part) for part in self.path.removesuffix(".png").split("/")[1:])
        body = tile(z, x, y)
        self.send_response(200)
        self.send_header("content-type", "image/png")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- as the library names it
        """Say nothing."""


@contextmanager
def tile_server() -> Generator[str]:
    """The host of a server of tiles."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Tiles)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def window(browser: Browser, yard: Depot) -> AsyncGenerator[Visitor]:
    async with visiting(browser, yard.url, reduced_motion="reduce") as visitor:
        await visitor.log_in("admin", PASSWORD)
        yield visitor


async def lay_map(yard: Depot, host: str) -> Json:
    """Write the map into the site file of the gateway at work; the ground floor as told then."""
    text = yard.site.read_text(encoding="utf-8")
    where = f"origin: {{lat: {ORIGIN.lat}, lon: {ORIGIN.lon}, bearing_deg: {ORIGIN.bearing_deg}}}"
    text = text.replace("timezone: Europe/Berlin}", f"timezone: Europe/Berlin, {where}}}")
    url = f"http://{host}/{{z}}/{{x}}/{{y}}.png"
    tiles = f'tiles: {{url: "{url}", attribution: "{CREDIT}", max_zoom: 22}}'
    floor = "name: ground, size_m: [60, 40]"
    yard.site.write_text(text.replace(floor, f"{floor}, {tiles}"), encoding="utf-8")

    async def told() -> Json | None:
        floor: Json = (await yard.admin.get("/floors/ground")).json()
        return floor if floor["map"] else None

    return await until(told, 20, "the floor has a map")


def scale_that_fits(view: Image.Image) -> float | None:
    """Pixels a metre at which the discs are where they ought to be; None where they are not."""
    for tenths in range(50, 300):
        if all(_is_disc(view, place, tenths / 10) for place in DISCS):
            return tenths / 10
    return None


def _is_disc(view: Image.Image, place: tuple[float, float], scale: float) -> bool:
    """Whether it is bright in the middle and dark all around."""

    def grey(dx_m: float, dy_m: float) -> int:
        x = view.width / 2 + (place[0] + dx_m - MIDDLE[0]) * scale
        y = view.height / 2 - (place[1] + dy_m - MIDDLE[1]) * scale
        inside = 0 <= x < view.width and 0 <= y < view.height
        found = view.getpixel((int(x), int(y))) if inside else 0
        assert isinstance(found, int)
        return found

    away = 1.4 * RADIUS_M
    around = [(away, 0.0), (-away, 0.0), (0.0, away), (0.0, -away)]
    return grey(0, 0) > BRIGHT and all(grey(*each) < BRIGHT for each in around)


async def test_the_map_lies_where_the_site_is_and_its_credit_is_text(
    window: Visitor, yard: Depot
) -> None:
    with tile_server() as host:
        told = await lay_map(yard, host)
        assert told["map"]["bearing_deg"] == ORIGIN.bearing_deg
        new = window.page.get_by_text("load this page again to see it")
        await expect(new).to_be_visible()
        window.hosts.add(host)
        await window.open("/live")
        await window.settled()
        plan = window.page.locator(".plan:not(.is-still)")
        await expect(plan.get_by_text(CREDIT, exact=True)).to_be_visible()

        async def drawn() -> float | None:
            shot = Image.open(io.BytesIO(await plan.locator(".plan-host").screenshot()))
            return scale_that_fits(shot.convert("L"))

        assert await until(drawn, 20, "the discs are where they ought to be") > 0
        assert {path.split("/")[1] for path in _Tiles.asked} <= {"19", "20", "21", "22"}
        assert _Tiles.referrers == {f"{yard.url}/"}, "a map server learns the host, no page"
        assert not await window.barriers()
        await window.keep("map")
    window.require_no_faults()


async def test_a_map_server_that_does_not_answer_is_said_and_the_plan_works(
    window: Visitor, yard: Depot
) -> None:
    floor = (await yard.admin.get("/floors/ground")).json()
    host = floor["map"]["url"].split("/")[2]
    window.may_lose_the_gateway = True  # Chromium says that it could not load the tiles.
    await window.page.set_viewport_size({"width": 1200, "height": 700})
    await window.open("/live")
    await expect(window.page.get_by_text(f"Map does not load from {host}")).to_be_visible()
    await window.open("/live?view=table&floor=first")
    await expect(window.page.get_by_role("table", name="Assets on first")).to_be_visible()
    window.require_no_faults()
