"""A works with one source of every kind, each speaking its own protocol to one gateway."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import httpx

from simulators.http_pusher import HttpPusher
from simulators.llrp_reader import LlrpReader
from simulators.m100 import M100Module
from simulators.mosquitto import Mosquitto
from simulators.mqtt_devices import Publication, Publisher, TemperatureSensor, ZebraReader
from simulators.scanner import Scanner
from simulators.tcp_port import TcpPort
from simulators.uhfreader import UhfReader
from tags.reads import Read
from tests.acceptance.running import (
    Json,
    RunningGateway,
    asking,
    gateway,
    items,
    make_key,
    until,
)

SITE = """\
site: {{name: works}}
zones: [{{name: hall}}, {{name: lane}}, {{name: desk}}, {{name: top}}, {{name: low}},
  {{name: table}}, {{name: yard}}, {{name: ramp, role: exit}}, {{name: kitchen}}, {{name: stock}}]
readers:
  - {{name: dock, driver: llrp, address: "{dock}", keepalive_s: 1, zone: hall}}
  - {{name: gate, driver: llrp, address: "{gate}", keepalive_s: 1, zone: lane}}
  - {{name: bench, driver: serial, protocol: m100, port: "{bench}", silent_after_s: 3, zone: desk}}
  - name: shelves
    driver: serial
    protocol: uhfreader18
    port: "{shelves}"
    silent_after_s: 3
    devices: {{1: {{zone: top}}, 2: {{zone: low}}}}
  - {{name: packing, driver: scanner, address: "{packing}", zone: table}}
  - name: radio
    driver: mqtt
    address: "{radio}"
    keepalive_s: 1
    subscribe:
      - {{topic: zebra/+/tags, format: zebra, device: 2}}
      - {{topic: "espresense/devices/#", format: espresense}}
      - {{topic: "zigbee2mqtt/#", format: zigbee2mqtt}}
      - {{topic: "owntracks/#", format: owntracks}}
    devices:
      FX-1: {{antennas: {{1: {{zone: yard}}, 2: {{zone: ramp}}}}}}
      kitchen: {{zone: kitchen}}
      cold-store: {{}}
      ann/phone: {{}}
  - {{name: handhelds, driver: http, zone: stock, silent_after_s: 3}}
rules: [{{name: stay in, kind: exit, assets: {{category: tool}}, fence: [yard], confirm_s: 0}}]
channels: [{{name: desk, kind: log}}]
server: {{listen: "127.0.0.1:0"}}
"""
EVERY_S = 0.1
CODE = "4006381333931"
BEACON = "e5b1a7c0-0000-4000-8000-000000000001-1-2"
PHONE = "gps:ann/phone"


def epc(kind: int, number: int = 0) -> str:
    return f"e28011600000{kind:04x}{number:08x}"


TAGS: Final = {
    "hall": epc(1),
    "lane": epc(2),
    "desk": epc(3),
    "top": epc(4),
    "low": epc(5),
    "table": f"code:(01)0{CODE}",
    "yard": epc(6),
    "kitchen": f"ble:{BEACON}",
    "stock": epc(7),
}
"""The tag that is heard in each zone all the time."""
HEARERS: Final = (
    "dock", "gate", "bench", "shelves", "shelves:1", "shelves:2", "packing", "radio",
    "radio:FX-1", "radio:kitchen", "radio:cold-store", "radio:ann/phone", "handhelds",
)  # fmt: skip
TELL_OF_ANTENNAS: Final = ("dock", "gate", "shelves:1", "shelves:2")
FIGURES: Final = {
    "reads": (
        "dock", "gate", "bench", "shelves:1", "shelves:2", "packing",
        "radio:FX-1", "radio:kitchen", "handhelds",
    ),
    "fixes": ("radio",),
    "measurements": ("radio",),
}  # fmt: skip
"""What has counters of its own, which go on while it is heard."""


class Radio:
    """What speaks over the broker; each message of the reader says a tag that no other does."""

    def __init__(self, publisher: Publisher) -> None:
        self.numbered: list[str] = []
        """The tags that were handed to the broker's client, in their order."""
        self.spots: dict[str, int] = {}
        """Further tags, and the antenna that hears them."""
        self.gone: set[str] = set()
        """Devices that say nothing for now."""
        self.heard_in_kitchen = 0
        self.fixes = 0
        self.publisher = publisher
        self.zebra = ZebraReader(publisher, "zebra/FX-1/tags")
        self.thermometer = TemperatureSensor(publisher, "zigbee2mqtt/cold-store")

    async def speak(self) -> None:
        number = epc(0xA, len(self.numbered))
        self.numbered.append(number)
        spots = {TAGS["yard"]: 1, number: 1, **self.spots}
        await self.zebra.report([one_read(tag, antenna) for tag, antenna in spots.items()])
        if "cold-store" not in self.gone:
            await self.thermometer.measure(4.5)
        await self.publish(f"espresense/devices/{BEACON}/kitchen", id=BEACON, rssi=-61)
        self.heard_in_kitchen += 1
        now_s = int(time.time())
        await self.publish("owntracks/ann/phone", _type="location", lat=52.5, lon=13.4, tst=now_s)
        self.fixes += 1

    async def publish(self, topic: str, **said: object) -> None:
        await self.publisher.publish([Publication(topic, json.dumps(said).encode())])


class Works:
    """All sources; while `speaking` is set, each says ten times a second what it hears."""

    def __init__(self, broker: Mosquitto, folder: Path, stack: AsyncExitStack) -> None:
        self._stack = stack
        self._in_mid_sentence: set[str] = set()
        self.broker = broker
        self.folder = folder
        self.dock, self.gate = LlrpReader(), LlrpReader()
        self.bench = M100Module()
        self.shelves = UhfReader("18", addresses=(1, 2))
        self.packing = TcpPort()
        self.scanner = Scanner(self.packing)
        self.radio: Radio
        self.pushed: list[str] = []
        """The tags of pushes that the gateway answered."""
        self.speaking = asyncio.Event()
        self.quiet: set[str] = set()
        """Sources that say nothing for now."""
        self.running: RunningGateway
        self.ask: httpx.AsyncClient
        self.pusher: HttpPusher
        self.key = ""

    @property
    def site(self) -> Path:
        return self.folder / "site.yaml"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def write_site(self) -> None:
        text = SITE.format(
            dock=self.dock.address,
            gate=self.gate.address,
            bench=self.bench.path,
            shelves=self.shelves.path,
            packing=self.packing.address,
            radio=self.broker.address,
        )
        self.site.write_text(text, encoding="utf-8")

    async def hear(self, source: str) -> None:
        """Let one source say what it hears just now."""
        hearing: dict[str, Callable[[], Awaitable[object]]] = {
            "dock": lambda: self.dock.report([one_read(TAGS["hall"])]),
            "gate": lambda: self.gate.report([one_read(TAGS["lane"])]),
            "bench": lambda: self.bench.report([one_read(TAGS["desk"])]),
            "shelves": lambda: self.shelves.report(
                [one_read(TAGS["top"], reader=":1"), one_read(TAGS["low"], reader=":2")]
            ),
            "packing": lambda: self.scanner.scan(CODE, aim="E0"),
            "radio": self.radio.speak,
            "handhelds": self.push,
        }
        await hearing[source]()

    async def push(self) -> None:
        number = epc(0xB, len(self.pushed))
        with suppress(httpx.TransportError):
            await self.pusher.report([one_read(TAGS["stock"]), one_read(number)])
            self.pushed.append(number)

    async def go_on(self, source: str) -> None:
        while True:
            await self.speaking.wait()
            self._in_mid_sentence.add(source)
            if source not in self.quiet and (
                source != "packing" or self.packing.connected.is_set()
            ):
                await self.hear(source)
            self._in_mid_sentence.discard(source)
            await asyncio.sleep(EVERY_S)

    async def hush(self) -> None:
        """Let everybody finish the sentence, and the broker have all of it."""
        self.speaking.clear()

        async def done() -> bool:
            return not self._in_mid_sentence

        await until(done, 10, "everybody has finished")
        await self.radio.publisher.drain()

    async def readers(self) -> dict[str, Json]:
        return {each["name"]: each for each in await items(self.ask, "readers", limit=100)}

    async def states(self) -> dict[str, tuple[str, str]]:
        """The state of each, and since when."""
        return {
            name: (each["state"], each["since"]) for name, each in (await self.readers()).items()
        }

    async def counters(self) -> dict[tuple[str, str], float]:
        """By figure and reader."""
        text = (await self.ask.get(f"{self.running.url}/metrics")).text
        found: dict[tuple[str, str], float] = {}
        for line in text.splitlines():
            name, brace, rest = line.partition('_total{reader="')
            figure = name.removeprefix("tagwarden_")
            if brace and figure in FIGURES:
                found[figure, rest.partition('"')[0]] = float(line.rpartition(" ")[2])
        return found

    async def all_online(self) -> bool:
        """Everything is, and has told of its antennas: what follows is no news of the start."""
        shown = await self.readers()
        told = all(
            set(shown[name]["antennas"].values()) == {"connected"} for name in TELL_OF_ANTENNAS
        )
        return told and {shown[name]["state"] for name in HEARERS} == {"online"}

    async def is_subscribed(self) -> bool:
        return (await self.states())["radio"][0] == "online"

    @asynccontextmanager
    async def gateway(self, log: str = "log") -> AsyncGenerator[None]:
        """A gateway that hears all of them."""
        async with (
            gateway(self.site, self.data, self.folder / log) as running,
            asking(running.url, self.key) as self.ask,
        ):
            self.running = running
            pusher = HttpPusher(f"{running.url}/api/v1/ingest/handhelds", self.key)
            # It goes on trying when the gateway is gone, and is closed with the works.
            self.pusher = await self._stack.enter_async_context(pusher)
            await until(self.is_subscribed, 30, "the broker keeps what is said for the gateway")
            self.speaking.set()
            await until(self.all_online, 30, "everything is online")
            yield


@asynccontextmanager
async def works(broker: Mosquitto, folder: Path) -> AsyncGenerator[Works]:
    async with AsyncExitStack() as stack:
        at = Works(broker, folder, stack)
        for source in (at.dock, at.gate, at.bench, at.shelves, at.packing):
            await stack.enter_async_context(source)
        at.radio = Radio(
            await stack.enter_async_context(Publisher("127.0.0.1", broker.port, "works")),
        )
        at.write_site()
        at.key = await make_key(at.data)
        names = ("dock", "gate", "bench", "shelves", "packing", "radio", "handhelds")
        playing = [asyncio.create_task(at.go_on(name), name=name) for name in names]
        try:
            yield at
            ended = [each for each in playing if each.done()]
            assert not ended, [each.exception() for each in ended]
        finally:
            for each in playing:
                each.cancel()
            await asyncio.gather(*playing, return_exceptions=True)


def one_read(tag: str, antenna: int = 1, reader: str = "") -> Read:
    now_ns = time.time_ns()
    return Read(tag, reader, antenna, now_ns, now_ns, -50.0)
