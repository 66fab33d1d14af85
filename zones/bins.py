"""Reads of a tag folded by antenna and by 250 ms of event time."""

from collections.abc import Iterator

import msgspec

from tags.times import MILLISECOND_NS
from zones.floorplan import PointKey
from zones.movements import Heard

BIN_NS = 250 * MILLISECOND_NS
"""Bins are cut at multiples of this, so that grouping and order of arrival change nothing."""

UNHEARD_CDB = -9_001
"""What a read without RSSI counts as, in hundredths of a dBm: weaker than most that have one."""


class Cell(msgspec.Struct, gc=False, array_like=True):
    """What one antenna heard of a tag within one bin: sums and extremes only, so order is lost.

    The cells of a bin are chained by `other`, since most bins have just one.
    """

    key: PointKey
    count: int
    sum_cdb: int
    max_cdb: int
    first_ns: int
    last_ns: int
    other: "Cell | None" = None


FAST_MARGIN_CDB = 300
"""The fast path needs the only or the strongest antenna, by 3 dB."""

CELLS_MAX = 64
"""Antennas that a bin has room for, far more than hear one tag in a quarter of a second."""

Slot = dict[str, Cell]
"""The bins with the same number, by tag."""


def fold(  # noqa: PLR0913, PLR0917 - called for each read, an object for them would cost more
    slot: Slot,
    tag: str,
    key: PointKey,
    count: int,
    rssi_cdb: int,
    event_ns: int,
) -> Cell | None:
    """Fold one read into its cell, which is returned; `count` is how often the reader saw it.

    None if more antennas hear the tag within the bin than it has room for.
    """
    head = cell = slot.get(tag)
    cells = 0
    while cell is not None and cell.key != key:
        cell = cell.other
        cells += 1
    if cell is None:
        if cells == CELLS_MAX:
            return None
        cell = slot[tag] = Cell(key, count, rssi_cdb * count, rssi_cdb, event_ns, event_ns, head)
        return cell
    if count and (event_ns < cell.first_ns or not cell.count):
        cell.first_ns = event_ns
    if event_ns > cell.last_ns:  # noqa: PLR1730 - max() costs a call for each read
        cell.last_ns = event_ns
    if rssi_cdb > cell.max_cdb:  # noqa: PLR1730 - as above
        cell.max_cdb = rssi_cdb
    cell.count += count
    cell.sum_cdb += rssi_cdb * count
    return cell


def cells_of(head: Cell | None) -> Iterator[Cell]:
    """The cells of one bin."""
    while head is not None:
        yield head
        head = head.other


def newest_ns(head: Cell) -> int:
    """Event time of the newest read of a bin."""
    return max(cell.last_ns for cell in cells_of(head))


def heard_in(head: Cell) -> tuple[Heard, ...]:
    """A bin as evidence, by read point; reads too weak to be any are left out."""
    return tuple(
        Heard(
            reader=cell.key[0],
            antenna=cell.key[1],
            time_ns=cell.last_ns,
            count=cell.count,
            rssi_dbm=None if cell.max_cdb == UNHEARD_CDB else cell.max_cdb / 100,
        )
        for cell in sorted(cells_of(head), key=lambda cell: cell.key)
        if cell.count
    )
