"""What readers say, written to a file instead of a journal."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

import msgspec

from gateway.entries import Entry, Observed, ReadGroup
from readers.wire.recording import format_reads
from tags.reads import Read


class Recorder:
    """Takes in what a supervisor hands over; `.jsonl` keeps every entry, `.csv` the reads.

    Sources are acknowledged once their lines are with the operating system.
    `left_out` counts what a CSV has no columns for. `failed` is set once the file can
    not be written any more; what comes then is neither kept nor acknowledged.
    """

    def __init__(self, path: Path) -> None:
        self.reads = 0
        self.left_out = 0
        self.failed = asyncio.Event()
        self._error: OSError | None = None
        self._writing = asyncio.Lock()
        self._path = path
        self._everything = path.suffix == ".jsonl"
        self._file: TextIO
        self._lines: list[str] = []
        self._seq = 0
        self._encoder = msgspec.json.Encoder()
        self._begun = False

    async def __aenter__(self) -> Self:
        """Open the file, empty. Raises OSError."""
        self._file = await asyncio.to_thread(self._path.open, "w", encoding="utf-8", newline="")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write what waits and close the file. Raises OSError where something was not written."""
        await self.flush()
        try:
            await asyncio.to_thread(self._file.close)
        except OSError as failure:
            self._error = self._error or failure
        if self._error is not None and error is None:
            raise self._error

    async def put_reads(
        self,
        reads: list[Read],
        acknowledge: Callable[[], None] | None = None,
        observed: Observed | None = None,
    ) -> None:
        """Write reads and what was observed with them, then acknowledge."""
        if reads:
            self._note_reads(reads)
        if observed is not None:
            self.put(observed)
        await self.flush()
        if acknowledge is not None and not self.failed.is_set():
            acknowledge()

    def put(self, entry: Entry) -> None:
        """Take in anything else; it is written with the next reads."""
        if self._everything:
            self._lines.append(self._encoder.encode(entry).decode() + "\n")
        elif isinstance(entry, Observed):
            self.left_out += len(entry)

    async def flush(self) -> None:
        """Hand all that waits to the operating system; return once it is there, or has failed."""
        async with self._writing:
            lines, self._lines = self._lines, []
            try:
                if lines and not self.failed.is_set():
                    await asyncio.to_thread(self._write, lines)
            except OSError as error:
                self._error = error
                self.failed.set()

    def _write(self, lines: list[str]) -> None:
        self._file.writelines(lines)
        self._file.flush()

    def _note_reads(self, reads: list[Read]) -> None:
        self.reads += len(reads)
        if self._everything:
            self._seq += 1
            self.put(ReadGroup("recording", self._seq, reads))
            return
        header, *rows = format_reads(reads)
        self._lines += rows if self._begun else [header, *rows]
        self._begun = True
