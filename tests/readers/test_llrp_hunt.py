"""Mutated messages by the hundred thousand: the driver lives on and goes on reading."""

import asyncio
import random
import resource
import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice

import pytest

from readers.driver import ReaderError
from readers.llrp.driver import LlrpDriver
from readers.wire.llrp.capabilities import (
    Capabilities,
    SetUp,
    encode_capabilities,
    encode_config,
)
from readers.wire.llrp.encode import ReportEncoder
from readers.wire.llrp.framing import HEADER, Frame, frame
from readers.wire.llrp.messages import Event, Message, encode_event
from readers.wire.llrp.rospec import Content
from simulators.llrp_reader import BAD_REPORT, LlrpReader
from tags.reads import Read
from tests.fuzz import llrp_frames, llrp_reports
from tests.readers.llrp_driving import (
    DEADLINE_S,
    NOW_NS,
    connected,
    reads_of,
    settings_of,
    until,
)

FULL = Content(channel=True, first_seen=True, phase=True, impinj_rssi=True, doppler=True)
FRAMES_AT_ONCE = 5_000
FRAMES_A_WRITE = 50
GOOD = Read("e2" + "00" * 10 + "07", "r1", 1, NOW_NS, 0, -50.0)
HEADERS_BROKEN = 2_000
"""One frame in so many has a mutated header, which mostly ends the connection."""


def good_frames() -> list[bytes]:
    event = Event(NOW_NS // 1000, antennas=((1, True),), gpis=((2, False),), exception="hot")
    bodies = {
        Message.RO_ACCESS_REPORT: ReportEncoder(FULL).encode(reads_of(3)),
        Message.READER_EVENT_NOTIFICATION: encode_event(event),
        Message.GET_READER_CAPABILITIES_RESPONSE: encode_capabilities(Capabilities()),
        Message.GET_READER_CONFIG_RESPONSE: encode_config({1: True}, SetUp()),
        Message.KEEPALIVE: b"",
    }
    frames = [frame(kind, 1, body) for kind, body in bodies.items()]
    reports = [frame(61, 1, ReportEncoder(FULL).encode(reads_of(n))) for n in (1, 2, 5)]
    return [*frames, *reports, frame(61, 1, BAD_REPORT)]


def mutated(seed: int, count: int) -> Iterator[bytes]:
    chance, bases = random.Random(seed), good_frames()
    for number in range(count):
        whole = bytearray(chance.choice(bases))
        first = 0 if number % HEADERS_BROKEN == HEADERS_BROKEN - 1 else HEADER.size
        for _ in range(chance.choice((1, 1, 2, 4, 16))):
            if len(whole) > first:
                at = chance.randrange(first, len(whole))
                whole[at] = chance.choice((0, 0xFF, chance.randrange(256)))
        if chance.random() < 0.1:
            cut = bytes(whole[HEADER.size : chance.randrange(HEADER.size, len(whole) + 1)])
            whole = bytearray(frame(int.from_bytes(whole[:2], "big") & 0x3FF, 1, cut))
        yield bytes(whole)


def test_mutated_bodies_are_read_or_refused() -> None:
    for whole in mutated(seed=1, count=5_000):
        llrp_reports.check(whole[HEADER.size :])


def test_mutated_streams_do_not_depend_on_how_they_are_cut() -> None:
    for whole in mutated(seed=2, count=2_000):
        llrp_frames.check(whole + whole)


class Hunt:
    """Mutated frames through a live driver, connected again whenever they end the connection."""

    def __init__(self, reader: LlrpReader) -> None:
        self.bad: Counter[str] = Counter()
        self.connections = 0
        self.slowest_s = 0.0
        """How long good reads took to come through after mutated frames, at worst.

        In time of this process, which is reader and driver in one, so that a busy machine is
        no slow driver; by the clock on the wall it is DEADLINE_S.
        """
        self._reader = reader
        self._good = asyncio.Event()

    async def run(self, frames: Iterator[bytes]) -> None:
        """Send all frames, each once."""
        left = list(islice(frames, FRAMES_AT_ONCE))
        while left:
            sent = await self._one_connection(left)
            left = left[sent:] + list(islice(frames, sent))

    async def _one_connection(self, frames: list[bytes]) -> int:
        """Send frames until they are over or the connection is; return how many."""
        self.connections += 1
        async with connected(self._reader) as driver:
            taking = asyncio.create_task(self._take_all(driver))
            sent = await self._send(driver, frames)
            begun_s = time.process_time()
            self._good.clear()
            async with asyncio.timeout(DEADLINE_S):
                while driver._link.error is None and not self._good.is_set():
                    await self._reader.report([GOOD])
                    await asyncio.sleep(0.001)
            self.slowest_s = max(self.slowest_s, time.process_time() - begun_s)
            if driver._link.error is None:
                taking.cancel()
            else:
                # What is dead must say so to whoever waits for reads.
                await asyncio.wait_for(taking, DEADLINE_S)
        return sent

    async def _send(self, driver: LlrpDriver, frames: list[bytes]) -> int:
        for first in range(0, len(frames), FRAMES_A_WRITE):
            await self._reader._port.put(b"".join(frames[first : first + FRAMES_A_WRITE]))
            await asyncio.sleep(0)
            if driver._link.error is not None:
                return min(first + FRAMES_A_WRITE, len(frames))
        return len(frames)

    async def _take_all(self, driver: LlrpDriver) -> None:
        while True:
            try:
                batch = await driver.next_batch()
            except ReaderError:
                return
            self.bad.update(batch.bad)
            if any(read.tag == GOOD.tag for read in batch.reads):
                self._good.set()


async def test_mutated_answers_open_a_session_or_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chance = random.Random(5)
    outcomes: Counter[str] = Counter()
    async with LlrpReader() as reader:
        answer = reader._answers.answer

        def mutating(request: Frame) -> bytes:
            whole = bytearray(answer(request))
            if len(whole) > HEADER.size and chance.random() < 0.3:
                for _ in range(chance.choice((1, 2, 8))):
                    whole[chance.randrange(HEADER.size, len(whole))] = chance.randrange(256)
            return bytes(whole)

        with monkeypatch.context() as patch:
            patch.setattr(reader._answers, "answer", mutating)
            for _ in range(60):
                outcomes[await opened(reader)] += 1
                await until(lambda: not reader.connected)
        assert await opened(reader) == "open"
    assert outcomes["open"] > 5
    assert outcomes["ReaderLostError"] > 5
    assert set(outcomes) <= {"open", "ReaderLostError", "ReaderMisconfiguredError"}


async def opened(reader: LlrpReader) -> str:
    # A mutated answer may be none any more, and then there is none to wait for.
    driver = LlrpDriver(settings_of(reader.address, connect_timeout_s=0.3), time.time_ns)
    try:
        await asyncio.wait_for(driver.connect(), DEADLINE_S)
        await driver.examine(0.0)
    except ReaderError as error:
        return type(error).__name__
    finally:
        await driver.close()
    return "open"


async def hunt(seed: int, count: int) -> None:
    async with LlrpReader() as reader:
        hunting = Hunt(reader)
        await hunting.run(mutated(seed, count))
    assert hunting.connections > count // HEADERS_BROKEN // 4
    assert hunting.slowest_s < 1.0
    assert hunting.bad["frame"] > 0
    assert sum(hunting.bad.values()) > count // 100


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mutated length swallows what follows until the message is found to be endless."""
    monkeypatch.setattr("readers.llrp.link.STALLED_S", 0.5)


@pytest.mark.usefixtures("impatient")
async def test_a_live_driver_survives_a_hundred_thousand_mutated_frames() -> None:
    await hunt(seed=3, count=100_000)


@pytest.mark.fuzz
@pytest.mark.timeout(0)
@pytest.mark.usefixtures("impatient")
async def test_a_live_driver_survives_a_million_mutated_frames() -> None:
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    await hunt(seed=4, count=1_000_000)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib < 64 * 1024
