"""Whether the rules of a site file fit to what else it says, and to the assets that there are.

Rules of every kind call what they name by the same keys, so most of this asks for keys and
not for kinds.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from alerts.rule_kinds import (
    DwellRule,
    MissingRule,
    PortalRuleSettings,
    SensorRule,
    SpeedRule,
    TamperRule,
)
from alerts.schedule import Schedule
from alerts.schedule_settings import OnceWindow, ScheduleSettings
from alerts.selection import selects
from alerts.settings import AssetSelector, RuleSettings
from gateway.site_draft import TELL_POSITIONS, Draft, ancestry, unknown
from gateway.site_points import ReadPoints
from gateway.site_problems import Fault, Path, suggestion
from gateway.site_settings import SiteSettings
from inventory.assets import Asset
from tags.times import SECOND_NS
from zones.settings import ZoneSettings

_NAMED = (("fence", "zone"), ("zones", "zone"), ("portals", "portal"), ("notify", "channel"))
"""The keys under which rules name something, and what that is."""


def rule_faults(draft: Draft) -> Iterator[Fault]:
    """What rules name that is not there, and what a fence can not hold."""
    roles = {zone.name: zone.role for _, zone in draft.zones}
    points = ReadPoints(draft)
    for path, rule in draft.rules:
        for key, kind in _NAMED:
            yield from _unknown_names(draft, (*path, key), kind, getattr(rule, key, None))
        for place, step in enumerate(rule.escalate):
            at = (*path, "escalate", place, "notify")
            yield from _unknown_names(draft, at, "channel", step.notify)
        for place, name in enumerate(getattr(rule, "readers", None) or ()):
            if message := points.fault_of_any(name):
                yield Fault((*path, "readers", place), message)
        if isinstance(rule.schedule, str):
            yield from unknown(draft, (*path, "schedule"), "schedule", rule.schedule)
        yield from _exits_in_fence(path, rule, roles)
    told = draft.settings.system.notify
    yield from _unknown_names(draft, ("system", "notify"), "channel", told)


def rule_warnings(draft: Draft) -> Iterator[Fault]:
    """What rules and schedules say that is allowed and yet hardly meant."""
    for path, rule in draft.rules:
        yield from _untold(path, rule)
        yield from _mute(draft, path, rule)
        if isinstance(rule, MissingRule):
            yield from _never_missing(draft, path, rule)
        if isinstance(rule, DwellRule):
            yield from _stays_unseen(draft, path, rule)
    yield from _exit_zones_inside(draft)
    yield from _schedule_warnings(draft)
    if draft.assets:
        places = {rule.name: path for path, rule in draft.rules}
        for unmatched in unmatched_rules(draft.settings.rules, draft.assets):
            yield Fault((*places[unmatched.rule], unmatched.key), unmatched.message)


def schedules_of(settings: SiteSettings) -> dict[str, Schedule]:
    """When rules hold, by the name of the rule; one without a schedule is not in it."""
    named: Mapping[str, ScheduleSettings] = {each.name: each for each in settings.schedules}
    timezone = settings.site.timezone
    found: dict[str, Schedule] = {}
    for rule in settings.rules:
        said = named[rule.schedule] if isinstance(rule.schedule, str) else rule.schedule
        if said is not None:
            found[rule.name] = Schedule(said, timezone)
    return found


class Unmatched(NamedTuple):
    """A rule that selects nothing: under which of its keys, and what may be wrong."""

    rule: str
    key: str
    message: str


def unmatched_rules(rules: Iterable[RuleSettings], assets: Sequence[Asset]) -> list[Unmatched]:
    """The rules that select no asset of the register, or no custodian of it.

    A rule with a tag pattern alone may be for tags that no asset carries, so nothing can be
    said of it.
    """
    found: list[Unmatched] = []
    for rule in rules:
        if isinstance(rule, SensorRule | TamperRule):
            continue
        for key in ("assets", "custodians"):
            selector: AssetSelector | None = getattr(rule, key, None)
            if selector is not None and not _selects_any(selector, assets):
                message = f"selects none of the {len(assets)} assets" + _near(selector, assets)
                found.append(Unmatched(rule.name, key, message))
    return found


# What is not there


def _unknown_names(
    draft: Draft, path: Path, kind: str, names: Sequence[str] | None
) -> Iterator[Fault]:
    for place, name in enumerate(names or ()):
        yield from unknown(draft, (*path, place), kind, name)


def _exits_in_fence(path: Path, rule: RuleSettings, roles: Mapping[str, str]) -> Iterator[Fault]:
    for place, name in enumerate(_fence(rule)):
        if roles.get(name) == "exit":
            message = f"'{name}' has role exit: being there is leaving; take it out of the fence"
            yield Fault((*path, "fence", place), message)


def _fence(rule: RuleSettings) -> tuple[str, ...]:
    fence: tuple[str, ...] = getattr(rule, "fence", ())
    return fence


# What is hardly meant


def _untold(path: Path, rule: RuleSettings) -> Iterator[Fault]:
    if rule.out_of_service is not None or rule.notify:
        return
    silent = [place for place, step in enumerate(rule.escalate) if not step.notify]
    if len(silent) == len(rule.escalate):
        yield Fault(path, "nobody is notified; only who asks the API sees the alert")
        return
    for place in silent:
        message = "tells nobody: neither it nor the rule names a channel"
        yield Fault((*path, "escalate", place), message)


def _mute(draft: Draft, path: Path, rule: RuleSettings) -> Iterator[Fault]:
    """Say so where the site has nothing by which a rule could ever be broken."""
    lacking = ""
    if isinstance(rule, PortalRuleSettings) and not draft.names("portals"):
        lacking = "there is no portal"
    elif isinstance(rule, TamperRule) and not draft.names("readers"):
        lacking = "there is no reader"
    elif isinstance(rule, SpeedRule) and not _tells_positions(draft):
        lacking = "no reader tells positions"
    if lacking:
        yield Fault(path, f"{lacking}, so this rule will never say anything")


def _tells_positions(draft: Draft) -> bool:
    return any(reader.driver in TELL_POSITIONS for _, reader in draft.readers)


def _never_missing(draft: Draft, path: Path, rule: MissingRule) -> Iterator[Fault]:
    zones = [zone for _, zone in draft.zones]
    timed = _with_all_around(zones, [zone for zone in zones if zone.absent_after_s is not None])
    if rule.zones is None and not timed:
        yield Fault(path, "no zone has absent_after_s, so nothing is ever missing")
    for place, name in enumerate(rule.zones or ()):
        if name not in timed:
            message = f"'{name}' has no absent_after_s, so nothing is ever missing from it"
            yield Fault((*path, "zones", place), message)


def _with_all_around(zones: Iterable[ZoneSettings], some: Iterable[ZoneSettings]) -> set[str]:
    parents = {zone.name: zone.parent for zone in zones}
    return {name for zone in some for name in ancestry(zone.name, parents)}


def _stays_unseen(draft: Draft, path: Path, rule: DwellRule) -> Iterator[Fault]:
    absent_after_s = {zone.name: zone.absent_after_s for _, zone in draft.zones}
    for place, name in enumerate(rule.zones):
        lingers_s = absent_after_s.get(name) or 0.0
        if lingers_s >= rule.longer_than_s:
            message = (
                f"what leaves '{name}' unseen counts as there for {lingers_s:g} s "
                f"(absent_after_s), which is too long already for longer_than_s"
            )
            yield Fault((*path, "zones", place), message)


def _exit_zones_inside(draft: Draft) -> Iterator[Fault]:
    parents = {zone.name: zone.parent for _, zone in draft.zones}
    exit_in: dict[str, str] = {}
    for _, zone in draft.zones:
        for around in ancestry(zone.name, parents)[1:]:
            if zone.role == "exit":
                exit_in.setdefault(around, zone.name)
    for path, rule in draft.rules:
        for place, name in enumerate(_fence(rule)):
            if name in exit_in:
                message = (
                    f"exit zone '{exit_in[name]}' lies in '{name}', so it is no exit for this rule"
                )
                yield Fault((*path, "fence", place), message)


# Schedules


def _schedule_warnings(draft: Draft) -> Iterator[Fault]:
    used = {said for _, said in draft.stated("rules", "schedule") if isinstance(said, str)}
    for path, schedule in draft.entries("schedules"):
        if schedule.name not in used:
            yield Fault(path, "no rule uses this schedule")
        yield from _outdated(draft, path, schedule)
    for path, rule in draft.rules:
        if isinstance(rule.schedule, ScheduleSettings):
            yield from _outdated(draft, (*path, "schedule"), rule.schedule)


def _outdated(draft: Draft, path: Path, schedule: ScheduleSettings) -> Iterator[Fault]:
    """Name what lies in the past, where it is known what time it is."""
    if draft.now_ns is None:
        return
    timezone = draft.settings.site.timezone
    if not _is_open_again(schedule, timezone, draft.now_ns):
        yield Fault(path, "is over: it never opens again, so its rules hold no more")
        return
    for place, window in enumerate(schedule.once):
        if not _is_open_again(_only(window), timezone, draft.now_ns):
            yield Fault((*path, "once", place), "is over; it can be removed")
    today = datetime.fromtimestamp(draft.now_ns // SECOND_NS, UTC).date()
    if schedule.holidays and max(schedule.holidays) < today:
        message = f"all are over, the last was {max(schedule.holidays)}; give those to come"
        yield Fault((*path, "holidays"), message)


def _only(window: OnceWindow) -> ScheduleSettings:
    return ScheduleSettings.model_construct(once=(window,))


def _is_open_again(settings: ScheduleSettings, timezone: str, now_ns: int) -> bool:
    schedule = Schedule(settings, timezone)
    return schedule.is_open(now_ns) or schedule.next_change_ns(now_ns) is not None


# Assets


def _selects_any(selector: AssetSelector, assets: Iterable[Asset]) -> bool:
    of_assets = (selector.id, selector.category, selector.group)
    if selector.tag is not None and of_assets == (None, None, None):
        return True
    return any(selects(selector, asset, "") for asset in assets)


def _near(selector: AssetSelector, assets: Sequence[Asset]) -> str:
    """Name the first word of a selector that no asset has, and what is like it."""
    for key in ("category", "group", "id"):
        asked: str | tuple[str, ...] | None = getattr(selector, key)
        known = {str(getattr(asset, key)) for asset in assets} - {""}
        for word in (asked,) if isinstance(asked, str) else asked or ():
            if word not in known and not set("*?").intersection(word):
                return f": none has {key} '{word}'" + suggestion(word, known)
    return ""
