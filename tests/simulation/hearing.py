"""What the gateway could know of a true exit: whether healthy readers heard it, and by when."""

from math import inf
from typing import Literal, NamedTuple

from simulators.day_lives import TrueExit
from simulators.day_site import YARD
from simulators.day_troubles import DOUBT_S
from simulators.facility_day import FacilityDay

Hearing = Literal["heard", "later", "seen", "perhaps"]

EDGE_S = 1.0
"""A door hears a little more than its span."""
GAP_S = 1.0
"""A passage is over so long after its last read; the portals have this by default."""
DECIDED_S = 2.0
UPLOADED_S = 1.2
SLOW_S = 1.6
SEEN_S = 400.0
"""A thing that is read once in 10 s is believed to have moved after some minutes."""


class Expected(NamedTuple):
    """One true exit of a thing that must stay in.

    `heard`: a healthy door heard it; it is decided by `until_s`. `later`: the door's reader
    handed its reads over later; then it is decided by then. `seen`: it stood in the yard
    afterwards, under a healthy reader, until then. `perhaps`: nobody has to know of it, but nobody
    may tell it twice. One that is `allowed` is not to be told.
    """

    exit: TrueExit
    hearing: Hearing
    until_s: float
    allowed: bool


def expected_of(day: FacilityDay, exit_: TrueExit) -> Expected:
    """What is to be expected of one exit."""
    hearing, until_s = _hearing(day, exit_)
    # Who may leave by one door only may have to be asked where nobody heard which it was.
    if hearing == "perhaps":
        hearing, until_s = _seeing(day, exit_)
    allowed = exit_.authorised and (exit_.permitted is None or hearing == "heard")
    return Expected(exit_, hearing, until_s, allowed)


def _hearing(day: FacilityDay, exit_: TrueExit) -> tuple[Hearing, float]:
    door = day.site.doors[exit_.door]
    from_s, to_s = exit_.from_s - EDGE_S, exit_.to_s + EDGE_S
    # A portal may hear what goes away for as far again as its span; then the passage is over.
    known_s = to_s + (exit_.to_s - exit_.time_s + GAP_S if door.is_portal else 0.0) + DECIDED_S
    known_s += SLOW_S if _is_slow(day, door.reader, from_s, to_s) else 0.0
    if _is_doubtful(day, door.reader, from_s, known_s):
        return "perhaps", inf
    for outage in day.troubles.outages:
        if outage.reader == door.reader and outage.from_s < to_s and outage.to_s > from_s:
            until_s = outage.to_s + UPLOADED_S + GAP_S + DECIDED_S
            whole = outage.from_s < from_s and outage.to_s > to_s
            if outage.buffered and whole and not _is_doubtful(day, door.reader, to_s, until_s):
                return "later", until_s
            return "perhaps", inf
    return "heard", known_s


def _seeing(day: FacilityDay, exit_: TrueExit) -> tuple[Hearing, float]:
    """Whether it stood in the yard for long, and was heard there all the time."""
    for stay in day.lives.stays:
        under = day.site.layout.antennas[stay.under]
        if stay.asset != exit_.asset or under.zone != YARD.name or stay.from_s < exit_.time_s:
            continue
        if stay.from_s > exit_.back_s or stay.to_s - stay.from_s < SEEN_S:
            break
        if _is_well(day, under.reader, exit_.time_s, stay.to_s):
            return "seen", stay.to_s
        break
    return "perhaps", inf


def _is_well(day: FacilityDay, reader: str, from_s: float, to_s: float) -> bool:
    """Whether nothing was the matter with a reader or the gateway."""
    down = any(
        each.reader == reader and each.from_s < to_s and each.to_s > from_s
        for each in day.troubles.outages
    )
    return not down and not _is_doubtful(day, reader, from_s, to_s)


def _is_slow(day: FacilityDay, reader: str, from_s: float, to_s: float) -> bool:
    return any(
        each.reader == reader and each.from_s < to_s and each.to_s > from_s
        for each in day.troubles.slow
    )


def _is_doubtful(day: FacilityDay, reader: str, from_s: float, to_s: float) -> bool:
    """Whether the gateway was down at that time, or the reader's clock had just jumped."""
    restarted = any(
        each.down_s < to_s and each.online_s[reader] > from_s for each in day.troubles.restarts
    )
    return restarted or any(
        each.reader == reader and each.at_s < to_s and each.at_s + DOUBT_S > from_s
        for each in day.troubles.jumps
    )
