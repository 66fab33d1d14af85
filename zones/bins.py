"""Reads of a tag folded by antenna and by 250 ms of event time."""

import msgspec

from tags.times import MILLISECOND_NS
from zones.floorplan import PointKey
from zones.movements import Heard

BIN_NS = 250 * MILLISECOND_NS
"""Bins are cut at multiples of this, so that grouping and order of arrival change nothing."""

UNHEARD_CDB = -9_000
"""What a read without RSSI counts as, in hundredths of a dBm: weaker than most that have one."""


class Cell(msgspec.Struct, gc=False, array_like=True):
    """What one antenna heard of a tag within one bin. Sums and extremes only: order is lost."""

    count: int
    sum_cdb: int
    max_cdb: int
    first_ns: int
    last_ns: int

    def add(self, count: int, rssi_cdb: int, event_ns: int) -> None:
        """Fold one more read in; `count` is how often the reader saw the tag for it."""
        self.count += count
        self.sum_cdb += rssi_cdb * count
        if rssi_cdb > self.max_cdb:
            self.max_cdb = rssi_cdb
        if event_ns < self.first_ns:
            self.first_ns = event_ns
        elif event_ns > self.last_ns:
            self.last_ns = event_ns


Bin = dict[PointKey, Cell]


def heard_in(cells: Bin) -> tuple[Heard, ...]:
    """The cells as evidence, by read point."""
    return tuple(
        Heard(
            reader=reader,
            antenna=antenna,
            time_ns=cell.last_ns,
            count=cell.count,
            rssi_dbm=cell.max_cdb / 100,
        )
        for (reader, antenna), cell in sorted(cells.items())
    )
