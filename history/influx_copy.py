"""A copy of the history in InfluxDB, as the one who ships it there sees it."""

from collections import Counter
from collections.abc import Callable, Sequence

from history.influx_lines import lines_of
from history.influx_write import LineWriter, PutAside
from history.settings import HistorySettings
from history.store import HistoryBatch


class InfluxCopy:
    """Takes batches; by one thread. `lost` counts what the server can not keep, by reason.

    The server is first spoken to when there is something to say, so that one that can not be
    used is a StoreError of `append`. Lines that it refuses for good go to `put_aside`.
    """

    def __init__(
        self,
        settings: HistorySettings,
        put_aside: PutAside,
        open_writer: Callable[[HistorySettings], LineWriter] = LineWriter,
    ) -> None:
        self.lost = Counter[str]()
        self._settings = settings
        self._put_aside = put_aside
        self._open_writer = open_writer
        self._writer: LineWriter | None = None

    def append(self, batches: Sequence[HistoryBatch]) -> None:
        """Take batches in; after an error the same again completes them. Raises StoreError."""
        pages = [lines_of(batch) for batch in batches]
        self.send_lines([line for page in pages for line in page.lines])
        self.lost["not_finite"] += sum(page.left_out for page in pages)

    def send_lines(self, lines: Sequence[str]) -> None:
        """Write lines as they are. Raises StoreError."""
        if self._writer is None:
            self._writer = self._open_writer(self._settings)
        self.lost["beyond_retention"] += self._writer.write(lines, self._put_aside).expired

    def close(self) -> None:
        """Close the connection."""
        if self._writer is not None:
            self._writer.close()
