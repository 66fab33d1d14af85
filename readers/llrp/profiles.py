"""Ready-made settings for the air interface, by what a read point is for."""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from readers.wire.llrp.abilities import RfMode

ProfileName = Literal["fast", "normal", "dense", "portal"]


class Profile(NamedTuple):
    """What a profile sets; `mode` picks from the reader's table, None leaves it to the reader."""

    description: str
    session: int
    tag_population: int
    report_every_n_tags: int
    report_timeout_ms: int
    mode: Callable[[Sequence[RfMode]], RfMode | None]


_SEVERAL, _DENSE = 2, 3
"""Spectral masks: made for several readers, and for many, in one place."""


def fastest(modes: Sequence[RfMode]) -> RfMode | None:
    """The mode with the highest bit rate, the least robust one of several."""
    return max(modes, key=lambda mode: (mode.bit_rate_bps, -mode.miller), default=None)


def densest(modes: Sequence[RfMode]) -> RfMode | None:
    """The fastest mode made for many readers in one place, or else for several."""
    for mask in (_DENSE, _SEVERAL):
        found = fastest([mode for mode in modes if mode.mask == mask])
        if found is not None:
            return found
    return None


def the_readers_own(_modes: Sequence[RfMode]) -> RfMode | None:
    """No mode: the reader goes on with the one that it is set to."""
    return None


PROFILES: dict[ProfileName, Profile] = {
    "fast": Profile(
        "few tags seen at once: session 0, population 8, the mode with the highest bit rate, a"
        " report every 20 tags or 50 ms",
        session=0,
        tag_population=8,
        report_every_n_tags=20,
        report_timeout_ms=50,
        mode=fastest,
    ),
    "normal": Profile(
        "shelves and rooms: session 1, population 32, the mode that the reader is set to, a report"
        " every 50 tags or 200 ms",
        session=1,
        tag_population=32,
        report_every_n_tags=50,
        report_timeout_ms=200,
        mode=the_readers_own,
    ),
    "dense": Profile(
        "hundreds of tags or many readers: session 1, so that tags that stay are still read"
        " again, population 256, the fastest dense-reader mode, a report every 100 tags or 500 ms",
        session=1,
        tag_population=256,
        report_every_n_tags=100,
        report_timeout_ms=500,
        mode=densest,
    ),
    "portal": Profile(
        "things that pass a door: session 0, population 16, the fastest dense-reader mode, a report"
        " every 20 tags or 100 ms",
        session=0,
        tag_population=16,
        report_every_n_tags=20,
        report_timeout_ms=100,
        mode=densest,
    ),
}
