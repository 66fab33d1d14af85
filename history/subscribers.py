"""Who is told of a decision: subscriptions compiled to tests, asked for each thing decided."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from alerts.alert import AlertChange
from delivery.outbox import LEAST_URGENT, Message, alert_message, body_of, put_message
from history.outputs import Numbered, Output, crossing_json, movement_json
from history.subscriptions import Subscription, all_subscriptions
from inventory.assets import Asset
from zones.floorplan import FloorPlan
from zones.movements import Crossing, Movement

FindAsset = Callable[[str], Asset | None]


class Facts(NamedTuple):
    """What filters and limits look at, of one decision. `zones` are all that it touches."""

    zones: tuple[str, ...]
    from_zone: str
    to_zone: str
    asset: Asset | None
    tag: str
    portal: str = ""
    rule: str = ""
    severity: str = ""


Test = Callable[[Facts], bool]


class _Subscriber(NamedTuple):
    channel: str
    tests: tuple[Test, ...]


class Subscribers:
    """The subscriptions that hold now, read again after `forget`; used by the thread that writes.

    `asset` and `plan` say what is known now. Without a subscription nothing is looked at.
    """

    def __init__(self, asset: FindAsset, plan: Callable[[], FloorPlan]) -> None:
        self._asset = asset
        self._plan = plan
        self._known: list[Subscription] = []
        self._stale = True
        self._compiled_for: FloorPlan | None = None
        self._by_type: dict[str, list[_Subscriber]] = {}
        self._told = False

    def forget(self) -> None:
        """The table changes: read it before anything else is decided."""
        self._stale = True

    def refresh(self, connection: sqlite3.Connection) -> None:
        """Read the table, if it changed."""
        if self._stale:
            self._known = [one for one in all_subscriptions(connection) if one.enabled]
            self._compiled_for, self._stale = None, False

    def take_told(self) -> bool:
        """Whether anybody was told since this was last asked."""
        told, self._told = self._told, False
        return told

    def tell(
        self, connection: sqlite3.Connection, outputs: Sequence[Numbered], now_ns: int
    ) -> None:
        """Write a message for each subscriber of each output, within the caller's transaction."""
        if not self._known:
            return
        self._compile()
        for numbered in outputs:
            wanted = self._by_type.get(_type_of(numbered.output))
            if wanted:
                self._tell_one(connection, numbered, wanted, now_ns)

    def _tell_one(
        self,
        connection: sqlite3.Connection,
        numbered: Numbered,
        wanted: list[_Subscriber],
        now_ns: int,
    ) -> None:
        facts = self._facts(numbered.output)
        channels = [one.channel for one in wanted if all(test(facts) for test in one.tests)]
        if not channels:
            return
        message = _message(numbered)
        self._told = True
        for channel in channels:
            put_message(connection, message, channel, now_ns)

    def _compile(self) -> None:
        plan = self._plan()
        if plan is self._compiled_for:
            return
        by_type: dict[str, list[_Subscriber]] = {}
        for one in self._known:
            subscriber = _Subscriber(one.channel, tuple(_tests(one, plan)))
            for kind in one.settings.types():
                by_type.setdefault(kind, []).append(subscriber)
        self._by_type, self._compiled_for = by_type, plan

    def _facts(self, output: Output) -> Facts:
        match output:
            case Movement(from_zone=from_zone, to_zone=to_zone):
                zones = tuple(zone for zone in (from_zone, to_zone) if zone)
                asset = self._asset_of(output.asset)
                return Facts(zones, from_zone or "", to_zone or "", asset, output.tag)
            case Crossing(portal=portal):
                zones = portal_zones(self._plan(), portal)
                return Facts(zones, "", "", self._asset_of(output.asset), output.tag, portal)
            case AlertChange(alert=alert):
                named = (alert.from_zone, alert.to_zone, *alert.zones)
                return Facts(
                    tuple(zone for zone in named if zone),
                    alert.from_zone or "",
                    alert.to_zone or "",
                    self._asset_of(alert.asset),
                    alert.tag,
                    alert.portal or "",
                    alert.rule,
                    alert.severity,
                )
            case _:
                raise TypeError(f"{type(output).__name__} is told to no subscriber")

    def _asset_of(self, id_: str | None) -> Asset | None:
        # One that has left the register since is still known by its id.
        return None if id_ is None else self._asset(id_) or Asset(id=id_)


def portal_zones(plan: FloorPlan, portal: str) -> tuple[str, ...]:
    """The zones that the antennas of a portal stand for."""
    gate = plan.portals.get(portal)
    points = () if gate is None else gate.points
    zones = (plan.point(key).zone for key in points)
    return tuple(dict.fromkeys(zone for zone in zones if zone))


def _type_of(output: Output) -> str:
    match output:
        case Movement(kind=kind):
            return f"movement.{kind}"
        case Crossing(direction=direction):
            return f"crossing.{direction}"
        case AlertChange(transition=transition):
            return f"alert.{transition}"
        case _:
            return ""


def _message(numbered: Numbered) -> Message:
    match numbered.output:
        case Movement() as movement:
            data, decided_ns = movement_json(movement), movement.decided_ns
        case Crossing() as crossing:
            data, decided_ns = crossing_json(crossing), crossing.decided_ns
        case AlertChange() as change:
            # Each transition is told as it happens, so that none is told twice.
            plain = msgspec.structs.replace(change, announces=None)
            return alert_message(plain, numbered.seq)
        case _:
            raise TypeError(f"{type(numbered.output).__name__} is told to no subscriber")
    kind, asset, tag = _type_of(numbered.output), data["asset"], data["tag"]
    return Message(
        subject=f"tag:{tag}" if asset is None else f"asset:{asset}",
        ordinal=numbered.seq,
        type=kind,
        body=body_of(kind, decided_ns, data),
        priority=LEAST_URGENT,
        fact=f"{kind} {data['id']}",
    )


def _tests(one: Subscription, plan: FloorPlan) -> Iterator[Test]:
    """What has to be true of a decision; the narrowest first."""
    filters = {key: frozenset(names) for key, names in one.settings.filters.lists().items()}
    for key, names in filters.items():
        yield _MAKERS[key](_reach(plan, names) if key in _ZONES else names)
    if one.scope.zones is not None:
        yield _touches(_reach(plan, frozenset(one.scope.zones)))
    if one.scope.groups is not None:
        yield _in_groups(frozenset(one.scope.groups))


def _reach(plan: FloorPlan, names: frozenset[str]) -> frozenset[str]:
    """The zones of these names, with those inside of them."""
    return names.union(zone for zone in plan.zones if plan.within(zone, names))


def _touches(zones: frozenset[str]) -> Test:
    return lambda facts: not zones.isdisjoint(facts.zones)


def _in_groups(groups: frozenset[str]) -> Test:
    return lambda facts: facts.asset is not None and facts.asset.group in groups


_ZONES = frozenset({"zone", "from", "to"})
_MAKERS: dict[str, Callable[[frozenset[str]], Test]] = {
    "zone": _touches,
    "from": lambda zones: lambda facts: facts.from_zone in zones,
    "to": lambda zones: lambda facts: facts.to_zone in zones,
    "asset": lambda ids: lambda facts: facts.asset is not None and facts.asset.id in ids,
    "group": _in_groups,
    "category": lambda names: (
        lambda facts: facts.asset is not None and facts.asset.category in names
    ),
    "tag": lambda tags: lambda facts: facts.tag in tags,
    "portal": lambda portals: lambda facts: facts.portal in portals,
    "rule": lambda rules: lambda facts: facts.rule in rules,
    "severity": lambda severities: lambda facts: facts.severity in severities,
}
