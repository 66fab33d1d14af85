"""Work on a reader, an antenna or a door: no evidence, no departure, no alert, and it ends."""

from collections.abc import Sequence

import msgspec
import pytest

from alerts.changes import EndMaintenance, StartMaintenance
from alerts.maintenance import MAINTENANCE_NS_MAX, TARGETS_MAX
from alerts.settings import SystemSettings
from gateway.entries import Entry, GatewayStarted, ReadGroup, SiteChanged, Tick
from gateway.pipeline import Blueprint, Pipeline, PipelineState
from history.outputs import Audited, event_of
from inventory.changes import StoreAssets
from readers.health import ReaderHealth
from readers.maintenance import Target
from readers.settings import DeviceSettings, ReaderSettings
from tags.reads import Read
from tests.zones.made import (
    GATE,
    HALL,
    OFFICE,
    YARD,
    antenna,
    at,
    every,
    health,
    read,
    reader,
    seconds_of,
    zones,
)
from tests.zones.made import readers as listed_readers
from tests.zones.story_sites import LAPTOPS, TAGS_MAX, rule
from zones.floorplan import FloorPlan
from zones.movements import Movement
from zones.portal_settings import PortalSettings

READER, ANTENNA, DOOR = Target("reader", "r"), Target("antenna", "r", 2), Target("portal", "door")
ABSENT_AFTER_S = 20.0


def blueprint(readers: Sequence[ReaderSettings], *portals: PortalSettings) -> Blueprint:
    plan = FloorPlan(zones(ABSENT_AFTER_S), readers, portals=portals)
    return Blueprint(plan, [rule()], TAGS_MAX, SystemSettings(notify=("log",)))


LINK = ReaderSettings(
    name="bus",
    driver="serial",
    devices={"1": DeviceSettings(zone="office"), "2": DeviceSettings(zone="yard")},
)
SITES = {
    "usual": blueprint(
        [*listed_readers(), LINK],
        PortalSettings(name="door", inside=("r/1",), outside=("r/2", "s/2")),
    ),
    "other door": blueprint(
        listed_readers(), PortalSettings(name="door", inside=("s/1",), outside=("s/2",))
    ),
    "no door": blueprint(listed_readers()),
    "without r": blueprint([reader("s", {1: antenna("office")})]),
}


class Site:
    """A pipeline that has started, with what it said of readers and tags."""

    def __init__(self, parts: int = 1) -> None:
        state = PipelineState()
        state.located = [type(state.located[0])() for _ in range(parts)]
        self.pipeline = Pipeline(SITES.__getitem__, state)
        self.told: list[ReaderHealth] = []
        self.moves: list[Movement] = []
        self.seq = 0
        self.take(GatewayStarted(at(0), None))
        self.take(SiteChanged(at(0), "test", "usual", "usual"))
        self.take(StoreAssets(arrival_ns=at(0), by="test", assets=LAPTOPS))
        for name in ("r", "s", "bus", "bus:1", "bus:2"):
            self.take(health(name))
        self.told.clear()

    def take(self, entry: Entry) -> str | None:
        decisions = self.pipeline.advance([entry])
        for numbered in decisions.outputs:
            match numbered.output:
                case ReaderHealth():
                    self.told.append(numbered.output)
                case Movement():
                    self.moves.append(numbered.output)
                case _:
                    pass
        outcome = decisions.outcomes.get(0)
        return None if outcome is None else outcome.refused

    def maintain(
        self, target: Target, since_s: float, until_s: float, by: str = "ann"
    ) -> str | None:
        change = StartMaintenance(
            arrival_ns=at(since_s), by=by, target=target, until_ns=at(until_s), reason="new cable"
        )
        return self.take(change)

    def release(self, target: Target, seconds: float) -> str | None:
        return self.take(EndMaintenance(arrival_ns=at(seconds), by="bob", target=target))

    def hear(self, *seconds: float, point: tuple[str, int] = HALL) -> None:
        self.seq += 1
        self.take(ReadGroup("local", self.seq, [read("a1", point, each) for each in seconds]))

    def wait_until(self, seconds: float) -> None:
        self.take(Tick(at(seconds)))

    @property
    def dropped(self) -> dict[tuple[str, str], int]:
        total: dict[tuple[str, str], int] = {}
        for locate in self.pipeline.locates:
            for key, count in locate.dropped.items():
                total[key] = total.get(key, 0) + count
        return total

    @property
    def states(self) -> list[tuple[str, str, float]]:
        """Reader, state as shown, and when it was said to be so since."""
        shown = [each.shown() for each in self.told]
        return [(each.reader, each.state, seconds_of(each.since_ns)) for each in shown]

    @property
    def places(self) -> list[tuple[str, str | None]]:
        return [(move.kind, move.to_zone) for move in self.moves]


# What it means


def test_reads_of_a_reader_in_maintenance_are_no_evidence_but_counted() -> None:
    site = Site()
    site.maintain(READER, 1, 60)
    site.hear(*every(0.25, 2, 6))
    site.hear(8.0, point=GATE)
    site.wait_until(30)
    assert site.places == []
    assert site.dropped == {("r", "maintenance"): 17}


def test_reads_from_before_remain_evidence() -> None:
    site = Site()
    site.hear(*every(0.25, 1, 3))
    site.maintain(READER, 3, 60)
    site.wait_until(10)
    assert site.places == [("arrived", "hall")]
    assert site.dropped == {}


def test_an_antenna_in_maintenance_leaves_the_others_as_they_are() -> None:
    site = Site()
    site.maintain(ANTENNA, 1, 60)
    site.hear(*every(0.25, 2, 6))
    site.hear(8.0, point=GATE)
    site.wait_until(12)
    assert site.places == [("arrived", "hall")]
    assert site.dropped == {("r", "maintenance"): 1}


def test_a_door_is_all_of_its_read_points() -> None:
    site = Site()
    site.maintain(DOOR, 1, 60)
    for point in (HALL, GATE, ("s", 2), YARD, OFFICE):
        site.hear(*every(0.25, 2, 3), point=point)
    assert site.dropped == {("r", "maintenance"): 8, ("s", "maintenance"): 4}
    assert [(name, state) for name, state, _ in site.states] == [("r", "online"), ("s", "online")]


def test_a_link_in_maintenance_takes_its_devices_along() -> None:
    site = Site()
    site.maintain(Target("reader", "bus"), 1, 60)
    site.hear(2.0, point=("bus:1", 1))
    assert [name for name, state, _ in site.states if state == "maintenance"] == [
        "bus",
        "bus:1",
        "bus:2",
    ]
    assert site.dropped == {("bus:1", "maintenance"): 1}


def test_a_device_is_put_into_maintenance_by_its_full_name() -> None:
    site = Site()
    site.maintain(Target("reader", "bus:2"), 1, 60)
    assert site.states == [("bus:2", "maintenance", 1.0)]


def test_nothing_departs_from_a_zone_while_one_that_covers_it_is_worked_on() -> None:
    site = Site()
    site.hear(*every(0.25, 0, 2))
    site.maintain(Target("antenna", "r", 1), 5, 100)
    site.wait_until(99.9)
    assert site.places == [("arrived", "hall")]
    site.wait_until(125)
    assert site.places == [("arrived", "hall"), ("departed", None)]
    assert seconds_of(site.moves[-1].decided_ns) == 100 + ABSENT_AFTER_S


# How it is said


def test_a_reader_says_maintenance_then_what_is_true() -> None:
    site = Site()
    site.maintain(READER, 1, 30)
    site.take(health("r", "offline", 10))
    site.wait_until(40)
    assert site.states == [
        ("r", "maintenance", 1.0),
        ("r", "maintenance", 1.0),
        ("r", "offline", 10.0),
    ]
    assert site.told[0].shown().reason == "new cable (ann)"


def test_who_works_on_what_and_why_stands_in_the_audit_log() -> None:
    site = Site()
    site.maintain(ANTENNA, 1, 9, by="ann")
    end = EndMaintenance(arrival_ns=at(2), by="bob", target=ANTENNA)
    told = [each.output for each in site.pipeline.advance([end, end]).outputs]
    assert [each for each in told if isinstance(each, Audited)] == [
        Audited(at_ns=at(2), actor="bob", action="maintenance.end", target="r/2"),
    ]


def test_the_stream_shows_what_is_worked_on() -> None:
    site = Site()
    change = StartMaintenance(
        arrival_ns=at(1), by="ann", target=ANTENNA, until_ns=at(9), reason="new cable"
    )
    _, told = site.pipeline.advance([change]).outputs
    event = event_of(told)
    assert event is not None
    kind, body = event
    assert (kind, body["state"]) == ("reader", "online")
    assert [(work["kind"], work["target"]) for work in body["maintenance"]] == [("antenna", "r/2")]


def test_the_maintenance_that_ends_last_is_the_one_that_is_shown() -> None:
    site = Site()
    site.maintain(Target("reader", "bus"), 1, 60, by="ann")
    site.maintain(Target("reader", "bus:1"), 2, 30, by="bob")
    shown = site.told[-1].shown()
    assert (shown.reader, shown.reason, shown.since_ns) == ("bus:1", "new cable (ann)", at(1))


# How it begins and ends


def test_it_ends_by_itself_to_the_nanosecond_within_a_group_of_reads() -> None:
    site = Site()
    site.maintain(READER, 1, 5)
    end_ns = at(5)
    times_ns = [end_ns - 2, end_ns - 1, end_ns, end_ns + 1]
    site.take(ReadGroup("local", 1, [Read("a1", *HALL, ns, ns, -50.0) for ns in times_ns]))
    assert site.dropped == {("r", "maintenance"): 2}
    assert site.states == [("r", "maintenance", 1.0), ("r", "online", 0.0)]


def test_two_that_end_within_one_group_end_each_at_its_own_time() -> None:
    site = Site()
    site.maintain(READER, 1, 5)
    site.maintain(Target("reader", "s"), 1, 7)
    site.hear(*every(1, 2, 10))
    site.hear(*every(1, 2, 10), point=OFFICE)
    assert site.dropped == {("r", "maintenance"): 3}
    assert [name for name, state, _ in site.states if state == "online"] == ["r", "s"]


def test_maintenance_that_was_over_before_it_was_heard_of_ends_at_once() -> None:
    site = Site()
    site.wait_until(10)
    assert site.maintain(READER, 1, 5) is None
    assert [state for _, state, _ in site.states] == ["maintenance", "online"]


def test_it_can_be_ended_before_its_time_but_only_once() -> None:
    site = Site()
    site.maintain(READER, 1, 60)
    assert site.release(READER, 5) is None
    assert site.release(READER, 6) == "unknown"
    site.hear(*every(0.25, 7, 9))
    site.wait_until(20)
    assert site.places == [("arrived", "hall")]


def test_the_newest_word_holds_and_the_beginning_stays() -> None:
    site = Site()
    site.maintain(READER, 1, 60)
    site.maintain(READER, 2, 10, by="bob")
    (work,) = site.pipeline.maintenance.running()
    assert (work.since_ns, work.until_ns, work.by) == (at(1), at(10), "bob")
    site.wait_until(10)
    assert site.pipeline.maintenance.running() == []


@pytest.mark.parametrize(
    "target",
    [
        Target("reader", "x"),
        Target("reader", "bus:3"),
        Target("antenna", "r", 9),
        Target("antenna", "x", 1),
        Target("portal", "r"),
    ],
)
def test_what_the_site_file_does_not_name_is_unknown(target: Target) -> None:
    assert Site().maintain(target, 1, 5) == "unknown"


def test_an_antenna_that_its_reader_has_without_listing_it_is_known() -> None:
    assert Site().maintain(Target("antenna", "bus:1", 4), 1, 5) is None


@pytest.mark.parametrize("until_s", [0, 1, 1 + MAINTENANCE_NS_MAX / 1e9 + 1])
def test_it_ends_in_the_future_and_within_a_week(until_s: float) -> None:
    assert Site().maintain(READER, 1, until_s) == "invalid"


def test_there_is_a_limit_to_what_can_be_worked_on_at_once() -> None:
    site = Site()
    running = site.pipeline.state.maintenance
    assert site.maintain(READER, 1, 60) is None
    (work,) = running.values()
    running |= {Target("antenna", "bus:1", n): work for n in range(1, TARGETS_MAX)}
    assert site.maintain(Target("reader", "s"), 2, 60) == "conflict"
    assert site.maintain(READER, 2, 60) is None


# What else happens meanwhile


@pytest.mark.parametrize("site_name", ["no door", "without r"])
def test_a_site_file_that_no_longer_names_it_ends_it(site_name: str) -> None:
    site = Site()
    site.maintain(DOOR, 1, 60)
    site.told.clear()
    site.take(SiteChanged(at(5), "test", site_name, site_name))
    assert site.pipeline.maintenance.running() == []
    assert all(not told.maintenance for told in site.told)
    assert "s" in {told.reader for told in site.told}


def test_a_door_that_has_other_read_points_is_worked_on_there() -> None:
    site = Site()
    site.maintain(DOOR, 1, 60)
    site.take(SiteChanged(at(5), "test", "other door", "other door"))
    site.hear(6.0)
    site.hear(7.0, point=OFFICE)
    assert site.dropped == {("s", "maintenance"): 1}


def test_another_site_file_leaves_what_it_still_names() -> None:
    site = Site()
    site.maintain(READER, 1, 60)
    site.told.clear()
    site.take(SiteChanged(at(5), "test", "no door", "no door"))
    site.hear(6.0)
    assert site.told == []
    assert site.dropped == {("r", "maintenance"): 1}


def test_it_survives_a_restart_and_ends_while_the_gateway_is_down() -> None:
    site = Site()
    site.maintain(READER, 1, 60)
    site.maintain(ANTENNA, 1, 20)
    site.told.clear()
    site.take(GatewayStarted(at(30), at(10)))
    assert [work.target for work in site.pipeline.maintenance.running()] == [READER]
    site.hear(31.0)
    assert site.dropped == {("r", "maintenance"): 1}
    assert {state for _, state, _ in site.states} == {"maintenance"}
    site.wait_until(61)
    assert site.states[-1][:2] == ("r", "connecting")


@pytest.mark.parametrize("parts", [1, 3])
def test_it_is_part_of_the_state_that_is_written_down(parts: int) -> None:
    site = Site(parts)
    site.maintain(DOOR, 1, 10)
    blob = msgspec.msgpack.encode(site.pipeline.state)
    state = msgspec.msgpack.decode(blob, type=PipelineState)
    site.pipeline = Pipeline(SITES.__getitem__, state)
    site.hear(5.0)
    site.hear(11.0)
    assert site.dropped == {("r", "maintenance"): 1}
    assert site.pipeline.maintenance.running() == []
