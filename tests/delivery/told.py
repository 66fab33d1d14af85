"""What a publisher tells in the tests, and who listens."""

import asyncio
import json
import random
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from msgspec.structs import replace
from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from delivery.presence import (
    Fact,
    Presence,
    ReaderState,
    Subject,
    Whereabouts,
    ZoneState,
    subject_of,
)
from delivery.publisher import OpenLink, Publisher, open_links
from delivery.settings import PublishSettings
from inventory.assets import Asset
from readers.driver import ReaderMisconfiguredError
from readers.wire.mqtt_packets import Message
from tests.delivery.made import T0_NS, Counts

SITE = "depot"
SINCE = "2026-01-31T08:00:00.000000Z"
ROOT = "tagwarden/depot"
SETTLED_S = 10.0
READY = "listener/ready"


def there(asset: str, zone: str | None, name: str = "") -> Whereabouts:
    presence: Presence = "departed" if zone is None else "present"
    return Whereabouts(Asset(id=asset, name=name), zone, SINCE, zone, presence, "e2801160")


class MadeSource:
    """Facts that a test changes; `looked_up` counts how often each was asked for."""

    def __init__(self, *facts: Fact) -> None:
        self.facts: dict[Subject, Fact] = {}
        self.looked_up: list[Subject] = []
        self.failing = 0
        self.put(*facts)

    def put(self, *facts: Fact) -> list[Subject]:
        self.facts |= {subject_of(fact): fact for fact in facts}
        return [subject_of(fact) for fact in facts]

    async def everything(self) -> AsyncIterator[Sequence[Fact]]:
        facts = list(self.facts.values())
        for first in range(0, len(facts), 200):
            await asyncio.sleep(0)
            yield facts[first : first + 200]

    async def look_up(self, subjects: Sequence[Subject]) -> Sequence[Fact]:
        await asyncio.sleep(0)
        self.looked_up += subjects
        if self.failing:
            self.failing -= 1
            raise RuntimeError("the disk is gone")
        return [self.facts[subject] for subject in subjects if subject in self.facts]


def a_depot() -> MadeSource:
    return MadeSource(
        there("L1", "hall", "Laptop 1"),
        there("L2", "hall"),
        there("a/b+c #", None),
        ZoneState("hall", healthy=True),
        ZoneState("gate", healthy=True),
        ReaderState("gate-1", "online", SINCE, "", ""),
    )


class Listener:
    """An independent client that hears everything; thread-safe to look at."""

    def __init__(self, port: int, *topics: str) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.connections = 0
        self._topics = topics or ("#",)
        self._lock = threading.Lock()
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._begin
        self._client.on_message = self._hear
        self._client.connect_async("127.0.0.1", port)
        self._client.loop_start()

    def _begin(
        self,
        client: Client,
        _userdata: object,
        _flags: ConnectFlags,
        _code: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self.connections += 1
        client.subscribe([(topic, 1) for topic in self._topics])

    def _hear(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        with self._lock:
            self.heard.append((message.topic, bytes(message.payload)))

    def say(self, topic: str, payload: bytes) -> None:
        self._client.publish(topic, payload, qos=1, retain=True).wait_for_publish(5)

    def now(self) -> dict[str, bytes]:
        """What the topics say now, empty ones left out."""
        with self._lock:
            latest = dict(self.heard)
        return {topic: payload for topic, payload in latest.items() if payload}

    def json(self, topic: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.now()[topic])
        return found

    def count(self, topic: str) -> int:
        with self._lock:
            return sum(each == topic for each, _ in self.heard)

    async def until(self, look: Callable[[dict[str, bytes]], object], what: str = "") -> None:
        """Wait until the topics are as they should be."""
        end_s = asyncio.get_running_loop().time() + SETTLED_S
        while not look(self.now()):
            assert asyncio.get_running_loop().time() < end_s, f"{what}: {sorted(self.now())[:20]}"
            await asyncio.sleep(0.01)

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


async def hearing(listener: Listener) -> None:
    """Return once it hears what is published from now on."""
    await listener.until(lambda _: listener.connections)
    await asyncio.to_thread(listener.say, READY, b"yes")
    await listener.until(lambda now: READY in now)


@contextmanager
def listening_to(port: int, *topics: str) -> Generator[Listener]:
    listener = Listener(port, *topics)
    try:
        yield listener
    finally:
        listener.stop()


async def soon(event: asyncio.Event, timeout_s: float | None) -> None:
    """Wait less long than a gateway would."""
    del event, timeout_s
    await asyncio.sleep(0.02)


def publisher(
    address: str,
    source: MadeSource,
    counts: Counts,
    link: OpenLink | None = None,
    **more: object,
) -> Publisher:
    settings = PublishSettings.model_validate({"name": "home", "address": address, **more})
    return Publisher(
        settings,
        SITE,
        source,
        open_link=link or open_links(lambda: T0_NS),
        rng=random.Random(1),
        count=counts,
        wait=soon,
    )


@asynccontextmanager
async def telling(one: Publisher) -> AsyncGenerator[None]:
    task = asyncio.create_task(one.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def moved(fact: Whereabouts, zone: str | None) -> Whereabouts:
    return fact._replace(zone=zone, presence="departed" if zone is None else "present")


def renamed(fact: Whereabouts, name: str) -> Whereabouts:
    return fact._replace(asset=replace(fact.asset, name=name))


class MadeLink:
    """A broker in memory, and one connection to it; `refuses` is what it refuses."""

    def __init__(self, *, refuses: str = "") -> None:
        self.kept: dict[str, bytes] = {}
        self.closed = asyncio.Event()
        self.online = asyncio.Event()
        self._news = asyncio.Event()
        self._refuses = refuses
        self._messages: asyncio.Queue[Message] = asyncio.Queue()

    async def connect(self) -> None:
        await asyncio.sleep(0)

    async def subscribe(self, topics: Sequence[tuple[str, int]]) -> None:
        if self._refuses == "subscribe":
            raise ReaderMisconfiguredError(f"home: topic {topics[0][0]} is refused")
        await asyncio.sleep(0)

    async def unsubscribe(self, topics: Sequence[str]) -> None:
        del topics
        await asyncio.sleep(0)

    async def says(self, topic: str, part: bytes) -> None:
        """Wait until a topic holds this."""
        while part not in self.kept.get(topic, b""):
            self._news.clear()
            await self._news.wait()

    async def publish(
        self, topic: str, payload: bytes, qos: int = 0, *, retain: bool = False
    ) -> None:
        await asyncio.sleep(0)
        if retain:
            self.kept[topic] = payload
            self._news.set()
        echo = Message(topic, payload, qos, retain=False, packet_id=0, arrival_ns=T0_NS)
        self._messages.put_nowait(echo)
        if payload == b"online":
            self.online.set()

    async def messages(self) -> list[Message]:
        return [await self._messages.get()]

    async def close(self) -> None:
        self.closed.set()
