"""Two site files on the same entries: which alerts each would have raised, and what differs."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

from alerts.alert import AlertChange
from gateway.blueprints import stored_blueprint
from gateway.differences import Decision, decision_of, differences
from gateway.entries import Entry, SiteChanged
from gateway.pipeline import Blueprint, Pipeline, PipelineState
from gateway.replay import begin_ns, line_of
from gateway.site import Site
from history.outputs import Numbered
from inventory.assets import Asset
from inventory.changes import StoreAssets
from zones.floorplan import NO_PLAN, FloorPlan
from zones.tracks import heard_ns

SHOWN_MAX = 100
"""So many alerts that appear or vanish are told of each; all are counted."""
_SHOWN = ("time", "decided", "rule", "severity", "asset", "tag", "from", "to", "portal")
_BY = "preview"
Side = Literal["now", "then"]
_Moment = tuple[tuple[object, ...], int, int]


class _Raised(NamedTuple):
    decision: Decision
    line: dict[str, Any]


class Beginning(NamedTuple):
    """What there was before the first entry.

    `state` makes the state at a time, anew each time, under `plan`; without it there was nothing
    but `assets`. `news` comes first of all.
    """

    assets: tuple[Asset, ...] = ()
    state: Callable[[int], PipelineState] | None = None
    plan: FloorPlan = NO_PLAN
    news: Sequence[Entry] = ()


class _Replay:
    """One site file in a pipeline of its own, and the alerts that it raised."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.pipeline = Pipeline(stored_blueprint)
        self.raised: list[_Raised] = []

    def begin(self, beginning: Beginning, at_ns: int) -> None:
        """Put the site file into force; what its rules say of the state then was so before."""
        assets = beginning.assets
        if beginning.state is not None:
            assets, state = (), beginning.state(at_ns)
            # Zones have the names that they had; no rule has said anything yet.
            bare = Blueprint(beginning.plan, ())
            state.site = SiteChanged(at_ns, _BY, "", "")
            self.pipeline = Pipeline(lambda text: stored_blueprint(text) if text else bare, state)
        start: list[Entry] = [SiteChanged(at_ns, _BY, self.site.version, self.site.text)]
        if assets:
            start.append(StoreAssets(arrival_ns=at_ns, by=_BY, assets=assets))
        self.pipeline.advance([*start, *beginning.news])

    def take(self, entries: Sequence[Entry], from_ns: int) -> None:
        for numbered in self.pipeline.advance(entries).outputs:
            raised = _raised(numbered)
            if raised is not None and raised.decision.decided_ns >= from_ns:
                self.raised.append(raised)

    def by_zone(self) -> Counter[str]:
        """Assets in each zone, and so in those around it, where the newest of its tags is."""
        newest: dict[str, tuple[int, str | None]] = {}
        register = self.pipeline.judge.register
        for located in self.pipeline.state.located:
            for tag, track in located.tracks.items():
                asset = register.asset_of(tag)
                at_ns = heard_ns(located, tag)
                if asset is not None and (at_ns, "") > newest.get(asset.id, (-1, "")):
                    newest[asset.id] = (at_ns, track.zone)
        heads: Counter[str] = Counter()
        zones = self.pipeline.plan.zones
        for _, zone in newest.values():
            known = None if zone is None else zones.get(zone)
            if known is not None:
                heads.update((known.name, *known.inside))
        return heads


class TwoSites:
    """Replays entries under the site file in force (`now`) and under another one (`then`).

    Alerts count that are decided from `from_ns` on.
    """

    def __init__(self, now: Site, then: Site, from_ns: int, beginning: Beginning) -> None:
        self._sides: dict[Side, _Replay] = {"now": _Replay(now), "then": _Replay(then)}
        self._from_ns = from_ns
        self._beginning: Beginning | None = beginning

    def take(self, entries: Sequence[Entry]) -> None:
        """Take entries in, in order; other site files among them do not hold."""
        entries = [entry for entry in entries if not isinstance(entry, SiteChanged)]
        if not entries:
            return
        beginning, self._beginning = self._beginning, None
        for side in self._sides.values():
            if beginning is not None:
                side.begin(beginning, begin_ns(entries[0]))
            side.take(entries, self._from_ns)

    def told(self) -> dict[str, Any]:
        """`alerts`, `rules` and `zones` as the API shows them."""
        return {"alerts": self._alerts(), "rules": self._rules(), "zones": self._zones()}

    def _alerts(self) -> dict[str, Any]:
        now, then = self._sides["now"].raised, self._sides["then"].raised
        found = differences([a.decision for a in now], [b.decision for b in then])
        kept = len(found.same) + len(found.shifted)
        pairs = [(_moment(shift.a), _moment(shift.b)) for shift in found.shifted]
        pairs += [(_moment(each), _moment(each)) for each in found.same]
        was = {_moment(each.decision): each.line["severity"] for each in now}
        becomes = {_moment(each.decision): each.line["severity"] for each in then}
        return {
            "now": len(now),
            "then": len(then),
            "kept": kept,
            "appear_total": len(found.only_b),
            "vanish_total": len(found.only_a),
            "shifted": len(found.shifted),
            "changed_severity": sum(was[a] != becomes[b] for a, b in pairs),
            "appear": _rows(found.only_b, then),
            "vanish": _rows(found.only_a, now),
        }

    def _rules(self) -> dict[str, dict[str, int]]:
        counts = {
            name: Counter(str(each.line["rule"]) for each in side.raised)
            for name, side in self._sides.items()
        }
        rules = [rule.name for side in self._sides.values() for rule in side.site.settings.rules]
        known = dict.fromkeys([*rules, *counts["now"], *counts["then"]])
        return {rule: {name: counts[name][rule] for name in counts} for rule in known}

    def _zones(self) -> dict[str, dict[str, int | None]]:
        found: dict[str, dict[str, int | None]] = {}
        for name, side in self._sides.items():
            heads = side.by_zone()
            for zone in side.site.settings.zones:
                empty: dict[str, int | None] = {f"assets_inside_{each}": None for each in _SIDES}
                found.setdefault(zone.name, empty)[f"assets_inside_{name}"] = heads[zone.name]
        return found


_SIDES: tuple[Side, ...] = ("now", "then")


def _raised(numbered: Numbered) -> _Raised | None:
    if not isinstance(numbered.output, AlertChange) or numbered.output.transition != "raised":
        return None
    line = line_of(numbered)
    decision = None if line is None else decision_of(line)
    return None if line is None or decision is None else _Raised(decision, line)


def _moment(decision: Decision) -> _Moment:
    return decision.content, decision.time_ns, decision.decided_ns


def _rows(decisions: Sequence[Decision], raised: Sequence[_Raised]) -> list[dict[str, Any]]:
    lines = {_moment(each.decision): each.line for each in raised}
    chosen = (lines[_moment(each)] for each in decisions[:SHOWN_MAX])
    return [{name: line.get(name) for name in _SHOWN} for line in chosen]
