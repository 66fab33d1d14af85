"""The driver for barcode and QR scanners that send lines over a serial port or TCP."""

import asyncio
import contextlib
from collections import Counter, deque

from readers.byte_link import ByteLink
from readers.driver import Batch, Clock, Finding, ReaderError, ReaderLostError
from readers.scanner_settings import ScannerSettings
from readers.serial.link import open_serial
from readers.tcp_link import open_tcp
from readers.wire.barcodes import BarcodeError, decode_line
from readers.wire.lines import LineSplitter
from tags.reads import Read

__all__ = ["ScannerDriver", "ScannerSettings"]

HALF_LINE_S = 0.5
"""So long the rest of a line may take, where lines have marked ends."""
GRACE_S = 0.01
"""Bytes may have come while the gateway was busy: a pause counts only after another look."""
LINES_AT_ONCE = 256


class ScannerDriver:
    """One connection to one scanner; each code is a read of antenna 1 at the time it arrived."""

    passive = True

    def __init__(self, settings: ScannerSettings, clock: Clock) -> None:
        self.silent_after_s = settings.silent_after_s
        self._settings = settings
        self._clock = clock
        self._link: ByteLink | None = None
        self._splitter = LineSplitter(
            prefix=settings.prefix.encode("latin-1"),
            suffix=settings.suffix.encode("latin-1"),
            bytes_max=settings.line_bytes_max,
        )
        self._lines: deque[bytes] = deque()
        self._arrival_ns = 0
        self._bad: Counter[str] = Counter()
        self._end: ReaderError | None = None
        self._first: Batch | None = None
        """What an examination heard; it is not lost."""

    async def connect(self) -> None:
        """Open the port or the connection. Raises ReaderError."""
        settings = self._settings
        if settings.endpoint is None:
            self._link = await self._open_port(settings.port or "")
        else:
            host, port = settings.endpoint
            timeout_s = settings.connect_timeout_s
            self._link = await open_tcp(settings.name, host, port, timeout_s=timeout_s)

    async def _open_port(self, port: str) -> ByteLink:
        name, timeout_s = self._settings.name, self._settings.connect_timeout_s
        try:
            async with asyncio.timeout(timeout_s):
                return await open_serial(name, port, self._settings.baud, **self._settings.framing)
        except TimeoutError as error:
            text = f"{name}: {port} could not be opened within {timeout_s:g} s"
            raise ReaderLostError(text) from error

    async def next_batch(self) -> Batch:
        """Wait for a scan; an empty batch says that the scanner spoke and had seen no code.

        What is only noise comes as a batch that is not `alive`. Raises ReaderError.
        """
        if self._first is not None:
            first, self._first = self._first, None
            return first
        while True:
            if self._end is not None:
                raise self._end
            try:
                batch = await self._try_next()
            except ReaderError as error:
                self._end = error
                batch = self._last_words()
            if batch is not None:
                return batch

    async def _try_next(self) -> Batch | None:
        if not self._lines:
            self._lines.extend(await self._hear())
            self._arrival_ns = self._clock()
        reads: list[Read] = []
        count = min(len(self._lines), LINES_AT_ONCE)
        signs_of_life = [self._note(self._lines.popleft(), reads) for _ in range(count)]
        self._bad.update(self._splitter.take_bad())
        alive = any(signs_of_life)
        return Batch(reads=reads, bad=self._take_bad(), alive=alive) if alive or self._bad else None

    async def _hear(self) -> list[bytes]:
        """The lines that the next bytes complete, or the next silence."""
        assert self._link is not None  # noqa: S101 -- connected first
        if not self._splitter.waiting:
            return self._splitter.feed(await self._link.read())
        patience_s = HALF_LINE_S if self._splitter.marked else self._settings.silence_ms / 1000
        for wait_s in (patience_s, GRACE_S):
            try:
                async with asyncio.timeout(wait_s):
                    return self._splitter.feed(await self._link.read())
            except TimeoutError:
                continue
        return self._splitter.pause()

    def _note(self, line: bytes, reads: list[Read]) -> bool:
        """Add the read that a line is; False where the line is noise."""
        try:
            barcode = decode_line(line, self._settings.no_read)
        except BarcodeError as error:
            self._bad[error.reason] += 1
            return error.reason != "noise"
        if barcode is None:
            return True
        if barcode.fault is not None:
            self._bad[barcode.fault] += 1
        time_ns = self._arrival_ns
        reads.append(Read(barcode.tag, self._settings.name, 1, time_ns, time_ns))
        return True

    def _last_words(self) -> Batch | None:
        """What was counted and not told yet, the line that breaks off too."""
        if self._splitter.waiting:
            self._bad["half_line"] += 1
        self._bad.update(self._splitter.take_bad())
        return Batch(bad=self._take_bad(), alive=False) if self._bad else None

    def _take_bad(self) -> dict[str, int]:
        bad, self._bad = dict(self._bad), Counter()
        return bad

    async def examine(self, patience_s: float) -> list[Finding]:
        """Listen for half of the time whether what comes can be read; a scan stays to be fetched.

        Never raises: an end comes with the next batch.
        """
        with contextlib.suppress(TimeoutError, ReaderError):
            async with asyncio.timeout(patience_s / 2):
                while not (batch := await self.next_batch()).alive:
                    self._bad.update(batch.bad)
                self._first = batch
        if self._first is None and (self._bad or self._splitter.waiting):
            remedy = "Check the speed (`baud`), `frame`, `prefix` and `suffix`."
            return [Finding.failed("lines", "what arrives is not text", remedy)]
        return []

    async def close(self) -> None:
        """Let go of the port."""
        if self._link is not None:
            self._link.close()
