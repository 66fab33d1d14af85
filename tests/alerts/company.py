"""Laptops, and the people whose badges have to go with them."""

from typing import Any

from alerts.rule_kinds import UnaccompaniedRule
from alerts.settings import AssetSelector
from inventory.assets import Asset
from tests.alerts.made import RULE, Bench
from tests.zones.made import health

LAPTOP = Asset(id="laptop-1", category="laptop", group="it", tags=("a1", "a2"))
OTHER = Asset(id="laptop-2", category="laptop", group="lab", tags=("b2",))
BADGE = Asset(id="badge-1", category="badge", group="it", tags=("ba",))
SECOND = Asset(id="badge-2", category="badge", group="lab", tags=("bb",))
PEOPLE = (LAPTOP, OTHER, BADGE, SECOND)


def alone(**changes: Any) -> UnaccompaniedRule:  # noqa: ANN401 -- any field of a rule
    """Laptops go nowhere without a badge that comes within 5 s."""
    fields: dict[str, Any] = {
        "name": RULE,
        "assets": AssetSelector(category="laptop"),
        "custodians": AssetSelector(category="badge"),
    }
    return UnaccompaniedRule(**(fields | changes))


def bench_of(**changes: Any) -> Bench:  # noqa: ANN401 -- any field of a rule
    """All is heard, and the laptops and badges are in the hall."""
    bench = Bench(alone(**changes), assets=PEOPLE)
    for name in ("r", "s", "t"):
        bench.judge.note_health(health(name))
    for tag in ("a1", "b2", "ba", "bb"):
        bench.move(tag, "hall", 1)
    return bench
