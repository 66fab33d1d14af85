"""Everything that speaks in `tagwarden demo`: LLRP readers, a serial module, a scanner, a broker.

What walks about is heard by the LLRP readers, as the facility plays it. Beside that a serial
module lies on the workbench, parcels are scanned at the packing table, and over a broker a
location engine says where forklifts and badges are, and a cold store and its door how they are.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack
from importlib.util import find_spec
from itertools import count
from typing import Final

from readers.wire.llrp.capabilities import Capabilities
from simulators.broker import Broker
from simulators.demo_floors import on_floor
from simulators.lifetime import Lifetime
from simulators.llrp_reader import LlrpReader
from simulators.location_engine import TICK_S, LocationEngine, fixes_payload, tick_ns
from simulators.m100 import M100Module
from simulators.mqtt_devices import DoorSensor, Publication, Publisher, TemperatureSensor
from simulators.scanner import Scanner
from simulators.scenarios import SimulatedAsset, giai
from simulators.tcp_port import TcpPort
from tags.reads import Read

BENCH_TAGS: Final = tuple(giai(5000 + n) for n in range(3))
PARCELS: Final = ("00340123450000000017", "00340123450000000024", "00340123450000000031")
"""What stands on the labels: GS1 element strings of three serial shipping container codes."""

COLD_STORE, DOOR = "cold-store", "cold-store-door"
FIXES_TOPIC: Final = "locator/fixes"
BENCH_EVERY_S = 0.5
SCAN_EVERY_S = 2.5
SENSE_EVERY_S = 2.0
DOOR_EVERY = 4
"""The door moves at every fourth value of the thermometer."""
_VALUES_OF_COLD_STORE, _VALUES_OF_DOOR = 4, 3
_COLD_C, _SWING_C = 4.0, 0.6
# Once in so many turns its door is left open, and it gets warm for a while.
_WARM_EVERY, _WARM_FROM, _WARM_TURNS, _WARM_C = 300, 30, 30, 3.5


class DemoSources(Lifetime):
    """Starts all sources, each speaking its own protocol; `async with` stops them again.

    Without the package amqtt there is no broker, and `broker_address` is None.
    """

    def __init__(
        self, llrp_readers: Iterable[str], trackers: Iterable[SimulatedAsset] = ()
    ) -> None:
        bare = Capabilities(gpis=0)
        self.readers = {name: LlrpReader(capabilities=bare) for name in llrp_readers}
        self.module = M100Module()
        self.broker_address: str | None = None
        self.scanner_port = TcpPort()
        self.values_sent = 0
        """Fixes, and values of sensors, that were handed to the broker."""
        self._engine = LocationEngine(trackers, on_floor)
        self._publisher: Publisher | None = None
        self._scanner = Scanner(self.scanner_port)
        self._thermometer: TemperatureSensor | None = None
        self._door: DoorSensor | None = None
        self._stack = AsyncExitStack()

    @property
    def sent(self) -> int:
        """Reads put on any wire so far."""
        others = self.module.sent + self._scanner.sent
        return others + sum(reader.sent for reader in self.readers.values())

    async def start(self) -> None:
        """Start them."""
        for reader in self.readers.values():
            await self._stack.enter_async_context(reader)
        await self._stack.enter_async_context(self.module)
        await self._stack.enter_async_context(self.scanner_port)
        if find_spec("amqtt") is not None:
            await self._start_broker()

    async def stop(self) -> None:
        """Stop them."""
        await self._stack.aclose()

    async def ready(self) -> None:
        """Return once the gateway listens to all of them; to the broker it connects by itself."""
        for reader in self.readers.values():
            await reader.inventorying.wait()
        await self.module.inventorying.wait()
        await self.scanner_port.connected.wait()

    async def play(self, start_ns: int, until_s: float = math.inf) -> None:
        """Let everything but the LLRP readers speak until then; fixes say simulated times."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._locate(start_ns, until_s), name="locator")
            group.create_task(self._lie_on_bench(until_s), name="bench")
            group.create_task(self._scan(until_s), name="scanner")
            group.create_task(self._sense(until_s), name="sensors")

    async def _start_broker(self) -> None:
        broker = await self._stack.enter_async_context(Broker())
        self.broker_address = broker.address
        publisher = Publisher("127.0.0.1", broker.port, "demo-devices")
        self._publisher = await self._stack.enter_async_context(publisher)
        self._thermometer = TemperatureSensor(publisher, f"zigbee2mqtt/{COLD_STORE}")
        self._door = DoorSensor(publisher, f"zigbee2mqtt/{DOOR}")

    async def _locate(self, start_ns: int, until_s: float) -> None:
        if self._publisher is None:
            return
        async for turn in _turns(TICK_S, until_s):
            fixes = self._engine.fixes(turn + 1)
            if fixes:
                payload = fixes_payload(fixes, start_ns + tick_ns(turn + 1))
                await self._publisher.publish([Publication(FIXES_TOPIC, payload)])
                self.values_sent += len(fixes)

    async def _lie_on_bench(self, until_s: float) -> None:
        async for _ in _turns(BENCH_EVERY_S, until_s):
            # A module on a cable says no time and no antenna; only tag and RSSI are sent.
            await self.module.report([Read(tag, "", 1, 0, 0, -48.0) for tag in BENCH_TAGS])

    async def _scan(self, until_s: float) -> None:
        async for turn in _turns(SCAN_EVERY_S, until_s):
            await self._scanner.scan(PARCELS[turn % len(PARCELS)], aim="C1")

    async def _sense(self, until_s: float) -> None:
        if self._thermometer is None or self._door is None:
            return
        async for turn in _turns(SENSE_EVERY_S, until_s):
            await self._thermometer.measure(cold_store_c(turn))
            self.values_sent += _VALUES_OF_COLD_STORE
            if turn % DOOR_EVERY == 0:
                await self._door.move(is_open=turn % (2 * DOOR_EVERY) == 0)
                self.values_sent += _VALUES_OF_DOOR


def cold_store_c(turn: int) -> float:
    """The temperature of the cold store at a turn of its thermometer, in tenths of a degree."""
    warm = _WARM_FROM <= turn % _WARM_EVERY < _WARM_FROM + _WARM_TURNS
    return round(_COLD_C + _WARM_C * warm + _SWING_C * math.sin(turn / 5), 1)


async def _turns(every_s: float, until_s: float) -> AsyncIterator[int]:
    """Count turns from 0, each when it is due; which there are depends on no clock."""
    clock = asyncio.get_running_loop().time
    began_s = clock()
    for turn in count():
        due_s = (turn + 1) * every_s
        if due_s >= until_s:
            return
        await asyncio.sleep(max(0.0, began_s + due_s - clock()))
        yield turn
