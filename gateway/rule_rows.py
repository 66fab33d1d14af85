"""Rules as the API shows them: what the site file says, and what people made of them since."""

from collections.abc import Iterable, Mapping
from typing import Any

from alerts.alert import Shelf
from alerts.forces import Timetable
from alerts.rule_kinds import DwellRule, EnterRule, ForbiddenRule, MissingRule
from alerts.rulebook import rule_version
from alerts.settings import RuleSettings
from alerts.state import JudgeState
from tags.times import format_time

_NO_HOURS: Mapping[str, Timetable] = {}


def rule_rows(
    rules: Iterable[RuleSettings],
    judged: JudgeState,
    now_ns: int,
    timetables: Mapping[str, Timetable] = _NO_HOURS,
) -> list[dict[str, Any]]:
    """A row for each rule, as `api.desk.Desk.rules` says; shelves that have ended are left out."""
    shelves: dict[str, dict[str, Shelf]] = {}
    for name, shelf in sorted(judged.shelves.items()):
        rule, _, subject = name.partition("\n")
        if shelf.until_ns > now_ns:
            shelves.setdefault(rule, {})[subject] = shelf
    return [
        {
            **_row(rule, shelves.get(rule.name, {}), in_force=judged.in_force.get(rule.name, True)),
            "version": rule_version(rule, timetables.get(rule.name)),
        }
        for rule in rules
    ]


def _row(rule: RuleSettings, shelves: dict[str, Shelf], *, in_force: bool) -> dict[str, Any]:
    of_all = shelves.get("")
    return {
        "name": rule.name,
        "kind": rule.kind,
        "severity": rule.severity,
        "zones": list(_zones_of(rule)),
        "notify": list(rule.notify),
        "out_of_service": rule.out_of_service,
        "in_force": in_force,
        "shelved_until": None if of_all is None else format_time(of_all.until_ns),
        "shelves": [_shelf_row(subject, shelf) for subject, shelf in shelves.items()],
    }


def _zones_of(rule: RuleSettings) -> tuple[str, ...]:
    """The zones that a rule names; a kind that names none is about none or about all."""
    if isinstance(rule, ForbiddenRule | EnterRule | DwellRule | MissingRule):
        return rule.zones or ()
    return ()


def _shelf_row(subject: str, shelf: Shelf) -> dict[str, Any]:
    return {
        "asset": subject.removeprefix("asset:") or None,
        "until": format_time(shelf.until_ns),
        "since": format_time(shelf.at_ns),
        "by": shelf.by,
        "reason": shelf.reason,
    }
