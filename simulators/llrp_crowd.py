"""Many LLRP readers in one process, for measuring: each hears tags that stay and one that leaves.

As a command, `python -m simulators.llrp_crowd --readers 25`: the first line on stderr is a JSON
array of the addresses. Then each line on stdin, `[reads a second of each reader, for how many
seconds]`, is answered, once all have a client and that time is over, by `[reads sent, tags that
came to the gate]` since the start.
"""

import argparse
import asyncio
import json
import logging
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack

from simulators.llrp_reader import LlrpReader
from tags.reads import Read

TAGS_PER_READER = 200
WALKERS_PER_READER = 100
HALL_ANTENNAS = 3
GATE_ANTENNA = 4
IN_HALL_S = 2.0
AT_GATE_S = 0.4

_LOG = logging.getLogger(__name__)
_TICK_S = 0.1
_HALL_DBM, _GATE_DBM = -60.0, -45.0


def resting_tag(reader: int, number: int) -> str:
    """Return a tag that stays in the hall, at one reader."""
    return f"30342b5f84{reader:06x}{number:08x}"


def walker_tag(reader: int, number: int) -> str:
    """Return a tag that is carried out past one reader."""
    return f"30342b5f85{reader:06x}{number:08x}"


class _Walker:
    """One tag after the other is in the hall, then at the gate, then gone."""

    def __init__(self, reader: int, every_s: float, first: int = 0, step: int = 1) -> None:
        self.came_to_gate = 0
        self._reader = reader
        self._every_s = max(every_s, IN_HALL_S + AT_GATE_S)
        self._number, self._step = first, step
        self._set_out_s = -self._every_s * ((reader * 7 + first * 17) % 50) / 50
        self._at_gate = False

    @property
    def _tag(self) -> str:
        return walker_tag(self._reader, self._number % WALKERS_PER_READER)

    def heard(self, at_s: float, now_ns: int) -> list[Read]:
        """Return its read, if it is anywhere; `at_s` counts from the start of the process."""
        age_s = at_s - self._set_out_s
        if age_s >= self._every_s:
            # In step with itself, so that those who walk do not all leave at the same moment.
            age_s %= self._every_s
            self._set_out_s = at_s - age_s
            self._number += self._step
            self._at_gate = False
        if age_s < IN_HALL_S:
            return [Read(self._tag, "", 1, now_ns, now_ns, _HALL_DBM)]
        if age_s < IN_HALL_S + AT_GATE_S:
            self.came_to_gate += not self._at_gate
            self._at_gate = True
            return [Read(self._tag, "", GATE_ANTENNA, now_ns, now_ns, _GATE_DBM)]
        return []


class _Place:
    """One reader and what it hears."""

    def __init__(self, reader: LlrpReader, number: int, walk_every_s: float, walkers: int) -> None:
        self.reader = reader
        self.walkers = [_Walker(number, walk_every_s, at, walkers) for at in range(walkers)]
        self._resting = [
            (resting_tag(number, at), 1 + at % HALL_ANTENNAS) for at in range(TAGS_PER_READER)
        ]
        self._next = 0
        self._began_s = time.monotonic()

    async def play(self, rate: float, for_s: float) -> None:
        """Report at a rate; what the client could not take in time comes late."""
        await self.reader.inventorying.wait()
        began_s, made, end = time.monotonic(), 0, round(for_s * rate)
        while made < end:
            due = min(end, round((time.monotonic() - began_s) * rate))
            await self.reader.report(self._heard(due - made))
            made = due
            await asyncio.sleep(_TICK_S)

    def _heard(self, count: int) -> list[Read]:
        now_ns = time.time_ns()
        at_s = time.monotonic() - self._began_s
        walking = self.walkers if count else []
        reads = [read for walker in walking for read in walker.heard(at_s, now_ns)]
        for _ in range(count - len(reads)):
            tag, antenna = self._resting[self._next]
            reads.append(Read(tag, "", antenna, now_ns, now_ns, _HALL_DBM))
            self._next = (self._next + 1) % TAGS_PER_READER
        return reads


async def _serve(options: argparse.Namespace) -> None:
    lines = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    async with AsyncExitStack() as stack:
        places = [
            _Place(
                await stack.enter_async_context(LlrpReader()),
                number,
                options.walk_every,
                options.walkers,
            )
            for number in range(options.first, options.first + options.readers)
        ]
        _say([place.reader.address for place in places])
        while line := await lines.readline():
            rate, for_s = json.loads(line)
            await asyncio.gather(*(place.play(rate, for_s) for place in places))
            came = sum(walker.came_to_gate for place in places for walker in place.walkers)
            _say([sum(place.reader.sent for place in places), came])


def _say(value: object) -> None:
    _LOG.info("%s", json.dumps(value))


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until stdin ends."""
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    parser = argparse.ArgumentParser(prog="python -m simulators.llrp_crowd", description=__doc__)
    parser.add_argument("--readers", type=int, default=25)
    parser.add_argument("--first", type=int, default=0, help="number of the first, for its tags")
    parser.add_argument("--walk-every", type=float, default=2.5, help="seconds from tag to tag")
    parser.add_argument("--walkers", type=int, default=1, help="that walk at once, per reader")
    asyncio.run(_serve(parser.parse_args(arguments)))


if __name__ == "__main__":
    main()
