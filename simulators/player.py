"""Plays a facility in real time through simulated readers that speak a real protocol."""

import asyncio
import math
from collections.abc import Mapping, Sequence
from typing import Protocol

from simulators.facility import Facility
from simulators.rounds import SECOND_NS
from tags.reads import Read


class ReportSink(Protocol):
    """A simulated reader, whatever it speaks."""

    async def report(self, reads: Sequence[Read]) -> object:
        """Put these reads on the wire."""
        ...


class FacilityPlayer:
    """Hands the reports of a facility to simulated readers when they are due.

    Times of reads are simulated: `start_ns` plus the time since the start of the simulation,
    however late the machine is. `speed` 2 plays two simulated seconds in one.
    """

    def __init__(
        self,
        facility: Facility,
        readers: Mapping[str, ReportSink],
        start_ns: int,
        *,
        speed: float = 1.0,
    ) -> None:
        missing = [name for name in facility.readers if name not in readers]
        if missing:
            raise KeyError(f"no reader given for {', '.join(missing)}")
        if not 0 < speed < math.inf:
            raise ValueError(f"speed {speed} is not a positive number")
        self.reads_played = 0
        self._facility = facility
        self._readers = readers
        self._start_ns = start_ns
        self._speed = speed

    async def play(self, until_s: float = math.inf) -> None:
        """Play from the start of the simulation up to `until_s`, from now on."""
        clock = asyncio.get_running_loop().time
        began_s = clock()
        for report in self._facility.run(until_s, start_ns=self._start_ns):
            due_s = began_s + report.offset_ns / SECOND_NS / self._speed
            await asyncio.sleep(max(0.0, due_s - clock()))
            await self._readers[report.reader].report(report.reads)
            self.reads_played += len(report.reads)
        if until_s < math.inf:
            await asyncio.sleep(max(0.0, began_s + until_s / self._speed - clock()))
