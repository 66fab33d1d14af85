"""A reader that pushes what it hears to a gateway over HTTP, and fails on demand.

As a command: `python -m simulators.http_pusher --url http://127.0.0.1:8080/api/v1/ingest/handhelds
--key tw_… --tags 100 --rate 200`.
"""

import argparse
import asyncio
import gzip
import logging
import random
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self, get_args

import httpx
import msgspec

from simulators.pushed_payloads import PushFormat, payload_of
from tags.reads import Read
from tags.times import SECOND_NS

BUSY = 503
_TICK_S = 0.1
_JSON = {"content-type": "application/json"}

_LOG = logging.getLogger(__name__)


class NotTakenError(Exception):
    """The gateway refused a push for good, or was busy for too long."""


class _CutError(Exception):
    """The reader lost its power in the middle of a body."""


class HttpPusher:
    """One simulated reader; `async with` opens and closes its connections.

    `report` sends reads in pushes of at most `reads_per_push` and comes back once the
    gateway has taken them. A gateway that is busy is sent the same bytes again, at most
    `tries` times. With `basic` the key is said as the password of Basic authentication.
    """

    def __init__(  # noqa: PLR0913 -- each is a habit that readers differ in
        self,
        url: str,
        key: str,
        *,
        make: PushFormat = "tagwarden",
        reads_per_push: int = 100,
        packed: bool = False,
        basic: bool = False,
        tries: int = 50,
        client: httpx.AsyncClient | None = None,
    ) -> None:
        self.sent = 0
        """Reads that the gateway has taken."""
        self.busy = 0
        """How often the gateway was busy."""
        self.clock_ahead_s = 0.0
        """Fault: how far the reader's clock is wrong."""
        self._url, self._packed = url, packed
        self._make: PushFormat = make
        self._reads_per_push, self._tries = reads_per_push, tries
        self._client = client or httpx.AsyncClient(timeout=60)
        if basic:
            self._client.auth = httpx.BasicAuth("reader", key)
        else:
            self._client.headers["authorization"] = f"Bearer {key}"

    async def __aenter__(self) -> Self:
        """Begin."""
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hang up."""
        await self._client.__aexit__(kind, error, trace)

    async def report(self, reads: Sequence[Read]) -> int:
        """Push the reads; return how many. Raises NotTakenError, httpx.TransportError."""
        for first in range(0, len(reads), self._reads_per_push):
            part = reads[first : first + self._reads_per_push]
            await self._push_until_taken(self.body_of(part))
            self.sent += len(part)
        return len(reads)

    def body_of(self, reads: Sequence[Read]) -> bytes:
        """The bytes of one push."""
        ahead_ns = round(self.clock_ahead_s * SECOND_NS)
        shifted = [msgspec.structs.replace(read, time_ns=read.time_ns + ahead_ns) for read in reads]
        text = payload_of(shifted, self._make)
        return gzip.compress(text) if self._packed else text

    async def post(self, body: bytes) -> httpx.Response:
        """Send bytes once, whatever they are."""
        return await self._client.post(self._url, content=body, headers=self._headers())

    async def duplicate(self, reads: Sequence[Read]) -> None:
        """Fault: push the same bytes twice, as after an answer that got lost."""
        body = self.body_of(reads)
        await self._push_until_taken(body)
        await self._push_until_taken(body)
        self.sent += len(reads)

    async def cut_in_body(self, reads: Sequence[Read]) -> None:
        """Fault: hang up in the middle of a body."""
        body = self.body_of(reads)

        async def half() -> AsyncGenerator[bytes]:
            yield body[: len(body) // 2]
            raise _CutError

        headers = self._headers() | {"content-length": str(len(body))}
        with suppress(_CutError):
            await self._client.post(self._url, content=half(), headers=headers)

    async def leave_early(self, reads: Sequence[Read], patience_s: float = 0.0) -> None:
        """Fault: send a whole push and hang up before the answer, unless it is quick."""
        limits = httpx.Timeout(60, read=max(patience_s, 0.001))
        with suppress(httpx.ReadTimeout):
            body, headers = self.body_of(reads), self._headers()
            await self._client.post(self._url, content=body, headers=headers, timeout=limits)

    async def drip(self, reads: Sequence[Read], pause_s: float) -> httpx.Response:
        """Fault: send one push a byte at a time."""
        body = self.body_of(reads)

        async def drops() -> AsyncGenerator[bytes]:
            for at in range(len(body)):
                yield body[at : at + 1]
                await asyncio.sleep(pause_s)

        headers = self._headers() | {"content-length": str(len(body))}
        return await self._client.post(self._url, content=drops(), headers=headers)

    async def send_garbage(self, size: int = 64, seed: int = 1) -> httpx.Response:
        """Fault: bytes that are no JSON."""
        return await self.post(b"\xff" + random.Random(seed).randbytes(size - 1))

    async def send_much(self, size: int = 10_000_000) -> httpx.Response:
        """Fault: a body of `size` bytes that would be JSON."""
        return await self.post(b'[{"tag":"' + b"a" * (size - 12) + b'"}]')

    def _headers(self) -> dict[str, str]:
        return _JSON | {"content-encoding": "gzip"} if self._packed else _JSON

    async def _push_until_taken(self, body: bytes) -> None:
        answer = await self.post(body)
        for _ in range(self._tries):
            if answer.status_code != BUSY:
                break
            self.busy += 1
            await asyncio.sleep(min(float(answer.headers.get("retry-after", "1")), 2.0))
            answer = await self.post(body)
        if answer.status_code >= 400:  # noqa: PLR2004 -- HTTP's border between done and refused
            raise NotTakenError(f"{answer.status_code}: {answer.text}")


FAULTS = ("cut", "drip", "duplicate", "early", "garbage", "much", "jump")


async def fail(pusher: HttpPusher, fault: str, reads: Sequence[Read]) -> None:
    """Commit one of FAULTS."""
    match fault:
        case "cut":
            await pusher.cut_in_body(reads)
        case "drip":
            await pusher.drip(reads, 0.01)
        case "duplicate":
            await pusher.duplicate(reads)
        case "early":
            await pusher.leave_early(reads)
        case "garbage":
            await pusher.send_garbage()
        case "much":
            await pusher.send_much()
        case "jump":
            pusher.clock_ahead_s += 3600.0
        case _:
            raise ValueError(f"{fault!r} is no fault (known: {', '.join(FAULTS)})")


def some_reads(tags: Sequence[str], numbers: range, clock: Callable[[], int]) -> list[Read]:
    """One read for each number, the tags and four antennas in turn."""
    now_ns = clock()
    return [Read(tags[at % len(tags)], "", 1 + at % 4, now_ns, now_ns, -60.0) for at in numbers]


async def _play(pusher: HttpPusher, tags: Sequence[str], rate: float) -> None:
    start_s, made = time.monotonic(), 0
    while True:
        await asyncio.sleep(_TICK_S)
        due = round((time.monotonic() - start_s) * rate)
        await pusher.report(some_reads(tags, range(made, due), time.time_ns))
        made = due


async def _fail_now_and_then(pusher: HttpPusher, fault: str, every_s: float, tag: str) -> None:
    while True:
        await asyncio.sleep(every_s)
        with suppress(httpx.TransportError):
            await fail(pusher, fault, some_reads([tag], range(1), time.time_ns))


async def _run(options: argparse.Namespace) -> None:
    tags = [f"{0x3034 << 80 | at:024x}" for at in range(options.tags)]
    pusher = HttpPusher(options.url, options.key, make=options.make, packed=options.gzip)
    async with pusher, asyncio.TaskGroup() as group:
        group.create_task(_play(pusher, tags, options.rate), name="reads")
        if options.fault:
            faults = _fail_now_and_then(pusher, options.fault, options.every, tags[0])
            group.create_task(faults, name="faults")


def main(arguments: Sequence[str] | None = None) -> None:
    """Push until interrupted."""
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    parser = argparse.ArgumentParser(prog="python -m simulators.http_pusher", description=__doc__)
    parser.add_argument("--url", required=True, help="…/api/v1/ingest/READER")
    parser.add_argument("--key", required=True, help="an API key of role ingest")
    parser.add_argument("--make", choices=get_args(PushFormat), default="tagwarden")
    parser.add_argument("--gzip", action="store_true")
    parser.add_argument("--tags", type=int, default=100, help="different tags in the field")
    parser.add_argument("--rate", type=float, default=100.0, help="reads a second")
    parser.add_argument("--fault", choices=FAULTS)
    parser.add_argument("--every", type=float, default=10.0, help="seconds between faults")
    try:
        asyncio.run(_run(parser.parse_args(arguments)))
    except KeyboardInterrupt:
        _LOG.info("stopped")


if __name__ == "__main__":
    main()
