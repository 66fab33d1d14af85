"""Nothing departs but what nobody heard for all that time, though somebody should have."""

from collections.abc import Iterator

from simulators.day_lives import Stay
from simulators.facility_day import FacilityDay
from tests.simulation.site_text import ABSENT_AFTER_S
from tests.simulation.stage import Story, seconds_of

SLACK_S = 40.0
"""A parked thing is heard once in 10 s, now and then by another zone's antenna."""
NS_S = 0.001


def complaints_of_departures(day: FacilityDay, story: Story) -> Iterator[str]:
    """What departed though it could be heard, or though nobody listened where it was last."""
    numbers = {asset.tag: number for number, asset in enumerate(day.assets)}
    stays: dict[int, list[Stay]] = {}
    for stay in day.lives.stays:
        stays.setdefault(stay.asset, []).append(stay)
    for movement in story.departures:
        heard_s, due_s = seconds_of(movement.time_ns), seconds_of(movement.decided_ns)
        told = f"{movement.tag} departed from {movement.from_zone}, {heard_s:.1f} to {due_s:.1f} s"
        from_s = due_s - ABSENT_AFTER_S
        if heard_s > from_s + NS_S:
            yield f"{told}: too soon"
        if _was_deaf(day, movement.from_zone or "", from_s, due_s):
            yield f"{told}: its reader was down"
        for stay in stays.get(numbers[movement.tag], []):
            if _is_audible(day, stay, from_s + SLACK_S, due_s - SLACK_S):
                yield f"{told}: it could be heard"


def _was_deaf(day: FacilityDay, zone: str, from_s: float, to_s: float) -> bool:
    """Whether a reader of the zone, here of the same name, was known to be down."""
    return any(
        each.reader == zone and each.noticed_s < to_s and each.to_s > from_s + NS_S
        for each in day.troubles.outages
    )


def _is_audible(day: FacilityDay, stay: Stay, from_s: float, to_s: float) -> bool:
    """Whether a stay was heard for long enough within that time."""
    from_s, to_s = max(from_s, stay.from_s), min(to_s, stay.to_s)
    if stay.silent or to_s - from_s < SLACK_S:
        return False
    reader = day.site.layout.antennas[stay.under].reader
    downs = [
        *((each.from_s, each.to_s) for each in day.troubles.outages if each.reader == reader),
        *((each.down_s, each.online_s[reader]) for each in day.troubles.restarts),
    ]
    missed_s = sum(max(0.0, min(end, to_s) - max(begin, from_s)) for begin, end in downs)
    return to_s - from_s - missed_s > SLACK_S
