"""Tags that go to and fro between two zones: mostly a reader that should be moved, not a tag."""

import msgspec

from tags.times import SECOND_NS

FLAP_NS = 60 * SECOND_NS
"""Back within this time, a tag has hardly been away."""

HOUR_NS = 3600 * SECOND_NS
TIMES_MAX = 60
"""A flap takes two moves, so this many in an hour are more than anybody needs to tell apart."""

ELSEWHERE = ""
"""Stands for no zone in a pair: the tag was not heard, or seen outside all zones."""


class Flaps(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """How often a tag went to another zone and straight back, and its newest move.

    `total` counts all, `times_ns` are those of the last hour, by event time of the way back;
    no more than `TIMES_MAX`. `left` is the zone that the newest move left at `moved_ns`; None
    if that move can not be the first half of a flap.
    """

    left: str | None = None
    moved_ns: int = 0
    total: int = 0
    times_ns: tuple[int, ...] = ()

    def in_hour(self, now_ns: int) -> int:
        """How many there were in the hour before `now_ns`."""
        return sum(now_ns - HOUR_NS < time_ns <= now_ns for time_ns in self.times_ns)


STILL = Flaps()


def note_move(
    flaps: Flaps,
    from_zone: str | None,
    to_zone: str | None,
    time_ns: int,
    flap_ns: int = FLAP_NS,
) -> Flaps:
    """Add a move; `total` rises if it ends what the move before began, within `flap_ns`.

    There and back is one flap, and again there and back another one. Moves of a tag come
    in their order. Not to be heard for a while is to be away, the first arrival is not a
    way back.
    """
    if from_zone is None and flaps.left is None:
        return flaps
    if flaps.left is None or flaps.left != to_zone or time_ns - flaps.moved_ns > flap_ns:
        return Flaps(from_zone, time_ns, flaps.total, flaps.times_ns)
    recent = [each for each in flaps.times_ns if each > time_ns - HOUR_NS]
    return Flaps(None, time_ns, flaps.total + 1, (*recent, time_ns)[-TIMES_MAX:])


def pair_of(one: str | None, other: str | None) -> tuple[str, str]:
    """Two zones in one order, whichever way the tag went; `ELSEWHERE` for none."""
    first, second = sorted((one or ELSEWHERE, other or ELSEWHERE))
    return first, second
