"""What the live plan costs a browser without a GPU: `python benchmarks/dashboard.py`.

Ten thousand assets all move, five times a second, in a real Chromium. The frames are those of the
gateway's own encoder, made before the measurement so that the server takes no part in it. The
peer in the same run is a bare page: the same frames on one canvas with the same shapes, without
zones, labels, lists or a framework. Its busy share is what the ratio is a ratio to.

Busy is the processor time of the page's main thread in its tasks (TaskDuration of Chromium, in
thread time, so that what else the machine does counts as little as can be) for each second.
"""

import argparse
import asyncio
import contextlib
import math
import socket
import statistics
import struct
import subprocess
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import uvicorn
from playwright.async_api import Browser, Page, ViewportSize, async_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.dashboard import DIST, Dashboard, files_in
from api.live_frames import CHANGES, FULL, Layout, Spot, Stamp, encode
from api.live_state import LiveFloor, LiveItem, LivePlaces, LiveZone
from history.scope import UNLIMITED

DASHBOARD = Path(__file__).parents[1] / "dashboard"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")
# Smaller, and the plan would show a number for each zone instead of ten thousand shapes.
SIZE: Final[ViewportSize] = {"width": 1920, "height": 1080}
SIZE_M = (160.0, 95.0)
HZ = 5
CYCLE = 40
"""So many frames are made; the way of each asset is closed, so they can go round."""
CATEGORIES = ("pallet", "forklift", "laptop", "tool", "badge")
ZONES = 24
WARM_UP_S = 3.0
_FRAME_NUMBER = struct.Struct("<I")
_FRAME_TIME = struct.Struct("<d")

ARE_SHOWN = """
() => {
  const canvases = document.querySelectorAll("canvas");
  const shapes = canvases[Math.min(1, canvases.length - 1)];
  const { data } = shapes.getContext("2d").getImageData(0, 0, shapes.width, shapes.height);
  return data.some((each) => each !== 0);
}
"""
COUNT_FRAMES = """
(seconds) => new Promise((done) => {
  const at = [];
  const frame = (now) => {
    at.push(now);
    if (now - at[0] < seconds * 1000) requestAnimationFrame(frame);
    else done(at.slice(1).map((each, index) => each - at[index]));
  };
  requestAnimationFrame(frame);
})
"""


class Cost(NamedTuple):
    """What a page cost while everything moved."""

    fps: float
    frame_p95_ms: float
    busy: float


def places() -> LivePlaces:
    """A hall of 24 zones."""
    floor = LiveFloor("hall", 0.0, 0.0, *SIZE_M)
    zones = tuple(LiveZone(f"zone-{number}", "hall", "storage") for number in range(ZONES))
    return LivePlaces("1", zones, (floor,))


def _polygon(number: int) -> list[list[float]]:
    wide, high = SIZE_M[0] / 6, SIZE_M[1] / 4
    left, bottom = number % 6 * wide, number // 6 * high
    return [
        [left, bottom],
        [left + wide, bottom],
        [left + wide, bottom + high],
        [left, bottom + high],
    ]


def item(number: int, step: int, now_ns: int) -> LiveItem:
    """One asset on its round, at a walking pace."""
    turn = 2 * math.pi * (step / CYCLE + number * 0.618)
    x_m = 4 + (SIZE_M[0] - 8) * (number * 0.754877 % 1) + 1.6 * math.cos(turn)
    y_m = 4 + (SIZE_M[1] - 8) * (number * 0.569840 % 1) + 1.6 * math.sin(turn)
    column, row = int(x_m / SIZE_M[0] * 6), int(y_m / SIZE_M[1] * 4)
    name = f"asset-{number:05}"
    zone = f"zone-{row * 6 + column}"
    return LiveItem(name, name, False, "", zone, "hall", x_m, y_m, now_ns)  # noqa: FBT003 -- a row of a table


class Frames(NamedTuple):
    """A full frame, and frames of changes that can go round."""

    full: bytes
    changes: Sequence[bytes]


def frames(assets: int) -> Frames:
    """All frames, by the encoder of the gateway."""
    layout, now_ns = Layout(places()), time.time_ns()
    words = {
        **layout.words(UNLIMITED, ()),
        "names": [f"asset-{number:05}" for number in range(assets)],
    }
    stamp = Stamp(0, 1, now_ns, 0)

    def spots(step: int) -> dict[int, Spot]:
        return {number: layout.spot(item(number, step, now_ns)) for number in range(assets)}

    made = [encode(CHANGES, stamp, spots(step), (), None) for step in range(CYCLE)]
    return Frames(encode(FULL, stamp, spots(0), (), words), made)


def stamped(frame: bytes, number: int, follows: int) -> bytes:
    """The frame as if it were made now."""
    made = bytearray(frame)
    _FRAME_NUMBER.pack_into(made, 4, number)
    _FRAME_TIME.pack_into(made, 8, time.time() * 1000)
    _FRAME_NUMBER.pack_into(made, 36, follows)
    return bytes(made)


def application(assets: int, bare: Path) -> Dashboard:
    """The dashboard, the bare page, and as much of the API as the live plan asks for."""
    made = frames(assets)

    async def live(websocket: WebSocket) -> None:
        await websocket.accept()
        with contextlib.suppress(WebSocketDisconnect):
            await websocket.send_bytes(stamped(made.full, 1, 0))
            begin = time.monotonic()
            for number in range(2, 1_000_000):
                await asyncio.sleep(max(0.0, begin + (number - 1) / HZ - time.monotonic()))
                frame = made.changes[number % CYCLE]
                await websocket.send_bytes(stamped(frame, number, number - 1))

    routes = [
        WebSocketRoute("/api/v1/live", live),
        Route("/api/v1/stream", _stream),
        *(Route(f"/api/v1/{where}", _answering(body)) for where, body in _lists().items()),
        Route("/api/v1/assets", _assets(assets)),
        Route("/api/v1/assets/{asset}/{part}", _answering({"items": []})),
        Mount("/bare", StaticFiles(directory=bare)),
    ]
    return Dashboard(Starlette(routes=routes), files_in(DIST))


async def _stream(_request: Request) -> Response:
    async def nothing() -> AsyncGenerator[str]:
        while True:
            yield ": nothing\n\n"
            await asyncio.sleep(5)

    return StreamingResponse(nothing(), media_type="text/event-stream")


def _answering(body: dict[str, Any]) -> Any:  # noqa: ANN401 -- Starlette takes any function
    async def answer(_request: Request) -> Response:
        return JSONResponse(body)

    return answer


def _lists() -> dict[str, dict[str, Any]]:
    zones = [
        {"name": f"zone-{number}", "floor": "hall", "role": "storage", "parent": None,
         "polygon": _polygon(number), "shape": "polygon", "geometry": None, "healthy": True}
        for number in range(ZONES)
    ]  # fmt: skip
    floor = {"name": "hall", "size_m": SIZE_M, "height_m": None, "plan": None}
    site = {"name": "Benchmark", "timezone": "UTC", "version": "1"}
    rights = ["look", "self"]
    me = {"kind": "person", "id": "1", "login": "guard", "name": "Guard", "role": "guard",
          "rights": rights, "zones": None, "groups": None, "expires": None, "csrf": "1",
          "version": "1", "site": site}  # fmt: skip
    empty: dict[str, Any] = {"items": []}
    lists = dict.fromkeys(("alerts", "readers", "movements", "sightings", "rules"), empty)
    return {**lists, "me": me, "zones": {"items": zones}, "floors": {"items": [floor]}}


def _assets(count: int) -> Any:  # noqa: ANN401 -- Starlette takes any function
    rows = [
        {"id": f"asset-{number:05}", "name": "", "category": CATEGORIES[number % 5], "tags": [],
         "group": "", "sku": "", "serial": "", "lot": "", "owner": "", "home_zone": "",
         "status": ""}
        for number in range(count)
    ]  # fmt: skip

    async def page(request: Request) -> Response:
        begin = int(request.query_params.get("cursor", 0))
        limit = int(request.query_params.get("limit", 1000))
        more = f'</api/v1/assets?cursor={begin + limit}>; rel="next"'
        headers = {"link": more} if begin + limit < count else {}
        return JSONResponse({"items": rows[begin : begin + limit]}, headers=headers)

    return page


@asynccontextmanager
async def serving(assets: int) -> AsyncGenerator[str]:
    """The address of a server that moves so many assets."""
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as bound:
        await asyncio.to_thread(build_bare, Path(folder))
        app = application(assets, Path(folder))
        server = uvicorn.Server(
            uvicorn.Config(app, log_level="error", lifespan="off", ws_per_message_deflate=False)
        )
        running = asyncio.create_task(server.serve(sockets=[bound]))
        try:
            yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        finally:
            server.should_exit = server.force_exit = True
            await running


def build_bare(folder: Path) -> None:
    """Build the bare page. Raises CalledProcessError."""
    vite = DASHBOARD / "node_modules" / ".bin" / "vite"
    command = [str(vite), "build", "--config", "bench/vite.config.ts", "--outDir", str(folder)]
    subprocess.run(  # noqa: S603 -- a fixed command
        [*command, "--emptyOutDir"], cwd=DASHBOARD, check=True, capture_output=True
    )


async def cost(browser: Browser, address: str, seconds: float) -> Cost:
    """What one page costs."""
    page = await browser.new_page(viewport=SIZE)
    try:
        await page.goto(address)
        await page.wait_for_selector("canvas")
        await asyncio.sleep(WARM_UP_S)
        client = await page.context.new_cdp_session(page)
        await client.send("Performance.enable", {"timeDomain": "threadTicks"})
        before, begin = await _task_s(client), time.monotonic()
        gaps_ms: list[float] = await page.evaluate(COUNT_FRAMES, seconds)
        busy = (await _task_s(client) - before) / (time.monotonic() - begin)
        p95 = statistics.quantiles(gaps_ms, n=20)[-1]
        if not await page.evaluate(ARE_SHOWN):
            raise RuntimeError("the plan shows no assets")
        return Cost(1000 / statistics.mean(gaps_ms), p95, busy)
    finally:
        await page.close()


async def _task_s(client: Any) -> float:  # noqa: ANN401 -- a session of the browser's protocol
    told = await client.send("Performance.getMetrics")
    metrics = {each["name"]: each["value"] for each in told["metrics"]}
    return float(metrics["TaskDuration"])


async def first_load_bytes(browser: Browser, address: str) -> int:
    """What a browser that was never here loads of the pages, as it comes over the wire."""
    page: Page = await browser.new_page(viewport=SIZE)
    client = await page.context.new_cdp_session(page)
    await client.send("Network.enable")
    addresses: dict[str, str] = {}
    sizes: dict[str, int] = {}

    def answered(event: dict[str, Any]) -> None:
        addresses[event["requestId"]] = event["response"]["url"]

    def finished(event: dict[str, Any]) -> None:
        sizes[event["requestId"]] = event["encodedDataLength"]

    client.on("Network.responseReceived", answered)
    client.on("Network.loadingFinished", finished)
    await page.goto(f"{address}/live")
    await asyncio.sleep(WARM_UP_S)
    await page.close()
    return sum(size for key, size in sizes.items() if "/api/" not in addresses.get(key, "/api/"))


async def canvas_size(browser: Browser, address: str) -> str:
    """How large the plan is on the page, as a query."""
    page = await browser.new_page(viewport=SIZE)
    await page.goto(f"{address}/live")
    box = await page.locator(".map canvas").nth(1).bounding_box()
    await page.close()
    if box is None:
        raise RuntimeError("the plan is not shown")
    return f"width={box['width']:.0f}&height={box['height']:.0f}"


async def run(assets: int, seconds: float, rounds: int) -> None:
    """Measure in turns, so that what else the machine does meets both."""
    costs: dict[str, list[Cost]] = {"live": [], "bare": []}
    async with serving(assets) as address, async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=list(FLAGS)
        )
        loaded = await first_load_bytes(browser, address)
        bare = f"{address}/bare/bare.html?{await canvas_size(browser, address)}"
        for _ in range(rounds):
            costs["bare"].append(await cost(browser, bare, seconds))
            costs["live"].append(await cost(browser, f"{address}/live", seconds))
        await browser.close()
    show(assets, costs, loaded)


def show(assets: int, costs: dict[str, list[Cost]], loaded: int) -> None:
    """The middle of the rounds, and the ratios."""
    print(f"{assets} assets, all move, {HZ} Hz, {SIZE['width']} x {SIZE['height']}, no GPU")
    middle = {
        name: Cost(*(statistics.median(values) for values in zip(*found, strict=True)))
        for name, found in costs.items()
    }
    for name, each in middle.items():
        print(f"  {name}: {each.fps:.0f} fps, frame p95 {each.frame_p95_ms:.0f} ms, "
              f"busy {each.busy:.2f}")  # fmt: skip
    print(f"  busy live / bare: {middle['live'].busy / middle['bare'].busy:.2f}")
    print(f"  first load: {loaded / 1000:.0f} kB")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assets", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    asyncio.run(run(asked.assets, asked.seconds, asked.rounds))


if __name__ == "__main__":
    main()
