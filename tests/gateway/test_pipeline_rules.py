"""Doors, clocks and copied tags, from reads to alerts."""

import msgspec
import pytest

from alerts.alert import AlertChange
from gateway.blueprints import stored_blueprint
from gateway.entries import ClockOffset, Entry, ReadGroup, SiteChanged, Tick
from gateway.pipeline import Pipeline, PipelineState
from history.outputs import Output
from inventory.assets import Asset
from inventory.changes import StoreAssets
from readers.health import ReaderHealth
from tags.reads import Read
from tags.times import SECOND_NS
from tests.zones.made import at, seconds_of
from zones.movements import Crossing, Movement

SITE = """\
site: {name: depot}
zones:
  - {name: hall, polygon: [[0, 0], [9, 0], [9, 9], [0, 9]]}
  - {name: gate, role: exit, polygon: [[10, 0], [19, 0], [19, 9], [10, 9]]}
  - {name: branch, polygon: [[800, 0], [809, 0], [809, 9], [800, 9]]}
floors: [{name: ground, size_m: [1000, 10]}]
readers:
  - name: dock
    driver: llrp
    address: 10.0.0.21
    antennas: {1: {zone: hall}, 3: {}, 4: {}}
  - {name: far, driver: llrp, address: 10.0.0.22, antennas: {1: {zone: branch}}}
portals: [{name: door, inside: [dock/3], outside: [dock/4]}]
rules:
  - {name: stay in, assets: {category: laptop}, fence: [hall], portals: [door]}
  - {name: in only, kind: wrong_way, assets: {category: laptop}, allowed: inbound}
  - {name: escort, kind: tailgate, assets: {category: laptop}, custodians: {category: badge}}
channels: [{name: log, kind: log}]
"""
ASSETS = (
    Asset(id="laptop-1", category="laptop", tags=("a1",)),
    Asset(id="badge-1", category="badge", tags=("e5",)),
)


def opening() -> list[Entry]:
    return [
        SiteChanged(at(0), "test", "v1", SITE),
        StoreAssets(arrival_ns=at(0), by="test", assets=ASSETS),
        ReaderHealth(reader="dock", state="online", since_ns=at(0)),
        ReaderHealth(reader="far", state="online", since_ns=at(0)),
    ]


def walk(tag: str, middle_s: float, *, inwards: bool = False) -> list[Read]:
    """Somebody walks through the door and is in its middle at `middle_s`; both sides hear it."""
    sides = ((4, 0.7), (3, -0.7)) if not inwards else ((3, 0.7), (4, -0.7))
    times_s = [middle_s - 1.5 + step * 0.08 for step in range(38)]
    return [
        Read(
            tag, "dock", side, at(seconds), at(seconds), -45 - 12 * abs(seconds - middle_s - ahead)
        )
        for seconds in times_s
        for side, ahead in sides
        if abs(seconds - middle_s - ahead) < 2
    ]


def stand(tag: str, reader: str, *times_s: float) -> list[Read]:
    return [Read(tag, reader, 1, at(seconds), at(seconds), -50.0) for seconds in times_s]


def decided(reads: list[Read], size: int = 1000, *, read_back: bool = False) -> list[Output]:
    """All that is decided; groups have `size` reads."""
    ordered = sorted(reads, key=lambda read: (read.arrival_ns, read.tag, read.antenna))
    groups = [ordered[first : first + size] for first in range(0, len(ordered), size)]
    entries: list[Entry] = [*opening(), *(ReadGroup("x", n, g) for n, g in enumerate(groups))]
    pipeline, outputs = Pipeline(stored_blueprint), list[Output]()
    for entry in [*entries, Tick(at(500))]:
        if read_back:
            blob = msgspec.msgpack.encode(pipeline.state)
            state = msgspec.msgpack.decode(blob, type=PipelineState)
            pipeline = Pipeline(stored_blueprint, state)
        outputs += [numbered.output for numbered in pipeline.advance([entry]).outputs]
    return outputs


def alerts(outputs: list[Output]) -> list[tuple[str, str]]:
    changes = [output for output in outputs if isinstance(output, AlertChange)]
    return [(change.alert.rule, change.transition) for change in changes]


IN_HALL = stand("a1", "dock", 1.0, 1.5, 2.0, 2.5)


@pytest.mark.parametrize(
    ("reads", "told"),
    [
        (walk("a1", 10.0), ["stay in", "in only", "escort"]),
        ([*walk("a1", 10.0), *walk("e5", 14.0)], ["stay in", "in only"]),
        ([*walk("a1", 10.0), *walk("e5", 6.0)], ["stay in", "in only"]),
        ([*walk("a1", 10.0), *walk("e5", 20.0)], ["stay in", "in only", "escort"]),
        (walk("a1", 10.0, inwards=True), []),
        (walk("e5", 10.0), []),
    ],
)
@pytest.mark.parametrize(("size", "read_back"), [(1000, False), (1, False), (9, True)])
def test_a_walk_through_a_door_is_judged_by_each_rule_once(
    reads: list[Read],
    told: list[str],
    size: int,
    read_back: bool,  # noqa: FBT001 -- a parameter of a test
) -> None:
    outputs = decided([*IN_HALL, *reads], size, read_back=read_back)
    assert alerts(outputs) == [(rule, "raised") for rule in told]
    assert any(isinstance(output, Crossing) for output in outputs)


def test_an_exit_through_a_door_is_told_within_a_few_seconds() -> None:
    outputs = decided([*IN_HALL, *walk("a1", 10.0)])
    (change,) = [
        output
        for output in outputs
        if isinstance(output, AlertChange) and output.alert.rule == "stay in"
    ]
    assert seconds_of(change.at_ns) < 10 + 1.5 + 1.5
    assert abs(seconds_of(change.alert.time_ns) - 10) < 0.2
    assert (change.alert.portal, change.alert.from_zone) == ("door", "hall")


def test_a_tag_that_two_far_places_hear_at_once_is_one_alert_and_no_movement() -> None:
    here = stand("a1", "dock", *(1.0 + n * 0.5 for n in range(200)))
    there = stand("a1", "far", *(20.25 + n * 0.5 for n in range(40)))
    outputs = decided([*here, *there])
    kinds = [output.kind for output in outputs if isinstance(output, Movement)]
    assert kinds == ["arrived"]
    assert alerts(outputs) == [
        ("system: conflict", step) for step in ("raised", "returned", "cleared")
    ]


def test_what_is_carried_far_moves_and_is_no_conflict() -> None:
    reads = [
        *stand("e5", "dock", 1.0, 1.5, 2.0),
        *stand("e5", "far", *(100 + n / 2 for n in range(8))),
    ]
    outputs = decided(reads)
    movements = [output for output in outputs if isinstance(output, Movement)]
    assert [movement.to_zone for movement in movements] == ["hall", "branch"]
    assert alerts(outputs) == []


def test_a_clock_that_jumps_is_one_alert_and_no_movement() -> None:
    pipeline = Pipeline(stored_blueprint)
    outputs = [
        numbered.output
        for entry in [
            *opening(),
            ClockOffset(at(1), "dock", 0),
            ReadGroup("x", 1, IN_HALL),
            ClockOffset(at(10), "dock", -3600 * SECOND_NS),
            ReadGroup(
                "x", 2, [Read("a1", "dock", 1, at(3612 + n), at(12 + n), -50.0) for n in range(5)]
            ),
            Tick(at(100)),
        ]
        for numbered in pipeline.advance([entry]).outputs
    ]
    assert alerts(outputs) == [("system: clock", "raised")]
    assert [output.kind for output in outputs if isinstance(output, Movement)] == ["arrived"]
