"""A whole pipeline at the small site, from which one reads what it has told people."""

from collections.abc import Sequence

from alerts.alert import Alert, AlertChange
from alerts.changes import AcknowledgeAlert, ResetAlert
from gateway.entries import Entry, ReadGroup, SiteChanged, Tick
from gateway.pipeline import Blueprint, Pipeline
from inventory.assets import Asset
from inventory.changes import StoreAssets
from tags.reads import Read
from tests.zones.made import (
    at,
    every,
    health,
    plan,
    read,
)
from tests.zones.story_sites import LAPTOPS, TAGS_MAX, rule
from zones.movements import Movement

CONFIRM_S, CLEAR_CONFIRM_S = 5.0, 10.0
SITES = {
    "usual": Blueprint(
        plan(), [rule(confirm_s=CONFIRM_S, clear_confirm_s=CLEAR_CONFIRM_S)], TAGS_MAX
    ),
    "unlatched": Blueprint(plan(), [rule(latch=False, confirm_s=0, clear_confirm_s=0)], TAGS_MAX),
    "no rules": Blueprint(plan(), [], TAGS_MAX),
    "absent": Blueprint(plan(300), [rule(confirm_s=CONFIRM_S)], TAGS_MAX),
    "quick to return": Blueprint(plan(), [rule(clear_confirm_s=0)], TAGS_MAX),
}


class Desk:
    """A pipeline with its site, and what has come out of it."""

    def __init__(self, site: str = "usual", assets: tuple[Asset, ...] = LAPTOPS) -> None:
        self.pipeline = Pipeline(SITES.__getitem__)
        self.changes: list[AlertChange] = []
        self.system_changes: list[AlertChange] = []
        self.movements: list[Movement] = []
        self.take(SiteChanged(at(0), "test", site, site))
        self.take(StoreAssets(arrival_ns=at(0), by="test", assets=assets))
        for name in ("r", "s"):
            self.take(health(name))

    def take(self, entry: Entry) -> str | None:
        """Advance; why a change was refused."""
        decisions = self.pipeline.advance([entry])
        for numbered in decisions.outputs:
            if isinstance(numbered.output, AlertChange):
                about_tag = bool(numbered.output.alert.tag)
                changes = self.changes if about_tag else self.system_changes
                changes.append(numbered.output)
            elif isinstance(numbered.output, Movement):
                self.movements.append(numbered.output)
        outcome = decisions.outcomes.get(0)
        return None if outcome is None else outcome.refused

    def hear(self, reads: Sequence[Read]) -> None:
        """Reads, and then an instant in which nothing more arrives with them."""
        for each in reads:
            self.take(ReadGroup("local", self.pipeline.state.sources.get("local", 0) + 1, [each]))
        self.take(Tick(self.pipeline.state.now_ns + 1))

    def stay(self, tag: str, point: tuple[str, int], first_s: float, until_s: float) -> None:
        """The point reads the tag four times a second, 100 ms after the quarter."""
        self.hear([read(tag, point, seconds + 0.1) for seconds in every(0.25, first_s, until_s)])

    def wait_until(self, seconds: float) -> None:
        self.take(Tick(at(seconds)))

    def acknowledge(self, seconds: float, note: str = "") -> str | None:
        alert = self.alert.id
        entry = AcknowledgeAlert(arrival_ns=at(seconds), by="ann", alert=alert, note=note)
        return self.take(entry)

    def reset(self, seconds: float) -> str | None:
        return self.take(ResetAlert(arrival_ns=at(seconds), by="ann", alert=self.alert.id))

    @property
    def alert(self) -> Alert:
        return self.changes[-1].alert

    @property
    def story(self) -> list[str]:
        return [change.transition for change in self.changes]
