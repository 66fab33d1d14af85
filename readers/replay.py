"""The driver that plays a recording into a running gateway as if it happened now."""

import asyncio
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Literal, TextIO

import msgspec
from pydantic import Field

from readers.driver import (
    Batch,
    Clock,
    EndOfReadsError,
    ReaderError,
    ReaderLostError,
    ReaderMisconfiguredError,
)
from readers.settings import ReaderSettings
from readers.wire.recording import RecordingError, parse_reads
from tags.reads import Read

ROWS_AHEAD = 5_000
_SECOND_NS = 1_000_000_000


class ReplaySettings(ReaderSettings):
    """A recording (CSV) that is played instead of a reader."""

    driver: Literal["replay"] = "replay"  # pyright: ignore[reportIncompatibleVariableOverride] -- frozen
    file: str = Field(min_length=1, description="The recording, a CSV file.")
    reader: str | None = Field(
        default=None,
        description="Only the rows of this reader; all rows where not given.",
    )
    speed: float = Field(default=1.0, gt=0, le=1e6, description="2 plays twice as fast.")
    loop: bool = Field(default=False, description="Begin again at the end.")


class ReplayDriver:
    """Plays one recording; its reads carry this entry's name and times that are shifted to now.

    The distance of a read's time and arrival from those of the first row is kept,
    divided by `speed`. A bad row is counted and left out.
    """

    passive = False

    def __init__(self, settings: ReplaySettings, clock: Clock) -> None:
        self.silent_after_s = settings.silent_after_s
        self._settings = settings
        self._clock = clock
        self._file: TextIO | None = None
        self._rows: Iterator[Read] = iter(())
        self._ahead: list[Read] = []
        self._bad = 0
        self._start_ns = 0
        self._first_ns: int | None = None

    async def connect(self) -> None:
        """Open the file and read its header."""
        await asyncio.to_thread(self._open)

    async def next_batch(self) -> Batch:
        """Return the reads that are due; an empty batch in a long gap of the recording.

        Raises EndOfReadsError after the last one.
        """
        await self._look_ahead()
        if not self._ahead:
            raise EndOfReadsError(f"{self._settings.name}: {self._settings.file} is at its end")
        wait_s = (self._due_ns(self._ahead[0]) - self._clock()) / _SECOND_NS
        await asyncio.sleep(min(max(wait_s, 0.0), self.silent_after_s / 3))
        return self._due()

    async def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            await asyncio.to_thread(self._file.close)

    async def _look_ahead(self) -> None:
        if self._ahead:
            return
        self._ahead = await asyncio.to_thread(self._some_rows)
        if not self._ahead and self._settings.loop and self._first_ns is not None:
            await self.close()
            await asyncio.to_thread(self._open)
            self._ahead = await asyncio.to_thread(self._some_rows)
        if self._ahead and self._first_ns is None:
            self._first_ns, self._start_ns = self._ahead[0].arrival_ns, self._clock()

    def _open(self) -> None:
        file = self._settings.file
        try:
            self._file = Path(file).open(encoding="utf-8-sig", newline="")  # noqa: SIM115 -- close() does
            self._rows = parse_reads(self._file, file, self._count_bad)
        except RecordingError as error:
            raise ReaderMisconfiguredError(f"{self._settings.name}: {error}") from error
        except (OSError, UnicodeError) as error:
            raise ReaderMisconfiguredError(f"{self._settings.name}: {file}: {error}") from error
        self._first_ns = None

    def _count_bad(self, _error: RecordingError) -> None:
        self._bad += 1

    def _some_rows(self) -> list[Read]:
        wanted = self._settings.reader
        try:
            rows = (read for read in self._rows if wanted is None or read.reader == wanted)
            return list(islice(rows, ROWS_AHEAD))
        except (OSError, UnicodeError) as error:
            raise self._lost(error) from error

    def _lost(self, error: Exception) -> ReaderError:
        return ReaderLostError(f"{self._settings.name}: {self._settings.file}: {error}")

    def _due(self) -> Batch:
        now_ns, due = self._clock(), 0
        while due < len(self._ahead) and self._due_ns(self._ahead[due]) <= now_ns:
            due += 1
        reads = [self._shifted(read) for read in self._ahead[:due]]
        del self._ahead[:due]
        bad, self._bad = self._bad, 0
        return Batch(reads=reads, bad={"row": bad} if bad else {})

    def _due_ns(self, read: Read) -> int:
        return self._placed(read.arrival_ns)

    def _placed(self, recorded_ns: int) -> int:
        distance_ns = recorded_ns - (self._first_ns or 0)
        if self._settings.speed != 1.0:
            distance_ns = round(distance_ns / self._settings.speed)
        return self._start_ns + distance_ns

    def _shifted(self, read: Read) -> Read:
        return msgspec.structs.replace(
            read,
            reader=self._settings.name,
            time_ns=self._placed(read.time_ns),
            arrival_ns=self._placed(read.arrival_ns),
        )
