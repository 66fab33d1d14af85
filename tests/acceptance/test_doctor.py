"""`tagwarden doctor` as a process: it names each fault with its remedy, and takes nothing away."""

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Awaitable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from gateway.entries import ReadGroup
from simulators.llrp_reader import LlrpReader
from simulators.m100 import M100Module
from simulators.mosquitto import Mosquitto
from simulators.mqtt_devices import Publisher, ZebraReader
from simulators.real_server import free_port
from tags.reads import Read
from tests.acceptance.aftermath import committed, copied
from tests.acceptance.running import (
    Finished,
    RunningGateway,
    asking,
    gateway,
    items,
    make_key,
    tagwarden,
    until,
)
from tests.mosquitto import mosquitto

GOOD_SOURCES = """\
site: {{name: depot}}
zones: [{{name: hall}}, {{name: gate}}]
readers:
  - name: good
    driver: llrp
    address: "{good}"
    antennas: {{1: {{zone: hall}}, 4: {{zone: gate}}}}
  - {{name: bench, driver: serial, protocol: m100, port: "{bench}", zone: hall}}
  - {{name: hooks, driver: http, format: impinj, zone: hall}}
"""
WRONG_SOURCES = """\
  - {{name: nowhere, driver: llrp, address: "gate-1.invalid:5084", zone: hall}}
  - {{name: deaf, driver: llrp, address: "127.0.0.1:{closed}", zone: hall}}
  - name: dock
    driver: llrp
    address: "{dock}"
    antennas: {{1: {{zone: hall}}, 9: {{zone: gate}}}}
  - {{name: shelf, driver: serial, protocol: m100, port: "{absent}", zone: hall}}
"""
BROKER = """\
  - name: sensors
    driver: mqtt
    address: "{broker}"
    subscribe: [{{topic: {topic}, format: zebra, device: 2}}]
    devices: {{FX-1: {{antennas: {{1: {{zone: hall}}}}}}}}
"""
TAGS = [f"3034257bf400b7800004cb{n:02x}" for n in range(3)]


class Bench(NamedTuple):
    """Simulated sources that all hear a tag ten times a second."""

    good: LlrpReader
    dock: LlrpReader
    module: M100Module
    broker: Mosquitto

    def site(self, folder: Path, text: str, topic: str) -> Path:
        path = folder / "site.yaml"
        filled = text.format(
            good=self.good.address,
            bench=self.module.path,
            dock=self.dock.address,
            closed=free_port(),
            absent=folder / "ttyUSB9",
            broker=self.broker.address,
            topic=topic,
        )
        path.write_text(filled, encoding="utf-8")
        return path


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path) as broker:
        yield broker


@asynccontextmanager
async def bench(broker: Mosquitto) -> AsyncGenerator[Bench]:
    async with AsyncExitStack() as stack:
        good = await stack.enter_async_context(LlrpReader())
        dock = await stack.enter_async_context(LlrpReader())
        module = await stack.enter_async_context(M100Module())
        publisher = Publisher("127.0.0.1", broker.port, "FX-1")
        zebra = ZebraReader(
            await stack.enter_async_context(publisher),
            "zebra/FX-1/tag",
        )
        playing = asyncio.create_task(play(good, module, zebra))
        try:
            yield Bench(good, dock, module, broker)
        finally:
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)


async def play(*sources: LlrpReader | M100Module | ZebraReader) -> None:
    while True:
        now_ns = time.time_ns()
        for tag, source in zip(TAGS, sources, strict=True):
            await source.report([Read(tag, "", 1, now_ns, now_ns, -50.0)])
        await asyncio.sleep(0.1)


class Told(NamedTuple):
    """What was said of one source: marks by step, and the lines with an arrow."""

    steps: dict[str, tuple[str, str]]
    remedies: list[str]


def told_of(finished: Finished) -> dict[str, Told]:
    found: dict[str, Told] = {}
    told = Told({}, [])
    for line in finished.out.partition("\n\n")[0].splitlines():
        if not line.startswith(" "):
            told = found[line.partition(" (")[0]] = Told({}, [])
        elif line.lstrip().startswith("→"):
            told.remedies.append(line.partition("→ ")[2])
        else:
            told.steps[line[7:22].strip()] = (line[2:6].strip(), line[22:])
    return found


def failed(told: Told) -> list[str]:
    return [step for step, (mark, _) in told.steps.items() if mark == "FAIL"]


@pytest.mark.timeout(120)
async def test_each_fault_is_named_with_its_remedy_and_what_is_good_is_said_to_be(
    broker: Mosquitto, tmp_path: Path
) -> None:
    async with bench(broker) as at:
        site = at.site(tmp_path, GOOD_SOURCES + WRONG_SOURCES + BROKER, "zebra/+/tags")
        found = await tagwarden("doctor", site, "--data", tmp_path / "data", "--wait", "2")
    assert (found.code, found.err) == (1, ""), found
    told = told_of(found)
    faults = [name for name, each in told.items() if failed(each)]
    assert sorted(faults) == ["deaf", "dock", "nowhere", "sensors", "shelf"], found.out
    expect(told["nowhere"], "name", "gate-1.invalid", "Correct the host")
    expect(told["deaf"], "TCP", "connection refused", "Check the address")
    expect(told["dock"], "configuration", "antenna 9 does not exist (1-4)", "Take antenna 9 out")
    expect(told["sensors"], "topics", "messages come on zebra/FX-1/tag", "Correct `topic`")
    expect(told["shelf"], "connection", "there is no port", "correct `port`")
    check_good(told)
    last = found.out.partition("\n\n")[2].splitlines()
    assert [line.split()[0] for line in last] == ["next:", *["then:"] * 4]
    assert sorted(line.split()[1].rstrip(":") for line in last) == sorted(faults)


def expect(told: Told, step: str, detail: str, remedy: str) -> None:
    mark, text = told.steps[step]
    assert mark == "FAIL"
    assert detail in text
    assert remedy in told.remedies[0]


def check_good(told: dict[str, Told]) -> None:
    for name, tag in (("good", TAGS[0]), ("bench", TAGS[1])):
        steps = told[name].steps
        assert {mark for mark, _ in steps.values()} == {"ok"}, steps
        assert steps["first tag"][1].startswith(f"{tag} by {name}/1 at -50 dBm")
    assert "4" in told["good"].steps["capabilities"][1]
    assert "POST /api/v1/ingest/hooks" in told["hooks"].steps["door"][1]
    assert failed(told["hooks"]) == []
    assert told["hooks"].steps["first tag"][0] == "?"
    assert failed(told["data folder"]) == []


@pytest.mark.timeout(60)
async def test_where_nothing_is_wrong_the_exit_code_is_zero(
    broker: Mosquitto, tmp_path: Path
) -> None:
    async with bench(broker) as at:
        site = at.site(tmp_path, GOOD_SOURCES + BROKER, "zebra/+/tag")
        found = await tagwarden("doctor", site, "--data", tmp_path / "data", "--wait", "2")
    assert (found.code, found.err) == (0, ""), found
    assert "nothing is wrong with 4 readers and the store" in found.out
    told = told_of(found)
    check_good(told)
    assert told["sensors"].steps["first tag"][1].startswith(f"{TAGS[2]} by sensors:FX-1/1")


@pytest.mark.timeout(60)
async def test_a_name_that_no_host_can_have_is_told_by_line(tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    entry = "  - {name: odd, driver: llrp, address: 'gate..local', zone: hall}\n"
    site.write_text("site: {name: x}\nzones: [{name: hall}]\nreaders:\n" + entry, encoding="utf-8")
    found = await tagwarden("doctor", site, "--data", tmp_path / "data")
    assert (found.code, found.out) == (1, "")
    assert f"{site}:4: readers[odd]" in found.err
    assert "'gate..local' can be no name of a host" in found.err


MQTT_ONLY = "site: {{name: depot}}\nzones: [{{name: hall}}]\nreaders:\n" + BROKER
SERVER = 'server: {{listen: "127.0.0.1:0"}}\n'


class Numbered:
    """A device of which each message says another tag, so that none can be taken for another."""

    def __init__(self, zebra: ZebraReader) -> None:
        self.tags: list[str] = []
        self._zebra = zebra

    async def say(self, count: int) -> None:
        for _ in range(count):
            tag = f"e280116000000000{len(self.tags):08x}"
            now_ns = time.time_ns()
            await self._zebra.report([Read(tag, "", 1, now_ns, now_ns, -50.0)])
            self.tags.append(tag)

    async def speak_while(self, work: Awaitable[None]) -> None:
        """Go on speaking until the work is done."""
        working = asyncio.ensure_future(work)
        while not working.done():
            await self.say(1)
            await asyncio.wait([working], timeout=0.02)
        await working


def tags_committed(data: Path) -> list[str]:
    groups = committed(copied(data, data.with_name("copy"))).entries
    return [read.tag for group in groups if isinstance(group, ReadGroup) for read in group.reads]


async def look_in(site: Path, folder: Path) -> None:
    """Doctor, listen and record at the same time, each of which hears the device."""
    record = ("record", site, "--out", folder / "aside.csv", "--force", "--for", "2")
    told = await asyncio.gather(
        tagwarden("doctor", site, "--data", folder / "other", "--wait", "2"),
        tagwarden("listen", "sensors", "--site", site, "--for", "2"),
        tagwarden(*record),
    )
    assert [(each.code, each.err) for each in told] == [(0, "")] * 3, told
    assert "first tag" in told[0].out
    for each in told[1:]:
        assert re.search(r"[1-9]\d* reads", each.out), told


@asynccontextmanager
async def one_device(broker: Mosquitto, folder: Path) -> AsyncGenerator[tuple[Numbered, Path]]:
    """A device, and the site file of a gateway that hears it."""
    async with Publisher("127.0.0.1", broker.port, "FX-1") as publisher:
        site = folder / "site.yaml"
        text = (MQTT_ONLY + SERVER).format(broker=broker.address, topic="zebra/+/tag")
        site.write_text(text, encoding="utf-8")
        yield Numbered(ZebraReader(publisher, "zebra/FX-1/tag")), site


@pytest.mark.timeout(120)
async def test_who_looks_in_takes_nothing_from_the_gateway_whether_it_runs_or_not(
    broker: Mosquitto, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    key = await make_key(data)
    async with one_device(broker, tmp_path) as (device, site):
        async with running_with_device(site, data, key, device) as (running, ask):
            before = await states(ask)
            await device.speak_while(look_in(site, tmp_path))
            # A session that another had taken would have been offline for a moment.
            assert await states(ask) == before
            await until(lambda: _has(ask, len(device.tags)), 15, "everything is there")
            assert (await running.stop())[0] == 0
        heard = len(device.tags)
        await device.speak_while(look_in(site, tmp_path))
        async with running_with_device(site, data, key, device) as (running, ask):
            waited = len(device.tags) - heard
            await until(lambda: _has(ask, waited), 15, "all that waited is there")
            assert (await running.stop())[0] == 0
    assert await asyncio.to_thread(tags_committed, data) == device.tags
    assert "already connected" not in await asyncio.to_thread(broker.log)


@asynccontextmanager
async def running_with_device(
    site: Path, data: Path, key: str, device: Numbered
) -> AsyncGenerator[tuple[RunningGateway, httpx.AsyncClient]]:
    """A gateway whose link is online and has heard the device."""
    async with (
        gateway(site, data, site.with_suffix(".log")) as running,
        asking(running.url, key) as ask,
    ):

        async def all_online() -> bool:
            await device.say(1)
            return {state for state, _ in await states(ask)} == {"online"}

        await until(all_online, 15, "link and device are online")
        yield running, ask


async def states(ask: httpx.AsyncClient) -> list[tuple[str, str]]:
    return [(each["state"], each["since"]) for each in await items(ask, "readers")]


async def _has(ask: httpx.AsyncClient, count: int) -> bool:
    text = (await ask.get(str(ask.base_url.join("/metrics")))).text
    return f'tagwarden_reads_total{{reader="sensors:FX-1"}} {count}.0' in text
