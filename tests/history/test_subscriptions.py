"""Subscriptions: who is told of what, under which id, and what ends it."""

import json
import sqlite3
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from alerts.alert import AlertChange
from delivery.outbox import LEAST_URGENT, PRIORITIES, Share, take_due
from delivery.subscription import EVENTS, SubscriptionSettings
from history.callers import EVERYTHING, Scope
from history.outputs import Numbered, Output
from history.state import open_in_memory
from history.subscribers import Subscribers
from history.subscriptions import (
    SUBSCRIPTIONS_MAX,
    Subscription,
    SubscriptionChangedError,
    SubscriptionNameTakenError,
    TooManySubscriptionsError,
    add_subscription,
    all_subscriptions,
    find_subscription,
    new_subscription,
    remove_subscription,
    replace_subscription,
    rotated,
)
from inventory.assets import Asset
from readers.settings import AntennaSettings, ReaderSettings
from tests.delivery.made import alert
from zones.floorplan import FloorPlan
from zones.movements import (
    Crossing,
    Direction,
    Movement,
    MovementKind,
    crossing_id,
    movement_id,
)
from zones.portal_settings import PortalSettings
from zones.settings import ZoneSettings

NOON_NS = 1_800_000_000_000_000_000
LAPTOP = Asset(id="L-7", category="laptop", group="sales", tags=("e280",))
CART = Asset(id="C-1", category="cart", group="dock", tags=("e281",))


def plan_of(*zones: ZoneSettings) -> FloorPlan:
    antennas = {1: AntennaSettings(zone="shelf"), 2: AntennaSettings(zone="yard")}
    return FloorPlan(
        zones or (ZoneSettings(name="hall"), shelf(), ZoneSettings(name="yard")),
        [ReaderSettings(name="gate-1", driver="llrp", antennas=antennas)],
        portals=[PortalSettings(name="door", inside=("gate-1/1",), outside=("gate-1/2",))],
    )


def shelf() -> ZoneSettings:
    return ZoneSettings(name="shelf", parent="hall")


class Site:
    """A database, and what is known beside it."""

    def __init__(self, state: sqlite3.Connection) -> None:
        self.state = state
        self.assets = {asset.id: asset for asset in (LAPTOP, CART)}
        self.plan = plan_of()
        self.subscribers = Subscribers(self.assets.get, lambda: self.plan)
        self._seq = 0

    def subscribe(
        self,
        *events: str,
        filters: dict[str, list[str]] | None = None,
        scope: Scope = EVERYTHING,
        enabled: bool = True,
    ) -> Subscription:
        settings = SubscriptionSettings.model_validate(
            {"url": "https://example.net/hook", "events": events, "filters": filters or {}}
        )
        name = f"s{len(all_subscriptions(self.state))}"
        made = new_subscription(
            name, settings, enabled=enabled, scope=scope, by="ann", now_ns=NOON_NS
        )
        self.subscribers.forget()
        return add_subscription(self.state, made)

    def decide(self, *outputs: Output) -> None:
        """Write what is decided, as the journal does."""
        numbered = [Numbered(self._seq + n, one) for n, one in enumerate(outputs, start=1)]
        self._seq += len(numbered)
        self.subscribers.refresh(self.state)
        self.subscribers.tell(self.state, numbered, NOON_NS)

    def told(self, to: Subscription) -> list[str]:
        """The types of the messages that were written for one, in order."""
        return [row[0] for row in self.rows(to, "type")]

    def rows(self, to: Subscription, columns: str) -> list[tuple[Any, ...]]:
        query = f"SELECT {columns} FROM outbox WHERE channel = ? ORDER BY number"  # noqa: S608 - constants
        return self.state.execute(query, (to.channel,)).fetchall()


@pytest.fixture
def site() -> Iterator[Site]:
    state = open_in_memory()
    state.row_factory = None
    yield Site(state)
    state.close()


def moved(
    kind: MovementKind = "moved",
    from_zone: str | None = "hall",
    to_zone: str | None = "yard",
    asset: Asset | None = LAPTOP,
    at_s: int = 0,
) -> Movement:
    tag, time_ns = "e280" if asset is None else asset.tags[0], NOON_NS + at_s
    return Movement(
        id=movement_id(tag, from_zone, to_zone, time_ns),
        time_ns=time_ns,
        decided_ns=time_ns,
        tag=tag,
        kind=kind,
        from_zone=from_zone,
        to_zone=to_zone,
        asset=None if asset is None else asset.id,
    )


def crossed(direction: Direction = "outbound", portal: str = "door") -> Crossing:
    return Crossing(
        id=crossing_id("e280", portal, NOON_NS),
        time_ns=NOON_NS,
        decided_ns=NOON_NS,
        tag="e280",
        portal=portal,
        direction=direction,
        confidence=0.9,
        asset="L-7",
    )


def raised(transitions: int = 1) -> AlertChange:
    return AlertChange("raised", alert(transitions=transitions, asset="L-7"), NOON_NS)


def test_a_message_says_what_the_stream_says(site: Site) -> None:
    one = site.subscribe("movement", "crossing", "alert")
    movement = moved()
    site.decide(movement, crossed(), raised())
    assert site.told(one) == ["movement.moved", "crossing.outbound", "alert.raised"]
    bodies = [json.loads(row[0]) for row in site.rows(one, "body")]
    assert [body["type"] for body in bodies] == site.told(one)
    assert bodies[0]["data"]["id"] == movement.id
    assert (bodies[0]["data"]["asset"], bodies[0]["data"]["to"]) == ("L-7", "yard")
    assert (bodies[1]["data"]["portal"], bodies[2]["data"]["rule"]) == ("door", "laptops stay in")


def test_without_subscribers_nothing_is_written(site: Site) -> None:
    site.decide(moved(), crossed(), raised())
    assert site.state.execute("SELECT count(*) FROM outbox").fetchone() == (0,)
    assert not site.subscribers.take_told()


def test_the_same_fact_is_one_message_whatever_number_it_gets(site: Site) -> None:
    one = site.subscribe("movement", "crossing")
    site.decide(moved(), crossed())
    first = site.rows(one, "id")
    site.decide(moved(), crossed())
    assert site.rows(one, "id") == first
    assert len(set(first)) == 2


def test_two_subscribers_of_one_fact_have_messages_of_their_own(site: Site) -> None:
    one, other = site.subscribe("movement"), site.subscribe("movement")
    site.decide(moved())
    assert site.rows(one, "id") != site.rows(other, "id")


@pytest.mark.parametrize("event", [kind for kinds in EVENTS.values() for kind in kinds])
def test_each_event_can_be_wanted_alone(event: str, site: Site) -> None:
    one = site.subscribe(event)
    assert one.settings.types() == (event,)


def test_only_the_events_that_are_named_are_told(site: Site) -> None:
    one = site.subscribe("movement.arrived", "crossing.inbound")
    site.decide(moved(), moved("arrived", None, "hall"), crossed(), crossed("inbound"), raised())
    assert site.told(one) == ["movement.arrived", "crossing.inbound"]


@pytest.mark.parametrize(
    ("filters", "told"),
    [
        ({"zone": ["yard"]}, ["movement.moved", "crossing.outbound"]),
        ({"zone": ["hall"]}, ["movement.moved", "movement.arrived", "crossing.outbound"]),
        ({"zone": ["shelf"]}, ["movement.arrived", "crossing.outbound"]),
        ({"from": ["hall"]}, ["movement.moved"]),
        ({"to": ["hall"]}, ["movement.arrived"]),
        ({"to": ["yard", "shelf"]}, ["movement.moved", "movement.arrived"]),
        ({"asset": ["C-1"]}, ["movement.arrived"]),
        ({"category": ["laptop"]}, ["movement.moved", "crossing.outbound"]),
        ({"group": ["dock"]}, ["movement.arrived"]),
        ({"tag": ["E281"]}, ["movement.arrived"]),
        ({"portal": ["door"]}, ["crossing.outbound"]),
        ({"portal": ["gate"]}, []),
        ({"zone": ["yard"], "category": ["cart"]}, []),
    ],
)
def test_a_filter_lets_through_what_it_names(
    filters: dict[str, list[str]], told: list[str], site: Site
) -> None:
    one = site.subscribe("movement", "crossing", filters=filters)
    site.decide(moved(), moved("arrived", None, "shelf", CART), crossed())
    assert site.told(one) == told


def test_alerts_are_filtered_by_rule_and_severity(site: Site) -> None:
    fits = site.subscribe(
        "alert.raised", filters={"rule": ["laptops stay in"], "severity": ["critical"]}
    )
    mild = site.subscribe("alert", filters={"severity": ["info", "warning"]})
    other = site.subscribe("alert", filters={"rule": ["none"]})
    site.decide(raised())
    assert [site.told(one) for one in (fits, mild, other)] == [["alert.raised"], [], []]


def test_who_may_see_a_zone_is_told_of_that_zone_only(site: Site) -> None:
    one = site.subscribe("movement", "crossing", scope=Scope(zones=("hall",)))
    out = moved("moved", "yard", "street")
    site.decide(out, moved("arrived", None, "shelf"), crossed(), crossed(portal="elsewhere"))
    assert site.told(one) == ["movement.arrived", "crossing.outbound"]


def test_who_may_see_a_group_is_told_of_its_assets_only(site: Site) -> None:
    one = site.subscribe("movement", scope=Scope(groups=("sales",)))
    site.decide(moved(), moved(asset=CART), moved(asset=None, to_zone="shelf"))
    assert [json.loads(row[0])["data"]["asset"] for row in site.rows(one, "body")] == ["L-7"]


def test_a_new_plan_counts_from_the_next_decision_on(site: Site) -> None:
    one = site.subscribe("movement", filters={"zone": ["hall"]})
    site.decide(moved("arrived", None, "shelf", at_s=1))
    site.plan = plan_of(ZoneSettings(name="hall"), ZoneSettings(name="shelf"))
    site.decide(moved("arrived", None, "shelf", at_s=2))
    assert len(site.told(one)) == 1


def test_messages_of_one_asset_go_in_order_and_others_do_not_wait(site: Site) -> None:
    one = site.subscribe("movement")
    site.decide(moved(at_s=1), moved(at_s=2), moved(asset=CART))
    share = Share(limit=9, others=9)
    taken = take_due(site.state, NOON_NS, share, channel=one.channel, worker="w")
    assert [each.alert for each in taken] == ["asset:L-7", "asset:C-1"]


def test_alerts_go_before_movements(site: Site) -> None:
    one = site.subscribe("movement", "alert")
    site.decide(moved(), raised())
    urgency = dict(site.rows(one, "type, priority"))
    assert urgency == {"movement.moved": LEAST_URGENT, "alert.raised": PRIORITIES["critical"]}
    share = Share(limit=1, others=1)
    (first,) = take_due(site.state, NOON_NS, share, channel=one.channel, worker="w")
    assert first.type == "alert.raised"


def test_what_is_switched_off_is_told_nothing(site: Site) -> None:
    one = site.subscribe("movement", enabled=False)
    site.decide(moved())
    assert site.told(one) == []


def test_switching_off_gives_up_what_is_owed(site: Site) -> None:
    one = site.subscribe("movement")
    site.decide(moved())
    off = msgspec.structs.replace(one, enabled=False)
    site.subscribers.forget()
    assert replace_subscription(site.state, off, NOON_NS).revision == 2
    assert site.rows(one, "state, last_error") == [("dead", "the subscription was switched off")]
    site.decide(moved(at_s=9))
    assert len(site.told(one)) == 1


def test_a_deleted_one_owes_nothing_and_says_why(site: Site) -> None:
    one = site.subscribe("movement")
    site.decide(moved())
    site.subscribers.forget()
    remove_subscription(site.state, one, NOON_NS)
    assert site.rows(one, "state, last_error") == [("dead", "the subscription was deleted")]
    assert find_subscription(site.state, one.id) is None
    site.decide(moved(at_s=9))
    assert len(site.told(one)) == 1


def test_what_is_kept_comes_back_as_it_was(site: Site) -> None:
    scope = Scope(zones=("hall",), groups=("sales", "dock"))
    one = site.subscribe(
        "movement", "alert", scope=scope, filters={"zone": ["hall"], "severity": ["info"]}
    )
    assert find_subscription(site.state, one.id) == one
    assert all_subscriptions(site.state) == [one]


def test_who_has_seen_another_revision_changes_nothing(site: Site) -> None:
    one = site.subscribe("movement")
    replace_subscription(site.state, one, NOON_NS)
    with pytest.raises(SubscriptionChangedError, match="revision is 2"):
        replace_subscription(site.state, one, NOON_NS)
    with pytest.raises(SubscriptionChangedError, match="revision is 2"):
        remove_subscription(site.state, one, NOON_NS)


def test_names_are_taken_once_and_there_is_an_end(site: Site) -> None:
    one = site.subscribe("movement")
    with pytest.raises(SubscriptionNameTakenError, match="'s0'"):
        add_subscription(site.state, msgspec.structs.replace(one, id="sub_2"))
    for _ in range(SUBSCRIPTIONS_MAX - 1):
        site.subscribe("movement")
    with pytest.raises(TooManySubscriptionsError):
        site.subscribe("movement")


def test_a_new_secret_signs_beside_the_former_one_if_that_is_kept(site: Site) -> None:
    one = site.subscribe("movement")
    twice = rotated(rotated(one, keep_former=True), keep_former=True)
    assert len(twice.secret.split()) == 2
    assert one.secret not in twice.secret
    alone = rotated(one, keep_former=False)
    assert one.secret not in alone.secret
    assert len(alone.secret.split()) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"events": []},
        {"events": ["movement.flown"]},
        {"url": "ftp://example.net"},
        {"url": "https://"},
        {"events": ["movement"], "filters": {"portal": ["door"]}},
        {"events": ["crossing"], "filters": {"from": ["hall"]}},
        {"events": ["movement", "crossing"], "filters": {"severity": ["info"]}},
        {"filters": {"colour": ["red"]}},
        {"per_minute_max": 0},
    ],
)
def test_what_could_never_come_is_refused(wrong: dict[str, object]) -> None:
    fields = {"url": "https://example.net", "events": ["movement"]} | wrong
    with pytest.raises(ValueError, match=r".+"):
        SubscriptionSettings.model_validate(fields)
