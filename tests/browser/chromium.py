"""A real Chromium, as its user sees it: Debian's, without a GPU, with a fresh profile.

Pages that ask another host, that break their own policy or that throw fail their test.
"""

import json
import re
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, TypedDict, Unpack
from urllib.parse import urlsplit

import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    Request,
    Response,
    async_playwright,
    expect,
)

from api.dashboard import DIST
from tests.acceptance.running import until

ROOT = Path(__file__).parents[2]
AXE = ROOT / "dashboard" / "node_modules" / "axe-core" / "axe.min.js"
KEPT = ROOT / "build" / "screenshots" / "tests"
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",  # /dev/shm is small in containers.
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)
_AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_WATCH_POLICY = """
addEventListener("securitypolicyviolation", (event) => {
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`);
});
"""
_SMALL_TARGETS = """() => {
  const controls = ":is(a[href], button, select, textarea, input, summary):not(:disabled, .skip)";
  const isTicked = (each) => each.matches("[type=checkbox], [type=radio]");
  return [...document.querySelectorAll(controls)]
    .filter((each) => each.checkVisibility({ visibilityProperty: true }))
    .filter((each) => !each.closest("p, .unseen"))
    .map((each) => (isTicked(each) ? each.closest("label") ?? each : each))
    .map((each) => [each, each.getBoundingClientRect()])
    .filter(([, { width, height }]) => width > 0 && Math.min(width, height) < 43.5)
    .map(([each, { width, height }]) => `${Math.round(width)} x ${Math.round(height)} px: `
      + `${each.localName}.${each.className} ${each.ariaLabel ?? each.textContent.slice(0, 30)}`);
}"""

_SMALLEST_TEXT = """() => {
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let least = Infinity;
  while (words.nextNode()) {
    const { parentElement, data } = words.currentNode;
    if (!data.trim() || parentElement.closest(".unseen") || !parentElement.checkVisibility())
      continue;
    least = Math.min(least, parseFloat(getComputedStyle(parentElement).fontSize));
  }
  return least;
}"""


expect.set_options(timeout=15_000)  # A busy machine is slow; what must be quick says so itself.


class Size(NamedTuple):
    """A window, in CSS pixels."""

    name: str
    width: int
    height: int
    has_touch: bool = False


PHONE: Final = Size("375", 375, 812, has_touch=True)
DESKTOP: Final = Size("1440", 1440, 900)
WALL: Final = Size("3840", 3840, 2160)
SIZES: Final = (PHONE, DESKTOP, WALL)


def require_pages() -> str:
    """Where Chromium is; skips, and says which package or command is missing."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("no Chromium: Debian's package chromium")
    if not (DIST / "index.html").is_file():
        pytest.skip("the pages are not built: make dashboard")
    return found


@asynccontextmanager
async def chromium(*flags: str) -> AsyncGenerator[Browser]:
    """A browser of its own."""
    path = require_pages()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path, headless=True, args=[*FLAGS, *flags]
        )
        try:
            yield browser
        finally:
            await browser.close()


class Visitor:
    """Somebody with a browser window at one gateway; `faults` are what no page may do."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.faults: list[str] = []
        self.may_lose_the_gateway = False
        self.hosts = {urlsplit(url).netloc}
        page.on("request", self._note_request)
        page.on("response", self._note_answer)
        page.on("pageerror", lambda error: self.faults.append(f"thrown: {error}"))
        page.on("console", lambda said: self._note_said(said.type, said.text))

    def _note_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc not in self.hosts:
            self.faults.append(f"asked {request.url}")

    def _note_answer(self, answer: Response) -> None:
        if answer.status == HTTPStatus.INTERNAL_SERVER_ERROR:
            self.faults.append(f"failed at {answer.request.method} {answer.url}")

    def _note_said(self, kind: str, text: str) -> None:
        refused = text.startswith("Failed to load resource: the server responded")
        lost = self.may_lose_the_gateway and ("ERR_" in text or "WebSocket" in text)
        if kind == "error" and not refused and not lost:
            self.faults.append(f"said: {text}")

    async def open(self, path: str) -> None:
        """Load a page of the gateway anew."""
        await self.page.goto(self.url + path, wait_until="load")

    async def log_in(self, login: str, password: str, then: str = "/live") -> None:
        """Open a page, and log in on the way, as people do."""
        await self.open(then)
        await self.page.get_by_label("Login name").fill(login)
        await self.page.get_by_label("Password", exact=True).fill(password)
        await self.page.get_by_role("button", name="Log in").click()
        await self.page.wait_for_selector(".app")

    async def settled(self) -> None:
        """Wait until the page shows its heading or plan, and nothing is loading any more."""
        page = self.page
        await page.wait_for_selector("#main :is(h1, h2, canvas, table)", state="attached")
        await self.when("!document.querySelector('[aria-busy=true], .awaited')")
        await page.evaluate("document.fonts.ready.then(() => true)")

    async def tab_to(self, wanted: Locator, most: int = 80) -> None:
        """Press Tab until the focus is there, as somebody without a mouse does."""
        for _ in range(most):
            await self.page.keyboard.press("Tab")
            if await wanted.evaluate("(element) => element === document.activeElement"):
                return
        raise AssertionError(f"Tab does not reach {wanted} in {self.page.url}")

    async def when(self, expression: str, within_s: float = 30) -> None:
        """Wait until an expression is true in the page; its policy lets nothing wait in there."""

        async def look() -> bool:
            return bool(await self.page.evaluate(expression))

        await until(look, within_s, f"{expression} in {self.page.url}")

    async def barriers(self, *only: str) -> list[str]:
        """What axe finds in the page as it is, a line for each rule and its first place.

        Asked for some rules by name, for these only, else for all of WCAG 2.2 A and AA.
        """
        if not await self.page.evaluate("'axe' in window"):
            await self.page.evaluate(AXE.read_text(encoding="utf-8"))
        wanted = {"type": "rule", "values": only} if only else {"type": "tag", "values": _AXE_TAGS}
        rules = {"runOnly": wanted, "resultTypes": ["violations"]}
        found = await self.page.evaluate(f"axe.run(document, {json.dumps(rules)})")
        return [_barrier(each) for each in found["violations"]]

    async def wear(self, theme: Literal["dark", "light"]) -> None:
        """Change to a theme, as its key does, on pages without keys too."""
        await self.page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")

    async def smallest_text_px(self) -> float:
        """The size of the smallest letters that are seen, those on a canvas aside."""
        return float(await self.page.evaluate(_SMALLEST_TEXT))

    async def small_targets(self) -> list[str]:
        """What a finger would hardly meet, with its pixels; links in a sentence may be small."""
        found: list[str] = await self.page.evaluate(_SMALL_TARGETS)
        return found

    async def sideways(self) -> int:
        """By how many pixels the page is wider than its window."""
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        return int(await self.page.evaluate(wide))

    async def keep(self, name: str = "") -> None:
        """Leave a picture of the window in `KEPT` for whoever wants to look at it afterwards."""
        slug = re.sub(r"\W+", "-", name or urlsplit(self.page.url).path).strip("-")
        await self.page.screenshot(path=KEPT / f"{slug}.jpg", type="jpeg", quality=80)

    def require_no_faults(self) -> None:
        assert not self.faults, "\n".join(self.faults)


def _barrier(found: dict[str, Any]) -> str:
    nodes: list[dict[str, Any]] = found["nodes"]
    return f"{found['id']}: {nodes[0]['html'][:200]} ({len(nodes)}) {nodes[0]['failureSummary']}"


class Taste(TypedDict, total=False):
    """What a browser says of its user."""

    color_scheme: Literal["dark", "light"]
    locale: str
    timezone_id: str
    reduced_motion: Literal["reduce", "no-preference"]


@asynccontextmanager
async def visiting(
    browser: Browser, url: str, size: Size = DESKTOP, **taste: Unpack[Taste]
) -> AsyncGenerator[Visitor]:
    """A window of its own; at the end no page may have done what none may do."""
    said: Taste = {"color_scheme": "dark", "locale": "en-GB", **taste}
    context: BrowserContext = await browser.new_context(
        viewport={"width": size.width, "height": size.height}, has_touch=size.has_touch, **said
    )
    context.set_default_timeout(30_000)
    try:
        await context.add_init_script(_WATCH_POLICY)
        visitor = Visitor(await context.new_page(), url)
        try:
            yield visitor
            visitor.require_no_faults()
        except BaseException:
            await visitor.keep(f"failed {visitor.page.url.removeprefix(url)}")
            raise
    finally:
        await context.close()
