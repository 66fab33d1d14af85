"""Readers that misbehave: each is shown as it is at every moment, and the others go on."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx
import pytest

from readers.driver import ReaderLostError
from readers.llrp.driver import LlrpDriver
from readers.llrp.settings import LlrpSettings
from readers.wire.llrp.messages import Message
from simulators.llrp_reader import BAD_REPORT, LlrpReader
from tags.reads import Read
from tests.acceptance.running import Json, Walk, asking, gateway, items, make_key, playing, until

SITE = """\
site: {{name: depot}}
zones: [{{name: hall}}, {{name: office}}]
readers:
  - name: bad
    driver: llrp
    address: "{bad}"
    keepalive_s: 0.5
    antennas: {{1: {{zone: hall}}}}
  - name: good
    driver: llrp
    address: "{good}"
    keepalive_s: 0.5
    antennas: {{1: {{zone: office}}}}
server: {{listen: "127.0.0.1:0"}}
"""
BAD_TAG, GOOD_TAG = "3034257bf400b7800004cb2f", "3034257bf400b7800004cb30"


@dataclass
class Pair:
    """A reader that will fail and one that will not, and how both were shown all the time."""

    bad: LlrpReader
    good: LlrpReader
    walk: Walk
    ask: httpx.AsyncClient
    lies: list[str] = field(default_factory=list)
    _bad_since_s: float | None = None

    async def watch(self) -> None:
        """Look at the readers over and over; note what is shown and not true."""
        while True:
            bad, good = await items(self.ask, "/readers")
            self._note(bad, good)
            await asyncio.sleep(0.02)

    def _note(self, bad: Json, good: Json) -> None:
        if good["state"] != "online":
            self.lies.append(f"the good reader is {good['state']}: {good['reason']}")
        gone = not self.bad.connected
        # What the network tells within a second may be shown within it.
        now_s = time.monotonic()
        self._bad_since_s = (self._bad_since_s or now_s) if gone else None
        if self._bad_since_s and now_s - self._bad_since_s > 1 and bad["state"] == "online":
            self.lies.append("a reader that is gone is shown as online")

    async def state(self) -> Json:
        return (await items(self.ask, "/readers"))[0]

    async def becomes(self, state: str, within_s: float = 15) -> Json:
        async def look() -> Json | None:
            shown = await self.state()
            return shown if shown["state"] == state else None

        return await until(look, within_s, f"the bad reader is {state}")

    async def figure(self, name: str) -> float:
        text = (await self.ask.get(str(self.ask.base_url.join("/metrics")))).text
        lines = [line for line in text.splitlines() if line.startswith(name)]
        return sum(float(line.rpartition(" ")[2]) for line in lines)

    async def reads_of_good(self) -> float:
        return await self.figure('tagwarden_reads_total{reader="good"}')

    async def goes_on(self, figure: Callable[[], Awaitable[float]], what: str) -> None:
        before = await figure()

        async def more() -> bool:
            return await figure() > before

        await until(more, 3, what)


@asynccontextmanager
async def pair(folder: Path) -> AsyncGenerator[Pair]:
    async with AsyncExitStack() as stack:
        bad = await stack.enter_async_context(LlrpReader())
        good = await stack.enter_async_context(LlrpReader())
        site, data = folder / "site.yaml", folder / "data"
        site.write_text(SITE.format(bad=bad.address, good=good.address), encoding="utf-8")
        key = await make_key(data)
        running = await stack.enter_async_context(gateway(site, data, folder / "log"))
        ask = await stack.enter_async_context(asking(running.url, key))
        walk = Walk({"bad": bad, "good": good})
        walk.spots = {BAD_TAG: ("bad", 1), GOOD_TAG: ("good", 1)}
        at = Pair(bad, good, walk, ask)
        await stack.enter_async_context(playing(walk))
        for reader in (bad, good):
            async with asyncio.timeout(15):
                await reader.inventorying.wait()

        async def both_online() -> bool:
            return all(each["state"] == "online" for each in await items(ask, "/readers"))

        await until(both_online, 15, "both readers are online")
        watching = asyncio.create_task(at.watch())
        try:
            yield at
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        assert at.lies == []
        assert (await running.stop())[0] == 0, running.command.said


@pytest.mark.timeout(120)
async def test_whatever_a_reader_does_it_is_shown_as_it_is_and_the_other_goes_on(
    tmp_path: Path,
) -> None:
    async with pair(tmp_path) as at:
        await lost_sync(at)
        await unknown_and_malformed(at)
        await cut(at)
        await silence(at)
        await drip(at)


async def test_the_bytes_that_end_a_connection_are_counted() -> None:
    async with LlrpReader() as reader:
        driver = LlrpDriver(LlrpSettings(name="bad", address=reader.address), time.time_ns)
        counted: dict[str, int] = {}
        await driver.connect()
        await reader.send_garbage()
        try:
            while True:
                counted.update((await driver.next_batch()).bad)
        except ReaderLostError:
            await driver.close()
        assert counted == {"frame": 1}


async def lost_sync(at: Pair) -> None:
    """Garbage and impossible lengths end the connection; a new one is made."""
    faults: list[Callable[[], Awaitable[None]]] = [at.bad.send_garbage]
    faults += [partial(at.bad.send_length, length) for length in (0, 5, 1 << 31)]
    for number, fault in enumerate(faults, 1):
        await at.becomes("online")
        await fault()
        shown = await at.becomes("offline")
        assert shown["reason"].startswith("bad: lost sync: "), shown
        assert shown["remedy"]
        await at.goes_on(at.reads_of_good, f"the good reader's reads after fault {number}")


async def unknown_and_malformed(at: Pair) -> None:
    """One bad message costs that message."""
    await at.becomes("online")
    before = at.bad.refused, (await at.state())["since"]
    await at.bad.send_message(999)
    for _ in range(10):
        await at.bad.send_message(Message.RO_ACCESS_REPORT, BAD_REPORT)
    await at.goes_on(
        lambda: at.figure('tagwarden_reads_total{reader="bad"}'),
        "good reports behind bad ones",
    )
    assert await at.figure('tagwarden_frames_bad_total{reader="bad",reason="unknown_message"}') == 1
    assert await at.figure('tagwarden_frames_bad_total{reader="bad"') >= 11
    assert (at.bad.refused, (await at.state())["since"]) == before


async def cut(at: Pair) -> None:
    """A connection that ends, in the middle of a message or without a word."""
    await at.bad.cut_in_message()
    assert "in the middle of a message" in (await at.becomes("offline"))["reason"]
    await at.becomes("online")
    at.bad.drop()
    assert "connection" in (await at.becomes("offline"))["reason"]
    await at.becomes("online")


async def silence(at: Pair) -> None:
    """Silence without a close is noticed within twice the keepalive."""
    at.bad.go_silent()
    began_s = time.monotonic()
    shown = await at.becomes("silent")
    assert time.monotonic() - began_s < 3
    assert shown["reason"] == "bad: silent for 1 s"
    await at.goes_on(at.reads_of_good, "the good reader's reads during the silence")
    at.bad.speak_again()
    await at.becomes("online")


async def drip(at: Pair) -> None:
    """A byte now and then is no message."""
    now_ns = time.time_ns()
    dripping = asyncio.create_task(at.bad.drip([Read(BAD_TAG, "bad", 1, now_ns, now_ns)], 0.3))
    await at.becomes("silent")
    dripping.cancel()
    await asyncio.gather(dripping, return_exceptions=True)
    await at.becomes("online")
    await at.goes_on(at.reads_of_good, "the good reader's reads at the end")
