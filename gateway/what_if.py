"""`replay --rules`: which alerts would have been raised under other rules, and which would not."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from gateway.differences import Decision, Differences, Shift, decision_of, differences
from gateway.entries import Entry
from gateway.pipeline import Pipeline
from gateway.replay import line_of, replay_pipeline, start_entries
from gateway.site import Site
from gateway.tables import columns
from history.outputs import Numbered
from inventory.assets import Asset
from tags.times import SECOND_NS

SHOWN_MAX = 20
"""Alerts of one group that are listed; of the others only how many there are."""


class Raised(NamedTuple):
    """An alert as far as it matters here."""

    decision: Decision
    severity: str


class WhatIf:
    """Replays under the site's own rules what is replayed under others, and compares alerts.

    Alerts count from `from_ns` on, by the time at which they were decided.
    """

    def __init__(self, site: Site, assets: tuple[Asset, ...], from_ns: int = 0) -> None:
        self._site = site
        self._assets = assets
        self._from_ns = from_ns
        self._own: Pipeline | None = None
        self._ours: list[Raised] = []
        self._theirs: list[Raised] = []

    def note(self, entry: Entry, lines: list[dict[str, Any]]) -> None:
        """Take in an entry, and what was decided from it under the other rules."""
        decided: list[Numbered] = []
        if self._own is None:
            self._own = replay_pipeline()
            decided += self._own.advance(start_entries(self._site, self._assets, entry)).outputs
        decided += self._own.advance([entry]).outputs
        self._keep(self._ours, [line for line in map(line_of, decided) if line is not None])
        self._keep(self._theirs, lines)

    def _keep(self, kept: list[Raised], lines: list[dict[str, Any]]) -> None:
        for line in lines:
            if line["type"] == "alert" and line["transition"] == "raised":
                decision = decision_of(line)
                if decision is not None and decision.decided_ns >= self._from_ns:
                    kept.append(Raised(decision, line["severity"]))

    def differences(self) -> Differences:
        """The alerts of the site's own rules (A) and those of the others (B)."""
        return differences(
            [each.decision for each in self._ours], [each.decision for each in self._theirs]
        )

    def changed_severity(self) -> int:
        """How many alerts both have, and do not take as seriously alike."""
        ours = {each.decision.id: each.severity for each in self._ours}
        return sum(
            ours.get(each.decision.id, each.severity) != each.severity for each in self._theirs
        )

    def report(self, name: str) -> Iterator[str]:
        """What would be different with the rules of `name`, for a person."""
        found, zone = self.differences(), ZoneInfo(self._site.settings.site.timezone)
        yield f"with the rules of {name}"
        stay = len(found.same) + len(found.shifted)
        notes = _notes(len(found.shifted), self.changed_severity())
        rows = (
            ("  would appear", str(len(found.only_b)), ""),
            ("  would vanish", str(len(found.only_a)), ""),
            ("  stay", str(stay), notes),
        )
        yield from columns(rows)
        yield from _group("would appear", found.only_b, zone)
        yield from _group("would vanish", found.only_a, zone)
        if found.shifted:
            yield from ("", "at another time", *_shifts(found.shifted, zone))


def _notes(shifted: int, changed: int) -> str:
    notes = [f"{shifted} at another time"] if shifted else []
    notes += [f"{changed} of another severity"] if changed else []
    return f"({', '.join(notes)})" if notes else ""


def _group(title: str, decisions: Sequence[Decision], zone: ZoneInfo) -> Iterator[str]:
    if decisions:
        yield from ("", title)
        rows = [(f"  {_clock(each, zone)}", each.subject, _what(each)) for each in decisions]
        yield from _listed(rows)


def _shifts(shifts: Sequence[Shift], zone: ZoneInfo) -> Iterator[str]:
    rows = [
        (
            f"  {_clock(each.a, zone)}",
            each.a.subject,
            f"{_what(each.a)}, {each.decided_ns / SECOND_NS:+.1f} s",
        )
        for each in shifts
    ]
    yield from _listed(rows)


def _listed(rows: list[tuple[str, str, str]]) -> Iterator[str]:
    width = max(len(row[1]) for row in rows[:SHOWN_MAX])
    for time, subject, what in rows[:SHOWN_MAX]:
        yield f"{time}  {subject:<{width}}  {what}"
    if len(rows) > SHOWN_MAX:
        yield f"  and {len(rows) - SHOWN_MAX} more"


def _what(decision: Decision) -> str:
    return decision.what.removeprefix("raised ")


def _clock(decision: Decision, zone: ZoneInfo) -> str:
    moment = datetime.fromtimestamp(decision.time_ns / SECOND_NS, zone)
    return moment.strftime("%Y-%m-%d %H:%M:%S")
