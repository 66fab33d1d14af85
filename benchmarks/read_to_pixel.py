"""From a read to what a guard sees and hears: `PYTHONPATH=. python benchmarks/read_to_pixel.py`.

A real reader's protocol, a real gateway, a real Chromium. A laptop comes to the gate, which is no
zone of its fence; what is measured is the time from the stamp of its first read there until the
commit of the alert, until the banner is in the page, and until the first tone. The peer in the
same run is the same alert on the event stream: what a program without pages gets.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from playwright.async_api import Browser

from tests.acceptance.running import until
from tests.browser.chromium import Visitor, chromium, visiting
from tests.browser.depot import INSIDE, OUTSIDE, PASSWORD, Depot, depot

NOTE = """
window.heard = [];
addEventListener("tagwarden-sound", () => window.heard.push(Date.now()));
new MutationObserver(() => {
  for (const text of (document.body?.textContent ?? "").match(/LT-04\\d\\d/g) ?? [])
    (window.seen ??= {})[text] ??= Date.now();
}).observe(document, { childList: true, subtree: true, characterData: true });
"""
WITHIN_S = 20


class Times(NamedTuple):
    """Seconds since the first read outside."""

    committed_s: float
    streamed_s: float
    seen_s: float
    heard_s: float


@asynccontextmanager
async def watching(browser: Browser, yard: Depot) -> AsyncGenerator[Visitor]:
    """A guard's window on the alerts, where nothing is shown before its time."""
    async with visiting(browser, yard.url) as visitor:
        await visitor.page.add_init_script(NOTE)
        await visitor.log_in("guard", PASSWORD, "/alerts")
        await visitor.settled()
        yield visitor


async def measure(yard: Depot, visitor: Visitor, streamed: dict[str, float], asset: str) -> Times:
    """Carry one laptop out, and look when it was told where."""
    page = visitor.page
    yard.put(asset, INSIDE)
    await asyncio.sleep(2.5)
    heard_before = len(await page.evaluate("window.heard"))
    yard.put(asset, OUTSIDE)
    begin_s = time.time()
    await visitor.when(f"Boolean(window.seen?.['{asset}'])", WITHIN_S)
    await visitor.when(f"window.heard.length > {heard_before}", WITHIN_S)
    seen = await page.evaluate(f"window.seen['{asset}']") / 1000
    heard = (await page.evaluate("window.heard"))[heard_before] / 1000
    alert = await until(lambda: alert_of(yard, asset), WITHIN_S, "the alert")
    await acknowledge(yard, alert["id"])
    return Times(
        datetime.fromisoformat(alert["raised_at"]).timestamp() - begin_s,
        streamed[asset] - begin_s,
        seen - begin_s,
        heard - begin_s,
    )


async def alert_of(yard: Depot, asset: str) -> dict[str, Any] | None:
    """The newest alert about an asset."""
    answer = await yard.admin.get("/alerts", params={"asset": asset, "limit": 1})
    found: list[dict[str, Any]] = answer.json()["items"]
    return found[0] if found else None


async def acknowledge(yard: Depot, alert: str) -> None:
    """So that it is quiet before the next one."""
    answer = await yard.admin.post(f"/alerts/{alert}/acknowledge", json={"note": "measured"})
    answer.raise_for_status()


async def follow(yard: Depot, streamed: dict[str, float], connected: asyncio.Event) -> None:
    """The peer: when each alert came by the stream, by its asset."""
    async with yard.admin.stream("GET", "/stream", timeout=None) as answer:
        connected.set()
        async for line in answer.aiter_lines():
            if line.startswith("data: ") and '"raised"' in line:
                told = json.loads(line.removeprefix("data: "))
                streamed.setdefault(told["asset"], time.time())


async def run(alerts: int) -> list[Times]:
    """So many exits, one after the other."""
    streamed: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        async with depot(Path(folder)) as yard, chromium() as browser:
            connected = asyncio.Event()
            following = asyncio.create_task(follow(yard, streamed, connected))
            await connected.wait()
            async with watching(browser, yard) as visitor:
                assets = [f"LT-04{10 + number}" for number in range(alerts)]
                found = [await measure(yard, visitor, streamed, asset) for asset in assets]
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
    return found


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alerts", type=int, default=15)
    found = asyncio.run(run(parser.parse_args().alerts))
    print(f"{len(found)} exits; seconds after the first read outside")
    for field in Times._fields:
        values = sorted(getattr(each, field) for each in found)
        print(f"  {field:<12} median {statistics.median(values):.2f}   most {values[-1]:.2f}")
    peer = statistics.median(each.streamed_s for each in found)
    seen = statistics.median(each.seen_s for each in found)
    print(f"  to the pixel / to the stream: {seen / peer:.2f}")


if __name__ == "__main__":
    main()
