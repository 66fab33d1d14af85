"""An RFID reader that speaks LLRP over TCP, gets its reads from outside, and fails on demand.

As a command: `python -m simulators.llrp_reader --port 5084 --tags 100 --rate 2000`.
"""

import argparse
import asyncio
import logging
import random
import ssl
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple

from readers.wire.llrp.capabilities import Capabilities
from readers.wire.llrp.encode import ReportEncoder
from readers.wire.llrp.messages import Event, Message
from readers.wire.llrp.requests import AntennaAsk
from readers.wire.llrp.rospec import RoSpec
from simulators.lifetime import Lifetime
from simulators.llrp_answers import ANTENNA_EVENTS, Answers
from simulators.llrp_backlog import MESSAGES_MAX, Outgoing
from simulators.llrp_faults import BAD_REPORT, FAULTS, LlrpFaults, fail
from simulators.llrp_models import MODELS
from simulators.llrp_port import LlrpPort
from simulators.llrp_refusals import REFUSABLE, Style
from tags.reads import Read

__all__ = ["BAD_REPORT", "FAULTS", "LlrpReader", "fail", "main", "make_tags"]

TAGS_PER_REPORT = 100
SWITCHINGS_KEPT = 1000

_LOG = logging.getLogger(__name__)


class Switching(NamedTuple):
    """A client switched an output."""

    time_ns: int
    port: int
    high: bool


class LlrpReader(LlrpFaults, Lifetime):
    """One simulated reader; `async with` starts and stops it.

    It listens on `host:port` (port 0 takes a free one), by TLS where `ssl_context`
    is given, serves one client at a time and refuses a second, and sends the reads
    given to `report` while the client's ROSpec runs. Antennas and ports are
    numbered from 1. ROSpecs and settings outlive a connection, as in real readers.

    `refuse` holds names of llrp_refusals.REFUSABLE: single things that it refuses.
    `rospecs` and `accessspecs` are what another program has left in its memory,
    encoded as in ADD_ROSPEC. At most `messages_max` reports and events wait for a
    client that asked to have them held. `clock` is the true time in nanoseconds.
    """

    def __init__(  # noqa: PLR0913 -- each says one thing about the reader, by name
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        capabilities: Capabilities | None = None,
        tags_per_report: int = TAGS_PER_REPORT,
        clock: Callable[[], int] = time.time_ns,
        ssl_context: ssl.SSLContext | None = None,
        refuse: Collection[str] = (),
        refusal_style: Style = "parameters",
        rospecs: Iterable[bytes] = (),
        accessspecs: Iterable[bytes] = (),
        messages_max: int = MESSAGES_MAX,
    ) -> None:
        self.switched: deque[Switching] = deque(maxlen=SWITCHINGS_KEPT)
        """What clients have done to the outputs, oldest first."""
        self._host, self._port_number = host, port
        self._tags_per_report = tags_per_report
        self._clock = clock
        self._answers = Answers(capabilities or Capabilities(), refuse, refusal_style)
        self._answers.on_output = self._on_output
        for body in rospecs:
            self._answers.rospecs.load(body)
        for body in accessspecs:
            self._answers.accessspecs.add(body)
        self._shift_ns = 0 if self._answers.capabilities.utc else -clock()
        self._port = LlrpPort(
            self._answers,
            lambda: clock() + self._shift_ns,
            messages_max=messages_max,
            ssl_context=ssl_context,
        )
        self._output_switched = asyncio.Event()
        self._encoder: tuple[RoSpec, ReportEncoder] | None = None

    @property
    def address(self) -> str:
        """`host:port` to connect to; known once started."""
        return f"{self._host}:{self._port_number}"

    @property
    def port(self) -> int:
        """The TCP port; known once started."""
        return self._port_number

    @property
    def sent(self) -> int:
        """Tags put on the wire so far."""
        return self._port.sent

    @property
    def held(self) -> int:
        """Tags that wait for a client that takes reports."""
        return self._port.backlog.tags

    @property
    def held_dropped(self) -> int:
        """Tags that were lost because too many messages waited."""
        return self._port.backlog.tags_dropped

    @property
    def inventorying(self) -> asyncio.Event:
        """Set while a client is connected and its ROSpec runs."""
        return self._port.inventorying

    @property
    def connected(self) -> bool:
        """Whether a client is connected."""
        return self._port.client is not None

    @property
    def refused(self) -> int:
        """Clients turned away because another one was connected."""
        return self._port.refused

    @property
    def keepalives_answered(self) -> int:
        """KEEPALIVE_ACKs received so far."""
        return self._port.keepalives_answered

    @property
    def rospecs(self) -> list[RoSpec]:
        """The ROSpecs that clients have added and not deleted."""
        return self._answers.rospecs.all

    @property
    def antenna_asks(self) -> tuple[AntennaAsk, ...]:
        """What the newest ROSpec asks of each antenna."""
        return self._answers.rospecs.asks

    @property
    def accessspec_ids(self) -> list[int]:
        """The AccessSpecs that clients have added and not deleted."""
        return self._answers.accessspecs.ids

    @property
    def outputs(self) -> dict[int, bool]:
        """The outputs by port; True is high."""
        return dict(self._answers.outputs)

    async def start(self) -> None:
        """Listen, on the same port as before."""
        self._port_number = await self._port.listen(self._host, self._port_number)

    async def stop(self) -> None:
        """Hang up and stop listening."""
        await self._port.stop()

    async def report(self, reads: Sequence[Read]) -> int:
        """Send the reads that the running ROSpec hears; return how many went on the wire.

        None do while no ROSpec runs, the reader is silent or nobody takes reports;
        in the last case they are `held` if a client has asked for that. Waits while
        the client does not keep up.
        """
        running = self._answers.running
        if running is None:
            return 0
        heard = [read for read in reads if self._answers.hears(read.antenna)]
        encoder = self._encoder_for(running)
        limit = min(self._tags_per_report, running.tags_per_report or self._tags_per_report)
        sent = 0
        for first in range(0, len(heard), limit):
            some = heard[first : first + limit]
            report = Outgoing(Message.RO_ACCESS_REPORT, encoder.encode(some), len(some))
            sent += self._port.deliver(report)
        if self._port.client is not None:
            await self._port.client.drain()
        return sent

    async def set_antenna(self, antenna: int, *, connected: bool) -> None:
        """Plug an antenna in or out, and tell the client."""
        self._answers.connected[antenna] = connected
        if self._answers.tells(ANTENNA_EVENTS):
            await self._notify(Event(antennas=((antenna, connected),)))

    async def set_input(self, port: int, *, high: bool) -> None:
        """Set a general-purpose input, and tell the client if it asked for that port's changes.

        Raises KeyError for a port that the reader does not have.
        """
        changed = self._answers.inputs[port] is not high
        self._answers.inputs[port] = high
        if changed and self._answers.tells_input(port):
            await self._notify(Event(gpis=((port, high),)))

    async def until_output(self, port: int, *, high: bool) -> None:
        """Return once a general-purpose output is so. Raises KeyError as above."""
        while self._answers.outputs[port] is not high:
            self._output_switched.clear()
            await self._output_switched.wait()

    def jump_clock(self, seconds: float) -> None:
        """Set the reader's clock ahead, or back: its events and reports say so from now on."""
        self._shift_ns += round(seconds * 1_000_000_000)
        self._encoder = None

    def hold_reports(self) -> None:
        """Keep reports for the next client, as if this one had asked for it."""
        self._answers.hold = True

    async def _notify(self, event: Event) -> None:
        self._port.notify(event)
        if self._port.client is not None:
            await self._port.client.drain()

    def _on_output(self, port: int, high: bool) -> None:  # noqa: FBT001 -- a callback
        self.switched.append(Switching(self._clock(), port, high))
        self._output_switched.set()

    def _encoded(self, reads: Sequence[Read]) -> bytes | None:
        running = self._answers.running
        return None if running is None else self._encoder_for(running).encode(reads)

    def _encoder_for(self, running: RoSpec) -> ReportEncoder:
        if self._encoder is None or self._encoder[0] is not running:
            encoder = ReportEncoder(
                running.content,
                running.rospec_id,
                shift_ns=self._shift_ns,
                uptime=not self._answers.capabilities.utc,
            )
            self._encoder = running, encoder
        return self._encoder[1]


def make_tags(count: int, seed: int = 1) -> list[str]:
    """Return `count` different SGTIN-96 EPCs."""
    chance = random.Random(seed)
    item = chance.getrandbits(20)
    return [f"3034257bf4{item:06x}{serial:08x}" for serial in range(count)]


_TICK_S = 0.05


async def _play(reader: LlrpReader, tags: list[str], options: argparse.Namespace) -> None:
    chance = random.Random(options.seed)
    antennas = MODELS[options.model].antennas
    start_s, made = time.monotonic(), 0
    while True:
        await asyncio.sleep(_TICK_S)
        now_ns, due = time.time_ns(), round((time.monotonic() - start_s) * options.rate)
        reads = [
            Read(
                tags[at % len(tags)],
                "",
                1 + at % antennas,
                now_ns,
                now_ns,
                -65 + 10 * chance.random(),
            )
            for at in range(made, due)
        ]
        made = due
        await reader.report(reads)


async def _fail_now_and_then(reader: LlrpReader, fault: str, every_s: float, tag: str) -> None:
    while True:
        await asyncio.sleep(every_s)
        now_ns = time.time_ns()
        await fail(reader, fault, [Read(tag, "", 1, now_ns, now_ns, -60.0)])


def _reader_of(options: argparse.Namespace) -> LlrpReader:
    context = None
    if options.certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options.certificate, options.key)
    return LlrpReader(
        host=options.host,
        port=options.port,
        capabilities=MODELS[options.model],
        ssl_context=context,
        refuse=options.refuse,
    )


async def _run(options: argparse.Namespace) -> None:
    tags = make_tags(options.tags, options.seed)
    async with _reader_of(options) as reader, asyncio.TaskGroup() as group:
        _LOG.info("%s", reader.address)
        group.create_task(_play(reader, tags, options), name="reads")
        if options.fault:
            faults = _fail_now_and_then(reader, options.fault, options.every, tags[0])
            group.create_task(faults, name="faults")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulators.llrp_reader", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--model", choices=MODELS, default="generic")
    parser.add_argument("--tags", type=int, default=100, help="different tags in the field")
    parser.add_argument("--rate", type=float, default=100.0, help="reads a second")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--certificate", help="PEM file; the reader then speaks TLS")
    parser.add_argument("--key", help="PEM file of the certificate's key, if it is another one")
    parser.add_argument(
        "--refuse",
        choices=sorted(REFUSABLE),
        nargs="+",
        default=(),
        help="what of a client's requests it refuses",
    )
    parser.add_argument("--fault", choices=FAULTS)
    parser.add_argument("--every", type=float, default=10.0, help="seconds between faults")
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a reader until it is interrupted; the first line on stderr is its address."""
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    options = _parser().parse_args(arguments)
    try:
        asyncio.run(_run(options))
    except KeyboardInterrupt:
        _LOG.info("stopped")


if __name__ == "__main__":
    main()
