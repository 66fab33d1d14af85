"""What the alerts of a facility day should have been, from what was true alone.

Nothing here knows how alerts are decided. It knows who went out through which door and when,
and which readers could hear it.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from alerts.alert import Alert, AlertChange
from simulators.day_lives import TrueExit
from simulators.facility_day import FacilityDay
from tests.simulation.departures import complaints_of_departures
from tests.simulation.hearing import Expected, expected_of
from tests.simulation.life import complaints_of_life
from tests.simulation.site_text import EXIT_RULE
from tests.simulation.stage import Story, seconds_of

RETURN_S = 30.0
NEAR_S = 12.0
AFTERMATH_S = 180.0


class Verdicts(NamedTuple):
    """Complaints, in words that name asset and time; and how many exits there were of each kind."""

    complaints: list[str]
    exits: dict[str, int]


def check(day: FacilityDay, story: Story) -> Verdicts:
    """All that is wrong with a story."""
    expected = [expected_of(day, exit_) for exit_ in day.lives.exits if _concerns(day, exit_)]
    complaints = [
        *_of_exits(day, expected, story),
        *_of_events(day, expected, story),
        *_of_returns(day, story),
        *_of_system_alerts(day, story),
        *complaints_of_departures(day, story),
        *complaints_of_life(story.changes),
    ]
    if not story.seqs_in_order:
        complaints.append("the numbers of the outputs have a gap")
    kinds = ["allowed" if each.allowed else each.hearing for each in expected]
    return Verdicts(complaints, {kind: kinds.count(kind) for kind in sorted(set(kinds))})


def _concerns(day: FacilityDay, exit_: TrueExit) -> bool:
    return day.assets[exit_.asset].category == "goods"


# Exits


def _of_exits(day: FacilityDay, expected: list[Expected], story: Story) -> Iterator[str]:
    """One alert for each exit, and none without one."""
    raises: dict[str, list[AlertChange]] = {}
    for change in story.changes:
        if change.alert.rule == EXIT_RULE and change.transition in {"raised", "reopened"}:
            raises.setdefault(change.alert.asset or change.alert.tag, []).append(change)
    for each in expected:
        asset = day.assets[each.exit.asset].id
        end_s = each.exit.back_s + RETURN_S
        waiting = raises.get(asset, [])
        mine = [one for one in waiting if each.exit.from_s - NEAR_S <= _time_s(one) <= end_s]
        raises[asset] = [one for one in waiting if one not in mine]
        yield from _of_one_exit(day, each, mine)
    for changes in raises.values():
        for change in changes:
            yield f"false alert: {_shown(change)}"


def _of_one_exit(day: FacilityDay, each: Expected, mine: list[AlertChange]) -> Iterator[str]:
    told = _told(day, each)
    if each.allowed:
        yield from (f"{told}: {_shown(change)}" for change in mine)
        return
    if len(mine) > 1:
        yield f"{told}: {len(mine)} alerts: {'; '.join(map(_shown, mine))}"
    if not mine and _is_certain(each):
        yield f"{told}: no alert"
    if mine and seconds_of(mine[0].at_ns) > each.until_s:
        yield f"{told}: known only at {seconds_of(mine[0].at_ns):.1f} s: {_shown(mine[0])}"
    if mine and each.hearing == "heard":
        yield from _of_evidence(day, each, mine[0])


def _is_certain(each: Expected) -> bool:
    """Whether the gateway could not but know that it was an exit, and no authorised one."""
    if each.exit.authorised:
        return False
    # That it stands in the yard does not say by which door it came there.
    return each.hearing in {"heard", "later"} or (
        each.hearing == "seen" and not each.exit.checked_out
    )


def _of_evidence(day: FacilityDay, each: Expected, change: AlertChange) -> Iterator[str]:
    """What a healthy door heard names that door, and the time."""
    told, door = _told(day, each), day.site.doors[each.exit.door]
    if abs(_time_s(change) - each.exit.time_s) > NEAR_S:
        yield f"{told}: says {_time_s(change):.1f} s: {_shown(change)}"
    if not _is_about(change.alert, door.name, door.to_zone, {door.reader, "yard-1", "yard-2"}):
        yield f"{told}: names another place: {_shown(change)}"


def _of_events(day: FacilityDay, expected: list[Expected], story: Story) -> Iterator[str]:
    """What may leave, and was heard, is an event, once."""
    events: dict[str, list[float]] = {}
    for event in story.events:
        if event.kind == "authorised_exit":
            events.setdefault(event.asset or event.tag, []).append(seconds_of(event.time_ns))
    for each in expected:
        times_s = events.get(day.assets[each.exit.asset].id, [])
        end_s = each.exit.back_s + RETURN_S
        mine = [at_s for at_s in times_s if each.exit.from_s - NEAR_S <= at_s <= end_s]
        least = each.allowed and each.hearing == "heard"
        # Who may leave by one door only may be taken to have done so, where nobody heard it.
        most = each.exit.checked_out and (each.exit.authorised or each.hearing != "heard")
        if not least <= len(mine) <= most:
            yield f"{_told(day, each)}: {len(mine)} events of an authorised exit: {mine}"


def _told(day: FacilityDay, each: Expected) -> str:
    asset, door = day.assets[each.exit.asset].id, day.site.doors[each.exit.door]
    kind = "allowed, " if each.allowed else ""
    return f"{asset} out by {door.name} at {each.exit.time_s:.1f} s ({kind}{each.hearing})"


def _is_about(alert: Alert, door: str, to_zone: str, readers: set[str]) -> bool:
    """Whether an alert says where it went out, and rests on what was heard there."""
    heard = {each.reader for each in alert.evidence.reads}
    if alert.portal is not None:
        return alert.portal == door and bool(heard & readers)
    return alert.to_zone == to_zone and bool(heard & readers)


def _of_returns(day: FacilityDay, story: Story) -> Iterator[str]:
    """Nobody has returned who is outside."""
    numbers = {asset.id: number for number, asset in enumerate(day.assets)}
    out: dict[int, list[TrueExit]] = {}
    for exit_ in day.lives.exits:
        out.setdefault(exit_.asset, []).append(exit_)
    for change in story.changes:
        if change.alert.rule != EXIT_RULE or change.alert.condition != "returned":
            continue
        if change.transition not in {"raised", "reopened", "returned"} or change.actor:
            continue
        now_s = seconds_of(change.at_ns)
        for exit_ in out.get(numbers[change.alert.asset or ""], []):
            if exit_.time_s < now_s < exit_.back_s:
                yield f"returned, but out since {exit_.time_s:.1f} s: {_shown(change)}"


# The rest


def _of_system_alerts(day: FacilityDay, story: Story) -> Iterator[str]:
    """The gateway complains of itself only where something was wrong."""
    for change in story.changes:
        if change.alert.rule == EXIT_RULE or change.transition not in {"raised", "reopened"}:
            continue
        if not any(_explains(day, change.alert, *each) for each in _faults(day)):
            yield f"system alert without a cause: {_shown(change)}"


def _explains(
    day: FacilityDay, alert: Alert, readers: Iterable[str], from_s: float, to_s: float
) -> bool:
    if not from_s <= seconds_of(alert.time_ns) <= to_s + AFTERMATH_S:
        return False
    named = {*readers}
    zones = {each.zone for each in day.site.layout.antennas if each.reader in named}
    return alert.reader in named or bool({alert.to_zone, *alert.zones} & zones)


def _faults(day: FacilityDay) -> Iterator[tuple[Iterable[str], float, float]]:
    troubles = day.troubles
    yield from (((each.reader,), each.from_s, each.to_s) for each in troubles.outages)
    # A reader that hears little shows only after a while that its clock has jumped.
    yield from (((each.reader,), each.at_s, each.at_s + 1_800) for each in troubles.jumps)
    yield from ((day.site.layout.readers, each.down_s, each.up_s) for each in troubles.restarts)


def _time_s(change: AlertChange) -> float:
    return seconds_of(change.alert.time_ns)


def _shown(change: AlertChange) -> str:
    alert = change.alert
    about = alert.asset or alert.reader or alert.to_zone
    return (
        f"{alert.rule} {change.transition} {about} {alert.from_zone}>{alert.to_zone}"
        f" portal={alert.portal} time={_time_s(change):.1f} at={seconds_of(change.at_ns):.1f}"
        f" late={alert.late} n={alert.occurrences} cause={alert.cause!r}"
    )
