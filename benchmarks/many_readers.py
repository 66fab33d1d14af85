"""Fifty LLRP readers and one gateway: how many reads a second one core carries.

The readers are simulated, in processes of their own, and speak LLRP over the loopback. The
gateway is `tagwarden run` with a fresh data folder, held to one core of the machine; the readers
have the others. For each rate the readers report for a while, and tagged assets are carried out
through a zone of role exit. A rate is carried when every read that was sent is committed, at
most a second after the last one, and 99 of 100 alerts are committed within 250 ms of the
arrival of the read that decided them (`tagwarden_alert_seconds`, interpolated in its buckets).

Run: `make bench`, or `python benchmarks/many_readers.py`, on a quiet machine: two minutes.
"""

import argparse
import asyncio
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from benchmarks.processes import ROOT, Process, cores, process
from gateway.entries import ReadGroup, decode_entries
from history.state import open_reader
from simulators.llrp_crowd import WALKERS_PER_READER, walker_tag

READERS = 50
PROCESSES = 2
RATES = (5_000, 10_000, 20_000, 30_000, 40_000, 50_000)
STEP_S = 12.0
WARM_UP_READS_PER_S = 10_000
WARM_UP_S = 4.0
ALERTS_PER_S = 20.0
P99_S_MAX = 0.25
DRAIN_S_MAX = 1.0
STARVED_MAX = 0.1

COMMAND = (sys.executable, "-c", "from gateway.cli import main; raise SystemExit(main())")


class Simulators:
    """The processes with the readers."""

    def __init__(self, processes: list[asyncio.subprocess.Process]) -> None:
        self._processes = processes

    async def addresses(self) -> list[str]:
        """Of all readers, in order."""
        found: list[list[str]] = [await self._line(process) for process in self._processes]
        return [address for each in found for address in each]

    async def report(self, rate: float, for_s: float) -> tuple[int, int]:
        """Let all report at `rate` reads a second together; reads sent and assets gone so far."""
        order = json.dumps([rate / READERS, for_s]).encode() + b"\n"
        for each in self._processes:
            assert each.stdin is not None
            each.stdin.write(order)
        answers: list[list[int]] = [await self._line(process) for process in self._processes]
        return sum(sent for sent, _ in answers), sum(gone for _, gone in answers)

    async def _line(self, process: asyncio.subprocess.Process) -> Any:  # noqa: ANN401 -- JSON
        assert process.stderr is not None
        return json.loads(await process.stderr.readline())


@asynccontextmanager
async def simulators(*more: str) -> AsyncGenerator[Simulators]:
    """Start the processes with the readers; `more` is said to each of them."""
    each = READERS // PROCESSES
    async with AsyncExitStack() as stack:
        started = [
            await stack.enter_async_context(
                process(
                    *(sys.executable, "-m", "simulators.llrp_crowd"),
                    *("--first", str(first), "--readers", str(each)),
                    *("--walk-every", str(READERS / ALERTS_PER_S)),
                    *more,
                    on=cores()[1],
                    stdin=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.PIPE,
                ),
            )
            for first in range(0, READERS, each)
        ]
        yield Simulators(started)


def site_text(addresses: Sequence[str]) -> str:
    """Fifty readers in one hall with a gate, and a rule about what leaves."""
    lines = [
        "site: {name: Benchmark}",
        "zones: [{name: hall}, {name: gate, role: exit}]",
        "readers:",
        *(
            f"  - {{name: reader-{number}, driver: llrp, address: '{address}', antennas:"
            " {1: {zone: hall}, 2: {zone: hall}, 3: {zone: hall}, 4: {zone: gate}}}"
            for number, address in enumerate(addresses)
        ),
        "rules:",
        "  - {name: stay in, kind: exit, assets: {category: laptop}, fence: [hall]}",
        "server: {listen: '127.0.0.1:0'}",
    ]
    return "\n".join((*lines, ""))


def assets_text() -> str:
    """All assets that will be carried out."""
    rows = [
        f"asset-{reader}-{number},laptop,{walker_tag(reader, number)}"
        for reader in range(READERS)
        for number in range(WALKERS_PER_READER)
    ]
    return "\n".join(("id,category,tags", *rows, ""))


async def tagwarden(*arguments: str) -> str:
    """Run a command to its end; what it prints."""
    done = await asyncio.create_subprocess_exec(
        *COMMAND, *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await done.communicate()
    assert done.returncode == 0, arguments
    return out.decode().strip()


class Figures(NamedTuple):
    """What `/metrics` says: reads taken in, reads that wait, alerts up to each bound."""

    reads: int
    waiting: int
    alerts: dict[float, int]


class Gateway(Process):
    """A running gateway, seen from outside."""

    def __init__(self, pid: int, client: httpx.AsyncClient) -> None:
        super().__init__(pid)
        self.client = client

    async def figures(self) -> Figures:
        """The metrics of now."""
        text = (await self.client.get("/metrics")).text
        buckets = re.findall(
            r'^tagwarden_alert_seconds_bucket\{le="([^"]+)"\} (\S+)', text, re.MULTILINE
        )
        alerts = {float(bound): round(float(count)) for bound, count in buckets}
        reads, waiting = (_total(text, f"tagwarden_{n}") for n in ("reads_total", "queue_items"))
        return Figures(reads, waiting, alerts)


def _total(text: str, name: str) -> int:
    return round(sum(map(float, re.findall(rf"^{name}\{{.*\}} (\S+)$", text, re.MULTILINE))))


@asynccontextmanager
async def gateway(folder: Path, text: str) -> AsyncGenerator[Gateway]:
    """Start a gateway with a site file on fresh data with its assets, and wait for it."""
    site, assets, data = folder / "site.yaml", folder / "assets.csv", folder / "data"
    for path, content in ((site, text), (assets, assets_text())):
        path.write_text(content, encoding="utf-8")
    key = await tagwarden("keys", "create", "bench", "--role", "viewer", "--data", str(data))
    await tagwarden("import", "assets", str(assets), "--data", str(data))
    log = folder / "log"
    with log.open("wb") as out:
        command = (*COMMAND, "run", str(site), "--data", str(data))
        async with process(*command, on=cores()[0], stdout=out, stderr=out) as running:
            url = await address_in(log)
            headers = {"authorization": f"Bearer {key}"}
            async with httpx.AsyncClient(base_url=url, headers=headers, timeout=30) as client:
                yield Gateway(running.pid, client)


async def address_in(log: Path) -> str:
    """The URL that a gateway says it has."""
    async with asyncio.timeout(30):
        while True:
            said = await asyncio.to_thread(log.read_text, encoding="utf-8")
            if found := re.search(r"API on (http://\S+),", said):
                return found[1]
            await asyncio.sleep(0.1)


class Step(NamedTuple):
    """What came of one rate."""

    rate: float
    reads_per_s: float
    cpu: float
    starved: float
    lost: int
    drain_s: float
    alerts: int
    expected: int
    p50_s: float
    p99_s: float
    memory_mib: float

    @property
    def kept_up(self) -> bool:
        """Whether all reads were taken in as they came."""
        as_asked = self.reads_per_s > 0.95 * self.rate
        return as_asked and self.drain_s <= DRAIN_S_MAX and self.lost == 0

    @property
    def carried(self) -> bool:
        """Whether, besides, all alerts came and came in time."""
        return self.kept_up and self.alerts >= self.expected > 0 and self.p99_s <= P99_S_MAX

    def row(self) -> str:
        """One line of the table."""
        return (
            f"{self.rate:8,.0f} {self.reads_per_s:8,.0f} {self.cpu:6.2f} {self.starved:7.2f}"
            f" {self.lost:6} {self.drain_s:7.1f} {self.alerts:6} {self.expected:6}"
            f" {self.p50_s * 1000:6.0f} {self.p99_s * 1000:6.0f} {self.memory_mib:6.0f}"
            f"  {'carried' if self.carried else 'not carried'}"
        )


HEADER = """\
 reads/s  reads/s    CPU starved   lost   late, alerts   gone    p50    p99    MiB
   asked     sent  cores   cores              s                   ms     ms"""
"""`starved`: others had the core. `late`: from the last read to an empty queue. `gone`: assets."""


async def step(at: Gateway, readers: Simulators, rate: float, for_s: float) -> Step:
    """Let the readers report at one rate, and see what becomes of it."""
    sent_before, gone_before = await readers.report(0, 0)
    before, began_s = await at.figures(), time.monotonic()
    used_s, starved_s = at.cpu_s(), at.starved_s()
    sent, gone = await readers.report(rate, for_s)
    took_s, used_s, starved_s = (
        time.monotonic() - began_s,
        at.cpu_s() - used_s,
        at.starved_s() - starved_s,
    )
    drain_s = await drained(at, sent)
    after = await at.figures()
    alerts = {bound: count - before.alerts[bound] for bound, count in after.alerts.items()}
    return Step(
        rate,
        (sent - sent_before) / took_s,
        used_s / took_s,
        starved_s / took_s,
        sent - after.reads,
        drain_s,
        max(alerts.values()),
        gone - gone_before,
        quantile(alerts, 0.5),
        quantile(alerts, 0.99),
        at.resident_mib(),
    )


async def drained(at: Gateway, sent: int) -> float:
    """Seconds until all that was sent has been taken in and decided; 30 at most."""
    began_s = time.monotonic()
    while (took_s := time.monotonic() - began_s) < 30:
        figures = await at.figures()
        if figures.reads == sent and figures.waiting == 0:
            break
        await asyncio.sleep(0.1)
    return took_s


def quantile(counts: dict[float, int], part: float) -> float:
    """The duration (s) that a part of all stays below, by a cumulative histogram."""
    total = max(counts.values())
    low_s, below = 0.0, 0
    for bound_s, count in sorted(counts.items()):
        if total and count >= part * total:
            if bound_s == float("inf"):
                return bound_s
            return low_s + (bound_s - low_s) * (part * total - below) / max(1, count - below)
        low_s, below = bound_s, count
    return float("nan")


def committed(data: Path) -> int:
    """Reads in the journal that a gateway left behind."""
    with closing(open_reader(data / "state.db")) as db:
        groups = (decode_entries(row[0]) for row in db.execute("SELECT entries FROM journal"))
        return sum(
            len(entry.reads) for group in groups for entry in group if isinstance(entry, ReadGroup)
        )


async def climb(at: Gateway, readers: Simulators, options: argparse.Namespace) -> list[Step]:
    """Raise the rate until it is too much, then look between.

    One that only missed the 250 ms may have had bad luck: the next is tried all the same.
    """
    found: list[Step] = []
    for rate in options.rates:
        found.append(await step(at, readers, rate, options.step_s))
        say(found[-1].row())
        if not found[-1].kept_up:
            break
    for _ in range(options.search_steps):
        good, bad = between(found)
        if good and bad:
            found.append(await step(at, readers, (good + bad) / 2, options.step_s))
            say(found[-1].row())
    return found


def between(found: Sequence[Step]) -> tuple[float, float]:
    """The highest rate that was carried, and the lowest above it that was not; 0 for none."""
    good = max((each.rate for each in found if each.carried), default=0.0)
    bad = min((each.rate for each in found if each.rate > good), default=0.0)
    return good, bad


def say(line: str) -> None:
    """Show progress at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def measured(folder: Path, options: argparse.Namespace) -> tuple[list[Step], int]:
    """All steps, and how many reads were sent in all."""
    async with AsyncExitStack() as stack:
        readers = await stack.enter_async_context(simulators())
        at = await stack.enter_async_context(gateway(folder, site_text(await readers.addresses())))
        await step(at, readers, WARM_UP_READS_PER_S, WARM_UP_S)
        steps = await climb(at, readers, options)
        sent, _ = await readers.report(0, 0)
        return steps, sent


async def measure(options: argparse.Namespace) -> None:
    """All rates on one gateway."""
    cpus, load = os.cpu_count(), os.getloadavg()[0]
    say(f"{READERS} readers in {PROCESSES} processes, {cpus} cores, load {load:.1f}\n{HEADER}")
    with tempfile.TemporaryDirectory() as name:
        steps, sent = await measured(Path(name), options)
        kept = await asyncio.to_thread(committed, Path(name) / "data")
    say(f"sent {sent:,}, committed {kept:,}, lost {sent - kept}")
    best = max((each.reads_per_s for each in steps if each.carried), default=0.0)
    say(f"one core carried {best:,.0f} reads/s with 99 of 100 alerts within {P99_S_MAX:g} s")
    if (starved := max(each.starved for each in steps)) > STARVED_MAX:
        say(f"others kept the gateway off its core up to {starved:.0%} of the time: not its limit")


def main() -> None:
    """The whole measurement."""
    parser = argparse.ArgumentParser(description="How many reads a second one core carries.")
    parser.add_argument("--rates", type=float, nargs="+", default=RATES, help="reads a second")
    parser.add_argument("--step-s", type=float, default=STEP_S, help="seconds at each rate")
    parser.add_argument("--search-steps", type=int, default=2)
    asyncio.run(measure(parser.parse_args()))


if __name__ == "__main__":
    main()
