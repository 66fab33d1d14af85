"""Make-believe devices behind a real MQTT broker: readers of two makes, and sensors.

    async with Publisher("127.0.0.1", broker.port, "FX-1") as publisher:
        reader = ZebraReader(publisher, "zebra/FX-1/tags")
        await reader.report(reads)

They speak through paho's own client in its own thread, which connects again by itself.
"""

import asyncio
import base64
import json
import math
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Final, NamedTuple, Self

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tags.reads import Read
from tags.times import MILLISECOND_NS, format_time

UNDER_WAY_MAX = 500
PATIENCE_S = 10.0
_VERSIONS: Final = {"3.1.1": MQTTProtocolVersion.MQTTv311, "5": MQTTProtocolVersion.MQTTv5}


class Publication(NamedTuple):
    """What a device says: a topic and a payload."""

    topic: str
    payload: bytes
    retain: bool = False


class Login(NamedTuple):
    """How a device introduces itself; `lost` is what the broker says when it is gone."""

    username: str | None = None
    password: str | None = None
    version: str = "3.1.1"
    lost: Publication | None = None


class Publisher:
    """A connection of a device to a broker, with QoS 1 unless told otherwise."""

    def __init__(self, host: str, port: int, client_id: str, login: Login | None = None) -> None:
        login = login or Login()
        self._place = (host, port)
        self._connected = threading.Event()
        self._room = threading.Semaphore(UNDER_WAY_MAX)
        self._client = client = Client(
            CallbackAPIVersion.VERSION2, client_id, protocol=_VERSIONS[login.version]
        )
        client.reconnect_delay_set(1, 2)
        client.username = login.username
        client.password = login.password
        client.on_connect = _caller(self._connected.set)
        client.on_publish = _caller(self._room.release)
        if login.lost is not None:
            client.will_set(login.lost.topic, login.lost.payload, 1, login.lost.retain)

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._start)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await asyncio.to_thread(self._stop)

    async def publish(self, publications: Sequence[Publication], qos: int = 1) -> None:
        """Hand these to the client in order; waits while 500 are not acknowledged yet.

        Raises TimeoutError when the broker takes none for 10 s.
        """
        await asyncio.to_thread(self._publish, publications, qos)

    async def drain(self) -> None:
        """Wait until the broker has everything. Raises TimeoutError after 10 s without that."""
        await asyncio.to_thread(self._drain)

    async def vanish(self) -> None:
        """Cut the connection without a goodbye: the broker publishes the last will."""
        await asyncio.to_thread(self._vanish)

    def _start(self) -> None:
        self._client.connect(*self._place)
        self._client.loop_start()
        if not self._connected.wait(PATIENCE_S):
            raise TimeoutError("the broker did not take the device in")

    def _stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _vanish(self) -> None:
        self._client.loop_stop()
        held = self._client.socket()
        if held is not None:
            held.close()

    def _publish(self, publications: Sequence[Publication], qos: int) -> None:
        for topic, payload, retain in publications:
            self._take_place()
            self._client.publish(topic, payload, qos, retain)

    def _drain(self) -> None:
        for _ in range(UNDER_WAY_MAX):
            self._take_place()
        self._room.release(UNDER_WAY_MAX)

    def _take_place(self) -> None:
        if not self._room.acquire(timeout=PATIENCE_S):
            raise TimeoutError("the broker takes nothing")


Write = Callable[[Sequence[Read], int], list[bytes]]
"""Payloads for reads; the number counts the events before them."""


class MqttReader:
    """A reader that publishes what it hears, with faults on demand."""

    def __init__(self, publisher: Publisher, topic: str, write: Write) -> None:
        self.sent = 0
        """Reads that were handed to the broker, duplicates left out."""
        self.clock_offset_ns = 0
        """So much its clock is ahead; set it anew to let the clock jump."""
        self.repeats = False
        """Whether it says everything twice."""
        self.silent = False
        """Whether it hears tags and says nothing; those reads are lost."""
        self._publisher = publisher
        self._topic = topic
        self._write = write
        self._held: list[Read] | None = None

    async def report(self, reads: Sequence[Read]) -> int:
        """Publish these reads with their `time_ns`; how many went out."""
        if self.silent:
            return 0
        if self._held is not None:
            self._held += reads
            return 0
        payloads = self._write([self._stamped(read) for read in reads], self.sent)
        self.sent += len(reads)
        await self._say([payload for payload in payloads for _ in range(1 + self.repeats)])
        return len(reads)

    def hold(self) -> None:
        """Buffer what is heard, as in an outage of the network."""
        self._held = [] if self._held is None else self._held

    async def release(self) -> int:
        """Publish what was buffered, with its true times; how many reads that were."""
        held, self._held = self._held or [], None
        return await self.report(held)

    async def cut(self, reads: Sequence[Read]) -> None:
        """Publish messages of which the second half is missing."""
        payloads = self._write(reads, self.sent)
        await self._say([payload[: len(payload) // 2] for payload in payloads])

    async def babble(self, payload: bytes = b"\xff\x00{]") -> None:
        """Publish what is no message at all."""
        await self._say([payload])

    async def _say(self, payloads: Sequence[bytes]) -> None:
        await self._publisher.publish([Publication(self._topic, each) for each in payloads])

    def _stamped(self, read: Read) -> Read:
        if not self.clock_offset_ns:
            return read
        return Read(
            read.tag,
            read.reader,
            read.antenna,
            read.time_ns + self.clock_offset_ns,
            read.arrival_ns,
            read.rssi_dbm,
            read.count,
            read.phase_rad,
            read.doppler_hz,
            read.channel,
        )


class ZebraReader(MqttReader):
    """A fixed reader with Zebra's IoT Connector: one message for each tag."""

    def __init__(self, publisher: Publisher, topic: str, host: str = "FX9600") -> None:
        def write(reads: Sequence[Read], number: int) -> list[bytes]:
            return [zebra_payload(read, host, number + n) for n, read in enumerate(reads)]

        super().__init__(publisher, topic, write)


class ImpinjReader(MqttReader):
    """An R700 with the IoT interface: one message for each report, an array of events."""

    def __init__(self, publisher: Publisher, topic: str, host: str = "impinj-16-f0-01") -> None:
        def write(reads: Sequence[Read], _number: int) -> list[bytes]:
            return [impinj_payload(reads, host)] if reads else []

        super().__init__(publisher, topic, write)


class MqttSensor:
    """A sensor that says its values as zigbee2mqtt does, retained if it was told so."""

    def __init__(self, publisher: Publisher, topic: str, *, retain: bool = False) -> None:
        self.sent = 0
        self._publisher = publisher
        self._topic = topic
        self._retain = retain

    async def say(self, **values: float | bool) -> None:
        """Publish values, such as `temperature=4.2, humidity=61.0` or `contact=False`."""
        payload = json.dumps({"battery": 97, "linkquality": 120, **values}).encode()
        await self._publisher.publish([Publication(self._topic, payload, self._retain)])
        self.sent += 1


class TemperatureSensor(MqttSensor):
    """A cold store's thermometer."""

    async def measure(self, temperature_c: float, humidity_percent: float = 50.0) -> None:
        """Publish what it is like now."""
        await self.say(temperature=temperature_c, humidity=humidity_percent)


class DoorSensor(MqttSensor):
    """A door's contact, which is closed while the door is."""

    async def move(self, *, is_open: bool) -> None:
        """Publish that the door was opened or closed."""
        await self.say(contact=not is_open)


def _caller(call: Callable[[], object]) -> Callable[..., None]:
    """A callback of paho's; it must not know the publisher, or the two keep each other alive."""

    def called(*_: object) -> None:
        call()

    return called


def zebra_payload(read: Read, host: str, number: int) -> bytes:
    """One tag in mode SIMPLE with all its metadata; times in milliseconds, offset `+0000`."""
    data: dict[str, object] = {
        "eventNum": number,
        "format": "epc",
        "idHex": read.tag,
        "antenna": read.antenna,
        "peakRssi": None if read.rssi_dbm is None else round(read.rssi_dbm),
        "reads": read.count,
        "hostName": host,
    }
    if read.channel is not None:
        data["channel"] = 902.75 + 0.5 * (read.channel - 1)
    timestamp = format_time(read.time_ns - read.time_ns % MILLISECOND_NS)
    message = {"type": "SIMPLE", "timestamp": timestamp.replace("Z", "+0000"), "data": data}
    return json.dumps(message).encode()


def impinj_payload(reads: Sequence[Read], host: str) -> bytes:
    """A report as an R700 sends it by default; the EPC is base64url, RSSI in 1/100 dBm."""
    return json.dumps([_impinj_event(read, host) for read in reads]).encode()


def _impinj_event(read: Read, host: str) -> dict[str, object]:
    tag: dict[str, object] = {
        "epc": base64.urlsafe_b64encode(bytes.fromhex(read.tag)).decode(),
        "antennaPort": read.antenna,
        "transmitPowerCdbm": 3000,
    }
    if read.rssi_dbm is not None:
        tag["peakRssiCdbm"] = round(read.rssi_dbm * 100)
    if read.channel is not None:
        tag["frequency"] = 902_750 + 500 * (read.channel - 1)
    if read.phase_rad is not None:
        tag["phaseAngle"] = round(math.degrees(read.phase_rad), 2)
    return {
        "timestamp": format_time(read.time_ns),
        "hostname": host,
        "eventType": "tagInventory",
        "tagInventoryEvent": tag,
    }
