"""Pictures of every page in three sizes, of a demo that has run for a while: `make screenshots`.

They land in build/screenshots, and two small ones for the README in docs/images.
"""

import argparse
import asyncio
import re
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, Literal, NamedTuple

from PIL import Image
from playwright.async_api import Browser

from tests.acceptance.running import started
from tests.browser.chromium import DESKTOP, SIZES, Size, Visitor, chromium, visiting

ROOT = Path(__file__).parents[2]
Theme = Literal["dark", "light"]
_LOG_IN = re.compile(r"as (\w+) with (\S+)")
_README_COLOURS = 256
_README_WIDTH = 960
_ALERT_WITHIN_S = 60


class Shot(NamedTuple):
    """A view by its address."""

    name: str
    path: str


SHOTS: Final = (
    Shot("login", "/login"),
    Shot("live", "/live"),
    Shot("live-first", "/live?floor=First"),
    Shot("live-table", "/live?view=table"),
    Shot("wall", "/wall"),
    Shot("alerts", "/alerts"),
    Shot("find", "/find"),
    Shot("asset", "/asset?id={asset}"),
    Shot("history", "/history?asset={asset}"),
    Shot("stock", "/stock"),
    Shot("readers", "/readers"),
    Shot("zones", "/zones"),
    Shot("rules", "/rules"),
    Shot("channels", "/rules?view=channels"),
    Shot("deliveries", "/rules?view=deliveries"),
    Shot("quality", "/quality"),
    Shot("system", "/system"),
    Shot("people", "/system?view=people"),
    Shot("audit", "/system?view=audit"),
    Shot("setup", "/setup"),
)
README: Final = {"live-alarm": "dashboard-alarm", "history": "dashboard-history"}


class Demo(NamedTuple):
    """A demo at work and how to log in."""

    url: str
    passwords: dict[str, str]


@asynccontextmanager
async def demo(folder: Path, run_s: float) -> AsyncGenerator[Demo]:
    """The demo once it has raised an alert and gone on for `run_s`."""
    arguments = ("demo", "--port", "0", "--seed", "1", "--data", folder / "data")
    async with started(folder / "log", *arguments) as running:
        url = await running.hears(r"address\s+(http://\S+)", within_s=40)
        await running.hears(r"ALERT raised", within_s=_ALERT_WITHIN_S)
        await asyncio.sleep(run_s)
        yield Demo(url, dict(_LOG_IN.findall(running.said)))


async def shoot(
    browser: Browser, shown: Demo, size: Size, out: Path, color_scheme: Theme = "dark"
) -> None:
    """Every view in one size."""
    folder = out / (size.name if color_scheme == "dark" else f"{size.name}-{color_scheme}")
    folder.mkdir(parents=True, exist_ok=True)
    async with visiting(browser, shown.url, size, color_scheme=color_scheme) as visitor:
        await visitor.open("/login")
        await visitor.page.screenshot(path=folder / "login.png")
        await visitor.log_in("admin", shown.passwords["admin"])
        asset = await _first_alert(visitor, folder)
        for shot in SHOTS[1:]:
            await visitor.open(shot.path.format(asset=asset))
            await visitor.settled()
            await asyncio.sleep(1.5)  # A picture has no event to wait for: assets glide in.
            await visitor.page.screenshot(path=folder / f"{shot.name}.png")
        visitor.faults.clear()


async def _first_alert(visitor: Visitor, folder: Path) -> str:
    """The asset of an alert; its evidence over Live is taken on the way."""
    found = await visitor.page.evaluate(
        "fetch('/api/v1/alerts?limit=50').then((answer) => answer.json())"
    )
    alerts = [each for each in found["items"] if each["asset"] and each["kind"] == "exit"]
    alert = alerts[0]
    await visitor.open(f"/live?alert={alert['id']}")
    await visitor.settled()
    await asyncio.sleep(4)  # The reads of the evidence come after its page.
    await visitor.page.screenshot(path=folder / "live-alarm.png")
    return str(alert["asset"])


def shrink(source: Path, target: Path) -> None:
    """A picture small enough for a repository: narrower, and of few colours."""
    with Image.open(source) as picture:
        height = round(picture.height * _README_WIDTH / picture.width)
        small = picture.convert("RGB").resize((_README_WIDTH, height), Image.Resampling.LANCZOS)
        small.quantize(_README_COLOURS).save(target, optimize=True)


async def take(out: Path, run_s: float) -> None:
    """All pictures."""
    with tempfile.TemporaryDirectory() as folder:
        async with demo(Path(folder), run_s) as shown, chromium() as browser:
            # The README's first, while few have left.
            for size in sorted(SIZES, key=lambda each: each != DESKTOP):
                await shoot(browser, shown, size, out)
            await shoot(browser, shown, DESKTOP, out, "light")
    for name, target in README.items():
        source = out / DESKTOP.name / f"{name}.png"
        await asyncio.to_thread(shrink, source, ROOT / "docs" / "images" / f"{target}.png")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "screenshots")
    parser.add_argument("--run-s", type=float, default=90.0, help="how long the demo runs first")
    chosen = parser.parse_args()
    asyncio.run(take(chosen.out, chosen.run_s))


if __name__ == "__main__":
    main()
