"""From the read that decides to the signed webhook that is received: how long that takes.

Fifty simulated LLRP readers in processes of their own report to `tagwarden run`; laptops are
carried out through a zone of role exit, twenty a second. Each alert goes to a webhook receiver
in this process, which checks its signature with the reference library `standardwebhooks`. The
latency of an alert is the clock at which its post has arrived less the time that the reader
stamped on the read. The peer is a bare loop that signs and posts the same body to the same
receiver, one after the other, with nothing before it: what it takes is the floor.

Then 500 laptops leave within 10 s: all are recorded (`tagwarden_alert_seconds`, from the arrival
of the read to the committed alert), and people get twenty messages and one.

Run: `make bench`, or `python benchmarks/alert_latency.py`, on a quiet machine: two minutes.
"""

import argparse
import asyncio
import base64
import json
import os
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import quantiles
from typing import NamedTuple

import httpx
from standardwebhooks.webhooks import Webhook

from benchmarks.many_readers import (
    READERS,
    Gateway,
    Simulators,
    drained,
    gateway,
    quantile,
    say,
    simulators,
)
from delivery.signing import signing_keys
from delivery.webhook import signed_headers
from tags.times import SECOND_NS, parse_time

RATES = (1_000, 10_000)
STEP_S = 20.0
WARM_UP_S = 4.0
STORM_S = 10.0
PEER_POSTS = 300
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


class Arrival(NamedTuple):
    """A message that was received: its type, its rule, and the seconds since its time."""

    type: str
    rule: str
    latency_s: float


class Receiver:
    """Takes signed posts, and says for each how old what it tells is."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []
        self.wrong = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it ends."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
                headers = {name.lower(): value for name, value in fields.items()}
                body = await reader.readexactly(int(headers["content-length"]))
                now_ns = time.time_ns()
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
                self._note(headers, body, now_ns)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _note(self, headers: dict[str, str], body: bytes, now_ns: int) -> None:
        try:
            message = Webhook(SECRET).verify(body, headers)
        except Exception:  # noqa: BLE001 -- whatever is wrong with it, it is counted
            self.wrong += 1
            return
        data = message["data"]
        latency_s = (now_ns - parse_time(data["time"])) / SECOND_NS
        self.arrivals.append(Arrival(message["type"], data["rule"], latency_s))


def site_text(addresses: Sequence[str], port: int, storm_per_minute: int) -> str:
    """Fifty readers in one hall with a gate, and a rule about what leaves, told by webhook."""
    lines = [
        "site: {name: Benchmark}",
        "zones: [{name: hall}, {name: gate, role: exit}]",
        "readers:",
        *(
            f"  - {{name: reader-{number}, driver: llrp, address: '{address}', antennas:"
            " {1: {zone: hall}, 2: {zone: hall}, 3: {zone: hall}, 4: {zone: gate}}}"
            for number, address in enumerate(addresses)
        ),
        "channels:",
        f"  - {{name: guards, kind: webhook, url: 'http://127.0.0.1:{port}/', secret: {SECRET},",
        "     allow_private: true, per_minute_max: 60000}",
        "rules:",
        "  - {name: stay in, kind: exit, assets: {category: laptop}, fence: [hall],",
        f"     notify: [guards], storm_per_minute: {storm_per_minute}}}",
        "server: {listen: '127.0.0.1:0'}",
    ]
    return "\n".join((*lines, ""))


class Latency(NamedTuple):
    """What came of one rate."""

    rate: float
    told: int
    p50_ms: float
    p99_ms: float

    def row(self, peer_p50_ms: float) -> str:
        """One line of the table."""
        ratio = self.p50_ms / peer_p50_ms
        return (
            f"{self.rate:10,.0f} {self.told:8} {self.p50_ms:8.1f} {self.p99_ms:8.1f} {ratio:9.1f}"
        )


def spread(seconds: Sequence[float]) -> tuple[float, float]:
    """Median and 99th percentile (ms)."""
    cuts = quantiles(seconds, n=100, method="inclusive")
    return cuts[49] * 1000, cuts[98] * 1000


async def peer(receiver: Receiver, port: int) -> tuple[float, float]:
    """Sign and post with nothing before it."""
    keys = signing_keys(SECRET)
    async with httpx.AsyncClient(trust_env=False) as client:
        for number in range(PEER_POSTS):
            now_ns = time.time_ns()
            told = {"type": "peer", "data": {"time": _rfc3339(now_ns), "rule": "peer"}}
            body = json.dumps(told).encode()
            headers = signed_headers(f"msg_{number}", now_ns // SECOND_NS, body, keys)
            await client.post(f"http://127.0.0.1:{port}/", content=body, headers=headers)
    return spread([each.latency_s for each in receiver.arrivals if each.type == "peer"])


def _rfc3339(time_ns: int) -> str:
    seconds, rest = divmod(time_ns, SECOND_NS)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{rest // 1000:06}Z"


async def at_rate(readers: Simulators, receiver: Receiver, rate: float, for_s: float) -> Latency:
    """Let the readers report at one rate, and look at what is received."""
    before = len(receiver.arrivals)
    await readers.report(rate, for_s)
    await asyncio.sleep(2)  # what is under way may still arrive
    found = [each for each in receiver.arrivals[before:] if each.type == "alert.raised"]
    return Latency(rate, len(found), *spread([each.latency_s for each in found]))


async def latencies(folder: Path, receiver: Receiver, port: int, for_s: float) -> list[Latency]:
    """All rates on one gateway."""
    async with AsyncExitStack() as stack:
        readers = await stack.enter_async_context(simulators())
        text = site_text(await readers.addresses(), port, storm_per_minute=1_000)
        await stack.enter_async_context(gateway(folder, text))
        await at_rate(readers, receiver, RATES[-1], WARM_UP_S)
        return [await at_rate(readers, receiver, rate, for_s) for rate in RATES]


async def storm(folder: Path, receiver: Receiver, port: int) -> str:
    """Hundreds leave within ten seconds: recorded, how soon, and what people are told."""
    walkers = ("--walkers", "3", "--walk-every", "2.5")
    async with AsyncExitStack() as stack:
        readers = await stack.enter_async_context(simulators(*walkers))
        text = site_text(await readers.addresses(), port, storm_per_minute=20)
        at = await stack.enter_async_context(gateway(folder, text))
        sent, _ = await readers.report(RATES[0], STORM_S)
        await drained(at, sent)
        _, gone = await readers.report(0, 0)
        p99_s, recorded = await _recorded(at)
        said = [each.type for each in receiver.arrivals if each.rule == "stay in"]
        return (
            f"storm: {gone} left in {STORM_S:g} s, {recorded} alerts recorded,"
            f" p99 read to record {p99_s * 1000:.0f} ms, {said.count('alert.raised')} told singly"
        )


async def _recorded(at: Gateway) -> tuple[float, int]:
    alerts = (await at.figures()).alerts
    return quantile(alerts, 0.99), max(alerts.values())


async def measure(for_s: float) -> None:
    """The floor, the rates and the storm."""
    say(f"{READERS} readers, {os.cpu_count()} cores, load before {os.getloadavg()[0]:.1f}")
    receiver = Receiver()
    server = await asyncio.start_server(receiver.answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    peer_p50_ms, peer_p99_ms = await peer(receiver, port)
    say(f"peer, a bare loop: p50 {peer_p50_ms:.1f} ms, p99 {peer_p99_ms:.1f} ms")
    with tempfile.TemporaryDirectory() as name:
        found = await latencies(Path(name), receiver, port, for_s)
    say("   reads/s     told   p50 ms   p99 ms   to peer")
    for each in found:
        say(each.row(peer_p50_ms))
    receiver.arrivals.clear()
    with tempfile.TemporaryDirectory() as name:
        say(await storm(Path(name), receiver, port))
    say(f"signatures that did not verify: {receiver.wrong}")
    server.close()


def main() -> None:
    """The whole measurement."""
    parser = argparse.ArgumentParser(description="From a read to the webhook that it causes.")
    parser.add_argument("--step-s", type=float, default=STEP_S, help="seconds at each rate")
    asyncio.run(measure(parser.parse_args().step_s))


if __name__ == "__main__":
    main()
