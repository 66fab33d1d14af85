"""The sites at which the made-up days play, with rules of most kinds."""

from typing import Any

from alerts.rule_kinds import (
    CrossingRule,
    DwellRule,
    EnterRule,
    ExitRule,
    ForbiddenRule,
    MissingRule,
    TailgateRule,
    WrongWayRule,
)
from alerts.schedule import Schedule
from alerts.schedule_settings import ScheduleSettings
from alerts.settings import AssetSelector, EscalationStep, SystemSettings
from gateway.pipeline import Blueprint
from inventory.assets import Asset
from tests.zones.made import readers, zones
from tests.zones.story_plans import drawn
from zones.floorplan import FloorPlan
from zones.portal_settings import PortalSettings
from zones.settings import ZoneSettings

RULE = "laptops stay in"
SUBJECTS = ("laptop-1", "laptop-2")
LAPTOPS = (
    Asset(id="laptop-1", category="laptop", tags=("a1",)),
    Asset(id="laptop-2", category="laptop", tags=("b2", "c3")),
)
TAGS = ("a1", "b2", "c3", "d4")
ABSENT_AFTER_S = 3.0
TAGS_MAX = 1000


def rule(**changes: Any) -> ExitRule:  # noqa: ANN401 -- any field of a rule
    """Laptops stay in hall and office; the rest is as it would be in a short site file."""
    fields: dict[str, Any] = {
        "name": RULE,
        "assets": AssetSelector(category="laptop"),
        "fence": ("hall", "office"),
        "severity": "warning",
        "confirm_s": 1.0,
        "clear_confirm_s": 1.5,
    }
    return ExitRule(**(fields | changes))


def _renamed() -> list[ZoneSettings]:
    hall, *others = zones(ABSENT_AFTER_S)
    return [hall, *others[:-1], ZoneSettings(name="ramp", was="dock", role="exit")]


def _without_exits() -> list[ZoneSettings]:
    return [ZoneSettings(name=zone.name) for zone in zones()]


DOOR = PortalSettings(name="door", inside=("r/1",), outside=("r/2", "s/2"))
DOOR_RULES = (
    WrongWayRule(name="in only", assets=AssetSelector(tag="*"), allowed="inbound"),
    TailgateRule(
        name="together",
        assets=AssetSelector(category="laptop"),
        custodians=AssetSelector(tag="d4"),
        within_s=2,
        latch=False,
    ),
)
NIGHT = Schedule(
    ScheduleSettings.model_validate({"windows": [{"from": "14:13", "to": "14:14"}]}), "UTC"
)
"""Opens and shuts in the minutes in which the stories play."""

LOUD: dict[str, Any] = {
    "notify": ("log",),
    "escalate": (EscalationStep(after_s=1), EscalationStep(after_s=3, notify=("pager",))),
    "chatter_per_hour": 2,
    "storm_per_minute": 3,
}
PLACE_RULES = (
    ForbiddenRule(name="keep out", assets=AssetSelector(tag="*"), zones=("office",), **LOUD),
    EnterRule(name="dock", zones=("dock",), confirm_s=1, clear_confirm_s=1, **LOUD),
    DwellRule(name="move on", zones=("yard",), longer_than_s=2, late="digest", **LOUD),
    MissingRule(name="lost", flap_window_s=5, **LOUD),
    CrossingRule(name="door", direction="outbound", out_of_service="new door", **LOUD),
    rule(name="at night", schedule="night", latch=False, **LOUD),
)
HELD_RULES = [each for each in PLACE_RULES if not isinstance(each, ForbiddenRule)]
"""Those that no single read can break, so that no order of arrival matters to them."""

SITES = {
    "drawn": Blueprint(
        drawn(ABSENT_AFTER_S, [DOOR]),
        [rule(), *DOOR_RULES, *PLACE_RULES],
        TAGS_MAX,
        timetables={"at night": NIGHT},
    ),
    "first": Blueprint(
        FloorPlan(zones(ABSENT_AFTER_S), readers(), portals=[DOOR]),
        [rule(**LOUD), *DOOR_RULES, *PLACE_RULES],
        TAGS_MAX,
        SystemSettings(blind_after_s=1, offline_after_s=2, unknown_tags="alert", notify=("log",)),
        {"at night": NIGHT},
    ),
    "renamed": Blueprint(
        FloorPlan(_renamed(), readers(dock="ramp")), [rule(), rule(name="second")]
    ),
    "held": Blueprint(
        FloorPlan(_without_exits(), readers()),
        [rule(**LOUD), *HELD_RULES],
        TAGS_MAX,
        timetables={"at night": NIGHT},
    ),
    "without dock": Blueprint(FloorPlan(zones(ABSENT_AFTER_S)[:-1], readers()), [rule()], TAGS_MAX),
    "without rules": Blueprint(FloorPlan(zones(), readers()), [], TAGS_MAX),
}


def site_of(text: str) -> Blueprint:
    """The blueprint that a name stands for."""
    return SITES[text]
