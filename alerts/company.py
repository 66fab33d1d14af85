"""Who went through which portal lately: so that rules know who went together.

What is remembered is plain data, kept for a while after it became known, so that crossings
that come late find each other as well. `Passers` is all of it, by portal.
"""

from bisect import bisect_left, bisect_right, insort

import msgspec

from tags.times import SECOND_NS
from zones.movements import Crossing, Movement

KEPT_NS = 120 * SECOND_NS
"""A portal may know of one tag much later than of another that went with it."""

PASSERS_MAX = 2_048
"""More than go through a portal in that time; of more, those known for longest are forgotten."""

EXPLAINED_NS = 5 * SECOND_NS
"""A zone that is left within this of a crossing was left through that portal."""


class Passer(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A tag, and who carried it, went one way (or most likely did) through a portal."""

    time_ns: int
    tag: str
    asset: str | None
    way: str
    known_ns: int


Passers = dict[str, list[Passer]]
"""By portal; of each, in the order in which they happened."""


def remember(passers: Passers, crossing: Crossing, now_ns: int) -> Passer | None:
    """Note who went through; None for who only lingered, or nobody can say."""
    way = crossing.lean if crossing.direction == "unknown" else crossing.direction
    if way not in {"outbound", "inbound"}:
        return None
    kept = [each for each in passers.get(crossing.portal, ()) if each.known_ns > now_ns - KEPT_NS]
    if len(kept) >= PASSERS_MAX:
        kept.remove(min(kept, key=_known))
    passer = Passer(crossing.time_ns, crossing.tag, crossing.asset, way, now_ns)
    insort(kept, passer, key=_order)
    passers[crossing.portal] = kept
    return passer


def company_of(passer: Passer, known: list[Passer], within_ns: int) -> list[Passer]:
    """Who else of those known at its portal went the same way, so shortly before or after."""
    near = _between(known, passer.time_ns - within_ns, passer.time_ns + within_ns)
    return [each for each in near if each.way == passer.way and not _is_same(each, passer)]


def portal_left_by(movement: Movement, passers: Passers) -> str | None:
    """The portal through which the tag went out when it moved, as far as that is known."""
    first_ns, last_ns = movement.time_ns - EXPLAINED_NS, movement.time_ns + EXPLAINED_NS
    found = [
        (abs(each.time_ns - movement.time_ns), portal)
        for portal, known in passers.items()
        for each in _between(known, first_ns, last_ns)
        if each.tag == movement.tag and each.way == "outbound"
    ]
    return min(found)[1] if found else None


def _between(known: list[Passer], first_ns: int, last_ns: int) -> list[Passer]:
    """Those from a time to another, both included."""
    first = bisect_left(known, first_ns, key=_time)
    return known[first : bisect_right(known, last_ns, key=_time)]


def _is_same(one: Passer, other: Passer) -> bool:
    """Whether it is the same asset, by whichever tag, or the same tag."""
    return one.tag == other.tag or (one.asset is not None and one.asset == other.asset)


def _time(passer: Passer) -> int:
    return passer.time_ns


def _order(passer: Passer) -> tuple[int, str]:
    return passer.time_ns, passer.tag


def _known(passer: Passer) -> int:
    return passer.known_ns
