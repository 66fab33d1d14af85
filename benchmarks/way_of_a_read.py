"""What a read costs on its whole way: LLRP bytes on a socket, decoder, pipeline, committed journal.

The peer is sllurp 3.0.5's own client, from socket to callback, on the same
bytes in the same run. Every case runs in a process of its own; what is counted
is that process's CPU time, not the feeder's. Times on the wire are simulated:
the readers together report `RATE` reads a second.

Run: `make bench`, or `python benchmarks/way_of_a_read.py`.
"""

import argparse
import asyncio
import json
import logging
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from multiprocessing.context import ForkProcess
from pathlib import Path

from sllurp.llrp import LLRPReaderClient, LLRPReaderConfig, LLRPReaderState

from gateway.blueprints import stored_blueprint
from gateway.collector import Collector
from gateway.entries import ReadGroup, Tick
from gateway.journal import SqliteJournal
from gateway.limits import LimitsSettings
from gateway.run import tune_garbage_collection
from gateway.site import parse_site
from gateway.station import Station
from history.state import open_state
from readers.llrp.link import LlrpLink
from readers.wire.llrp.encode import ReportEncoder
from readers.wire.llrp.framing import frame
from readers.wire.llrp.rospec import Content
from tags.reads import Read

READS = 200_000
TAGS = 20_000
REPORT = 100
RATE = 10_000
START_NS = 1_760_000_000 * 1_000_000_000
ROUNDS = 3
KNOWN_MANY = 100_000
SETTLE_S = 3
CHUNK = 65_536

SITE = """
site: {name: Benchmark}
zones: [{name: hall}, {name: gate, role: exit}]
readers:
  - name: dock
    driver: llrp
    address: 127.0.0.1:5084
    antennas: {1: {zone: hall}, 2: {zone: gate}}
rules:
  - {name: stay in, kind: exit, fence: [hall]}
"""


def tag_of(number: int) -> str:
    """An EPC for each number."""
    return f"30342b5f84010f40{number:08x}"


def messages(reads: int, tags: int, begin: int = 0) -> Iterator[bytes]:
    """RO_ACCESS_REPORTs of 100 tags each, `tags` in turn, at `RATE` reads a second."""
    encoder = ReportEncoder(Content())
    for first in range(begin, begin + reads, REPORT):
        report = [
            Read(tag_of(n % tags), "dock", 1, time_of(n), time_of(n), -50.0)
            for n in range(first, first + REPORT)
        ]
        yield frame(61, first, encoder.encode(report))


def time_of(number: int) -> int:
    """Event time of the n-th read (ns)."""
    return START_NS + number * 1_000_000_000 // RATE


def feed(sink: socket.socket, wire: bytes) -> None:
    """Write all bytes as fast as the other side takes them."""
    sink.sendall(wire)
    sink.shutdown(socket.SHUT_WR)


def fed(wire: bytes) -> tuple[socket.socket, ForkProcess]:
    """A socket on which another process sends `wire`."""
    ours, theirs = socket.socketpair()
    feeder = ForkProcess(target=feed, args=(theirs, wire))
    feeder.start()
    theirs.close()
    return ours, feeder


def sllurp_case(reads: int, tags: int) -> dict[str, float]:
    """Sllurp's client on a connected socket, inventorying, with a callback that counts."""
    logging.disable(logging.CRITICAL)
    wire = b"".join(messages(reads, tags))
    seen = 0

    def count(_reader: object, found: list[object]) -> None:
        nonlocal seen
        seen += len(found)

    client = LLRPReaderClient("127.0.0.1", 5084, LLRPReaderConfig({}))
    client.llrp.state = LLRPReaderState.STATE_INVENTORYING
    client.add_tag_report_callback(count)
    client._socket, feeder = fed(wire)  # noqa: SLF001 - its connect() takes addresses only
    began_s = time.process_time()
    client.main_loop()
    cpu_s = time.process_time() - began_s
    feeder.join()
    return {"reads": seen, "cpu_s": cpu_s}


def ours_case(reads: int, tags: int, known: int) -> dict[str, float]:
    """The gateway's stations joined as in `tagwarden run`, without its HTTP server."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_ours(Path(folder), reads, tags, known))


async def _ours(folder: Path, reads: int, tags: int, known: int) -> dict[str, float]:
    journal = SqliteJournal(open_state(folder / "state.db"))
    station = Station(journal, stored_blueprint)
    station.process(station.start_entries(parse_site(SITE), START_NS))
    tune_garbage_collection()
    empty_kib = resident_kib()
    begin = learn(station, known)
    per_tag = (resident_kib() - empty_kib) * 1024 / known if known else 0.0
    way = Way(station, journal, begin)
    ours, feeder = fed(b"".join(messages(reads, tags, begin)))
    began_s = time.process_time()
    await way.walk(ours, reads)
    cpu_s = time.process_time() - began_s
    feeder.join()
    way.collector.close()
    return {
        "reads": way.collector.reads_committed,
        "cpu_s": cpu_s,
        "bytes_per_known_tag": per_tag,
    }


class Way:
    """The parts that a read passes, put together; the clock goes by the reads."""

    def __init__(self, station: Station, journal: SqliteJournal, begin: int) -> None:
        self._begin = begin
        self._taken = 0
        self._link = LlrpLink("dock", 10_000, self._clock)
        self._station = station
        self.collector = Collector(station, journal, self._clock, LimitsSettings())

    def _clock(self) -> int:
        return time_of(self._begin + self._taken + self._link.inbox.waiting)

    async def walk(self, source: socket.socket, reads: int) -> None:
        """Take `reads` in from a socket; return when all are committed."""
        running = asyncio.create_task(self.collector.run())
        await asyncio.get_running_loop().create_connection(lambda: self._link, sock=source)
        while self._taken < reads:
            await self._link.news.wait()
            batch = self._link.take()
            self._taken += len(batch.reads)
            await self.collector.put_reads(batch.reads)
        while self.collector.reads_committed < reads:
            await self.collector.committed(self._station.committed_seq, 0.01)
        running.cancel()


def learn(station: Station, known: int) -> int:
    """Let the pipeline hear `known` tags once and settle; the read number to go on with."""
    for seq, first in enumerate(range(0, known, 1_000)):
        group = [
            Read(tag_of(n), "dock", 1, time_of(n), time_of(n), -50.0)
            for n in range(first, min(first + 1_000, known))
        ]
        station.process([ReadGroup("before", seq, group)])
    begin = known + SETTLE_S * RATE
    station.process([Tick(time_of(begin))])
    return begin


def resident_kib() -> int:
    """Resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() // 1024


def run_case(*arguments: object) -> dict[str, float]:
    """One case in a fresh process."""
    command = [sys.executable, __file__, *map(str, arguments)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - ourselves
    result: dict[str, float] = json.loads(done.stdout)
    return result


def cost_us(result: dict[str, float]) -> float:
    """CPU microseconds a read."""
    return result["cpu_s"] / result["reads"] * 1e6


def report() -> str:
    """Run every case and put the table together."""
    lines = [f"{READS} reads, {REPORT} tags a report, {RATE} reads/s of event time"]
    return "\n".join([*lines, *against_the_peer(), *with_many_known()])


def against_the_peer() -> list[str]:
    """Our whole way and sllurp's client in turn, so that both see the same machine."""
    peers: list[float] = []
    ours: list[float] = []
    for _ in range(ROUNDS):
        peers.append(cost_us(run_case("sllurp", READS, TAGS)))
        ours.append(cost_us(run_case("ours", READS, TAGS, TAGS)))
    ratios = [peer / our for peer, our in zip(peers, ours, strict=True)]
    return [
        row("sllurp 3.0.5, socket to callback", peers),
        row(f"our whole way to the committed journal, {TAGS} tags", ours),
        f"  ratio {statistics.median(ratios):.2f} (rounds: {listed(ratios)}); to reach: 1.5",
    ]


def with_many_known() -> list[str]:
    """What a read costs when the site knows a thousand times as many tags."""
    few: list[float] = []
    many: list[float] = []
    active: list[float] = []
    memory: list[float] = []
    for _ in range(ROUNDS):
        few.append(cost_us(run_case("ours", READS, 100, 100)))
        result = run_case("ours", READS, 100, KNOWN_MANY)
        many.append(cost_us(result))
        memory.append(result["bytes_per_known_tag"])
        active.append(cost_us(run_case("ours", READS, KNOWN_MANY, KNOWN_MANY)))
    ratios = [b / a for a, b in zip(few, many, strict=True)]
    return [
        row("100 tags active, 100 known", few),
        row(f"100 tags active, {KNOWN_MANY} known", many),
        f"  growth {statistics.median(ratios):.2f} (rounds: {listed(ratios)}); at most 1.3",
        row(f"all of {KNOWN_MANY} known tags active", active),
        f"resident memory per known tag: {statistics.median(memory):.0f} bytes; at most 1536",
    ]


def row(name: str, costs: list[float]) -> str:
    """One line of the table."""
    cost = statistics.median(costs)
    return f"{name}: {cost:.2f} us a read, {1e6 / cost:,.0f} reads per CPU-second"


def listed(values: list[float]) -> str:
    """Values with two digits."""
    return ", ".join(f"{value:.2f}" for value in values)


def main() -> None:
    """All cases, or the one that the arguments name."""
    parser = argparse.ArgumentParser(description="What a read costs on its whole way.")
    parser.add_argument("case", nargs="?", choices=("sllurp", "ours"))
    parser.add_argument("numbers", nargs="*", type=int)
    chosen = parser.parse_args()
    if chosen.case is None:
        sys.stdout.write(report() + "\n")
        return
    result = (sllurp_case if chosen.case == "sllurp" else ours_case)(*chosen.numbers)
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
