"""The pipeline's state, rebuilt from the tables where no checkpoint can be read.

The tables say what was decided: where each tag is, which alerts are open, which assets there
are, what is checked out. They do not say what was about to be decided. So open bins, statistics
and what waited to be confirmed begin anew, as after a time in which nobody could hear: nothing
departs by it, and no alert is raised a second time. The state has no site file; the first entry
of a start gives it the newest one that was accepted, and with that everybody is judged where
they are, so that an exit that waited to be confirmed is told after all.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple, get_args

import msgspec

from alerts.alert import Alert, Shelf
from alerts.changes import EndMaintenance, GatewayFault, StartMaintenance
from alerts.lifecycle import Case, adopt
from alerts.maintenance import MaintenanceBook
from alerts.places import OUTSIDE, Place, Places
from alerts.state import Fallen, JudgeState
from alerts.stranger_watch import STRANGER
from alerts.zone_watch import BLIND
from gateway.entries import SiteChanged
from gateway.pipeline import PipelineState, ReadBlueprint
from gateway.rebuilding_custody import custody_from_tables
from history.registered import registered_assets
from history.state import last_seq
from inventory.register import Register, RegisterState
from readers.maintenance import Maintenance, Target
from tags.times import SECOND_NS
from zones.floorplan import FloorPlan
from zones.tracks import LocateState, Track, first_open

BY = "rebuilt from the tables"
"""Who put the site file into force again, as the audit log has it."""

_ORDERS_SINCE_NS = 7 * 86_400 * SECOND_NS
"""Neither maintenance, shelf nor drill is looked for longer ago than that."""

_WHERE = """
SELECT visits.tag, visits.zone, visits.from_ns, visits.to_ns, visits.ended
FROM last_visits JOIN visits ON visits.id = last_visits.visit ORDER BY visits.id
"""
_NEWEST_SITE = """
SELECT hash, text FROM site_versions WHERE hash = coalesce(
    (SELECT target FROM audit WHERE action = 'site.changed' ORDER BY number DESC LIMIT 1),
    (SELECT hash FROM site_versions ORDER BY accepted_ns DESC, rowid DESC LIMIT 1)
)
"""
_NEWEST_EPISODES = """
SELECT rule, subject, record, max(raised_seq) AS newest FROM alerts
GROUP BY rule, subject ORDER BY newest
"""
_LATEST = """
SELECT max(coalesce((SELECT max(now_ns) FROM journal), 0),
           coalesce((SELECT max(decided_ns) FROM movements), 0),
           coalesce((SELECT max(at_ns) FROM audit), 0))
"""
_alert_decoder = msgspec.msgpack.Decoder(Alert)

Visit = tuple[str, str, int, int | None, str | None]
"""Tag, zone, from when (ns), until when or None while it goes on, and how it ended."""

_FaultKind = Literal["store", "disk", "delivery", "history"]


def state_from_tables(
    connection: sqlite3.Connection, read_blueprint: ReadBlueprint
) -> PipelineState:
    """The state after everything that the tables tell of; see above for what is not in them.

    `connection` reads a state.db of this version; its rows may be of any kind. The state has
    the newest number of the commit sequence, and the time of the newest that was decided.
    """
    former, connection.row_factory = connection.row_factory, sqlite3.Row
    try:
        return _state(connection, read_blueprint)
    finally:
        connection.row_factory = former


def _state(connection: sqlite3.Connection, read_blueprint: ReadBlueprint) -> PipelineState:
    now_ns = int(connection.execute(_LATEST).fetchone()[0])
    assets = registered_assets(connection)
    judged = JudgeState(now_ns=now_ns, register=RegisterState({each.id: each for each in assets}))
    located = LocateState(now_ns=now_ns)
    place_tags(connection.execute(_WHERE), located, judged)
    _adopt_alerts(connection, judged)
    repeat_orders(connection, judged)
    judged.custody = custody_from_tables(connection, judged, now_ns)
    state = PipelineState(now_ns=now_ns, located=[located], judged=judged)
    state.seq = last_seq(connection)
    site = newest_site(connection, now_ns)
    if site is not None:
        plan = read_blueprint(site.text).plan
        state.maintenance = maintenance_of(connection, plan, now_ns)
    return state


def newest_site(connection: sqlite3.Connection, now_ns: int) -> SiteChanged | None:
    """The site file that was accepted last, as an entry at `now_ns`; None if there was none."""
    row = connection.execute(_NEWEST_SITE).fetchone()
    return None if row is None else SiteChanged(now_ns, BY, str(row[0]), str(row[1]))


def place_tags(visits: Iterable[Visit], located: LocateState, judged: JudgeState) -> None:
    """Each tag is where its last visit was. It was heard just now, so that nothing is absent."""
    for tag, zone, from_ns, to_ns, ended in visits:
        goes_on, last_ns = to_ns is None, located.now_ns if to_ns is None else to_ns
        departed, outside = ended in {None, "departed"}, ended == "outside"
        located.tracks[tag] = Track(
            zone=zone if goes_on else None,
            heard_ns=last_ns,
            present_ns=last_ns,
            closed=first_open(located.now_ns) - 1,
            departed=departed and not goes_on,
            outside=outside and not goes_on,
        )
        gone_from = zone if departed else None
        judged.places[tag] = (
            Place(zone, from_ns)
            if goes_on
            else Place(OUTSIDE if outside else None, last_ns, gone_from)
        )
    Places(judged.places, Register(judged.register)).note_bindings(sorted(judged.places))


def _adopt_alerts(connection: sqlite3.Connection, judged: JudgeState) -> None:
    """Open alerts stay open; what was raised before is counted, so that no id comes twice."""
    for rule, subject, record, _ in connection.execute(_NEWEST_EPISODES):
        alert = _alert_decoder.decode(record)
        case = Case()
        adopt(case, subject, alert)
        if not alert.cleared:
            case.excursion = alert.excursion
            _remember_cause(alert, judged)
        elif rule == STRANGER:
            judged.stranger_episodes = max(judged.stranger_episodes, case.episodes)
            continue
        else:
            case = Case(episodes=case.episodes)
        judged.cases[rule, subject] = case


def _remember_cause(alert: Alert, judged: JudgeState) -> None:
    """What an open alert of the gateway's own rules says of parts, zones and strangers."""
    if alert.part is not None:
        for kind in (each for each in get_args(_FaultKind) if each == alert.kind):
            fault = GatewayFault(
                arrival_ns=alert.time_ns,
                kind=kind,
                name=alert.part,
                broken=True,
                detail=alert.detail,
            )
            judged.faults[f"{kind} {alert.part}"] = fault
    elif alert.rule == BLIND:
        judged.fallen.update((name, Fallen(alert.subject)) for name in alert.zones)
    elif alert.rule == STRANGER and alert.condition == "active":
        judged.strangers[alert.tag] = True


class _Order(NamedTuple):
    """What somebody ordered for a while, as the audit log tells of it."""

    at_ns: int
    actor: str
    action: str
    target: str
    why: str
    detail: dict[str, Any]

    @property
    def until_ns(self) -> int:
        """When it is over; that of an order to end something is past."""
        return int(self.detail.get("until_ns", 0))


def _orders(connection: sqlite3.Connection, noun: str, now_ns: int) -> Iterator[_Order]:
    """The orders about something (`drill`, `maintenance`, `rule`) until now, the oldest first."""
    rows = connection.execute(
        "SELECT at_ns, actor, action, target, why, detail FROM audit"
        " WHERE at_ns >= ? AND at_ns <= ? AND action GLOB ? ORDER BY number",
        (now_ns - _ORDERS_SINCE_NS, now_ns, f"{noun}.*"),
    )
    for at_ns, actor, action, target, why, detail in rows:
        yield _Order(at_ns, actor, action, target, why, msgspec.json.decode(detail))


def repeat_orders(connection: sqlite3.Connection, judged: JudgeState) -> None:
    """At the time of the state: rules that are put aside are so still, and a drill goes on."""
    for order in _orders(connection, "rule", judged.now_ns):
        name = f"{order.target}\n{order.detail.get('subject', '')}"
        judged.shelves.pop(name, None)
        if order.action == "rule.shelve" and order.until_ns > judged.now_ns:
            shelf = Shelf(order.actor, order.at_ns, order.until_ns, order.why)
            judged.shelves[name] = shelf
    for order in _orders(connection, "drill", judged.now_ns):
        if order.action == "drill.start":
            if judged.drill_until_ns <= order.at_ns:
                judged.drill_since_ns = order.at_ns
            judged.drill_until_ns = order.until_ns
        else:
            judged.drill_until_ns = order.at_ns


def maintenance_of(
    connection: sqlite3.Connection, plan: FloorPlan, now_ns: int
) -> dict[Target, Maintenance]:
    """What is worked on at a time.

    The log has a target as people write it, the floor plan knows what it is. Of a door and a
    reader by one name it takes the reader.
    """
    running: dict[Target, Maintenance] = {}
    book = MaintenanceBook(running)
    book.restore_plan(plan)
    for order in _orders(connection, "maintenance", now_ns):
        for target in _targets(order.target):
            if book.take(_change(order, target))[0].refused is None:
                break
    book.expire(now_ns)
    return running


def _change(order: _Order, target: Target) -> StartMaintenance | EndMaintenance:
    if order.action != "maintenance.start":
        return EndMaintenance(arrival_ns=order.at_ns, by=order.actor, target=target)
    return StartMaintenance(
        arrival_ns=order.at_ns,
        by=order.actor,
        target=target,
        until_ns=order.until_ns,
        reason=order.why,
    )


def _targets(text: str) -> Iterator[Target]:
    """What a target in the audit log may be."""
    yield Target("reader", text)
    name, _, antenna = text.rpartition("/")
    if name and antenna.isdigit():
        yield Target("antenna", name, int(antenna))
    yield Target("portal", text)
