import asyncio
from collections.abc import Sequence

import pytest

from simulators.depot import depot
from simulators.facility import Facility
from simulators.player import FacilityPlayer
from simulators.rounds import SECOND_NS
from tags.reads import Read

START_NS = 1_700_000_000 * SECOND_NS


class Sink:
    def __init__(self, pause_s: float = 0) -> None:
        self.reads: list[Read] = []
        self.heard_at_s: list[float] = []
        self._pause_s = pause_s

    async def report(self, reads: Sequence[Read]) -> None:
        await asyncio.sleep(self._pause_s)
        self.reads += reads
        self.heard_at_s.append(asyncio.get_running_loop().time())


def sinks(pause_s: float = 0) -> dict[str, Sink]:
    return {name: Sink(pause_s) for name in Facility(1, depot(1)).readers}


async def test_a_player_hands_each_reader_its_own_reads_with_simulated_times() -> None:
    facility, readers = Facility(1, depot(1)), sinks()
    player = FacilityPlayer(facility, readers, START_NS, speed=50)
    await player.play(10)
    for name, sink in readers.items():
        expected = [
            read
            for report in facility.run(10, start_ns=START_NS)
            if report.reader == name
            for read in report.reads
        ]
        assert sink.reads == expected
    assert player.reads_played == sum(len(sink.reads) for sink in readers.values())


async def test_a_slow_machine_changes_no_read() -> None:
    quick, slow = sinks(), sinks(pause_s=0.001)
    await FacilityPlayer(Facility(1, depot(1)), quick, START_NS, speed=1000).play(10)
    await FacilityPlayer(Facility(1, depot(1)), slow, START_NS, speed=1000).play(10)
    assert {name: sink.reads for name, sink in quick.items()} == {
        name: sink.reads for name, sink in slow.items()
    }


async def test_reports_come_no_sooner_than_their_time() -> None:
    facility, readers = Facility(1, depot(1)), sinks()
    began_s = asyncio.get_running_loop().time()
    await FacilityPlayer(facility, readers, START_NS, speed=20).play(5)
    assert asyncio.get_running_loop().time() - began_s >= 5 / 20
    for name, sink in readers.items():
        offsets = [report.offset_ns for report in facility.run(5) if report.reader == name]
        for at_s, offset_ns in zip(sink.heard_at_s, offsets, strict=True):
            assert at_s - began_s >= offset_ns / SECOND_NS / 20 - 1e-6


async def test_a_player_without_an_end_plays_until_it_is_cancelled() -> None:
    readers = sinks()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await FacilityPlayer(Facility(1, depot(1)), readers, START_NS, speed=100).play()
    assert all(sink.reads for sink in readers.values())


def test_a_player_wants_a_reader_for_each_and_a_speed() -> None:
    facility, readers = Facility(1, depot(1)), sinks()
    with pytest.raises(KeyError, match="gate-1"):
        FacilityPlayer(facility, {k: v for k, v in readers.items() if k != "gate-1"}, START_NS)
    with pytest.raises(ValueError, match="speed"):
        FacilityPlayer(facility, readers, START_NS, speed=0)
