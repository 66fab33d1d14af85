"""What is decided about the demo's day is what truly happened there, and nothing else."""

import heapq
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import pytest

from alerts.alert import Alert, AlertChange
from gateway.blueprints import stored_blueprint
from gateway.entries import Entry, Observed, ReadGroup, SiteChanged, Tick
from gateway.pipeline import Pipeline
from history.outputs import Output
from inventory.changes import StoreAssets
from inventory.csv_assets import parse_assets_csv
from readers.health import ReaderHealth
from simulators.demo import demo
from simulators.demo_floors import on_floor
from simulators.demo_site import DOOR_OUT, DemoPlaces, demo_assets_csv, demo_site_text
from simulators.facility import Facility, Truth
from simulators.location_engine import ACCURACY_M, TICK_S, LocationEngine, tick_ns
from simulators.walks import Itinerary
from tags.reads import Fix
from tags.times import MILLISECOND_NS, SECOND_NS
from zones.movements import Crossing, Movement

START_NS = 1_790_000_000 * SECOND_NS
UNTIL_S = 330
SEEDS = [1, pytest.param(2, marks=pytest.mark.soak), pytest.param(3, marks=pytest.mark.soak)]
GROUP = 500


class Decided(NamedTuple):
    outputs: list[Output]
    truth: Truth

    @property
    def raised(self) -> list[Alert]:
        changes = [each for each in self.outputs if isinstance(each, AlertChange)]
        return [each.alert for each in changes if each.transition in {"raised", "reopened"}]

    def raised_by(self, rule: str) -> list[Alert]:
        return [alert for alert in self.raised if alert.rule == rule]


@cache
def decided(seed: int, until_s: int) -> Decided:
    cast = demo(seed)
    facility = Facility(seed, cast.scenario)
    fixes = fixes_of(LocationEngine(cast.trackers, on_floor), until_s)
    heard = heard_of(facility, until_s)
    entries: list[Entry] = [*installed(facility)]
    entries += [entry for _, entry in heapq.merge(fixes, heard, key=lambda timed: timed[0])]
    entries.append(Tick(START_NS + (until_s + 5) * SECOND_NS))
    pipeline = Pipeline(stored_blueprint)
    outputs = [
        each.output
        for first in range(0, len(entries), GROUP)
        for each in pipeline.advance(entries[first : first + GROUP]).outputs
    ]
    return Decided(outputs, facility.truth(until_s))


def installed(facility: Facility) -> Iterator[Entry]:
    addresses = {name: f"127.0.0.1:{4000 + n}" for n, name in enumerate(facility.readers)}
    text = demo_site_text(DemoPlaces(addresses, broker="mqtt://127.0.0.1:1"))
    yield SiteChanged(START_NS, "test", "v1", text)
    assets = parse_assets_csv(demo_assets_csv()).assets
    yield StoreAssets(arrival_ns=START_NS, by="test", assets=assets, rebind=True)
    for name in (*facility.readers, "Locator"):
        yield ReaderHealth(reader=name, state="online", since_ns=START_NS)


def heard_of(facility: Facility, until_s: int) -> Iterator[tuple[int, Entry]]:
    for seq, report in enumerate(facility.run(until_s, start_ns=START_NS), start=1):
        yield START_NS + report.offset_ns, ReadGroup("facility", seq, list(report.reads))


def fixes_of(engine: LocationEngine, until_s: int) -> Iterator[tuple[int, Entry]]:
    for tick in range(1, int(until_s / TICK_S)):
        at_ns = START_NS + tick_ns(tick)
        arrival_ns = at_ns + 3 * MILLISECOND_NS
        fixes = [
            Fix(
                *(fix.tag, "Locator", at_ns, arrival_ns),
                x_m=fix.x_m,
                y_m=fix.y_m,
                accuracy_m=ACCURACY_M,
                floor=fix.floor,
            )
            for fix in engine.fixes(tick)
        ]
        yield arrival_ns, Observed(arrival_ns, fixes)


def seconds(time_ns: int) -> float:
    return (time_ns - START_NS) / SECOND_NS


@pytest.mark.parametrize("seed", SEEDS)
def test_each_laptop_that_leaves_is_one_alert_within_two_seconds(seed: int) -> None:
    found = decided(seed, UNTIL_S)
    raised = [(alert.asset, seconds(alert.time_ns)) for alert in found.raised_by("Laptops stay in")]
    true = [(exit_.asset, exit_.time_s) for exit_ in found.truth.exits]
    assert len(true) >= 7
    assert [asset for asset, _ in raised] == [asset for asset, _ in true]
    for (_, at_s), (_, truly_s) in zip(raised, true, strict=True):
        assert truly_s <= at_s <= truly_s + 2


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_else_is_raised_but_one_visitor_and_one_forgotten_pallet(seed: int) -> None:
    found = decided(seed, UNTIL_S)
    (visitor,) = found.raised_by("Visitors keep out of the cage")
    (pallet,) = found.raised_by("Pallets move on from dispatch")
    assert (visitor.asset, pallet.asset) == ("V-143", "P-20718")
    assert len(found.raised) == 2 + len(found.truth.exits)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_movement_that_is_told_of_truly_happened(seed: int) -> None:
    found = decided(seed, UNTIL_S)
    movements = [each for each in found.outputs if isinstance(each, Movement)]
    heard = [each for each in movements if each.tag in found.truth.visits]
    assert len(movements) > len(heard) > 150
    for movement in heard:
        at_s = seconds(movement.time_ns)
        around_s = (max(0.0, at_s + off_s) for off_s in (-3, -1.5, 0, 1.5, 3))
        assert movement.to_zone in {found.truth.zone_at(movement.tag, s) for s in around_s}
    assert {each.tag for each in heard} == set(found.truth.visits)


@pytest.mark.parametrize("seed", SEEDS)
def test_who_leaves_is_seen_leaving_and_who_comes_back_coming_back(seed: int) -> None:
    found = decided(seed, UNTIL_S)
    crossings = [each for each in found.outputs if isinstance(each, Crossing)]
    assert {crossing.portal for crossing in crossings} == {DOOR_OUT}
    out = {each.asset: each for each in crossings if each.direction == "outbound"}
    assert set(out) == {exit_.asset for exit_ in found.truth.exits}
    for exit_ in found.truth.exits:
        assert exit_.time_s - 4 <= seconds(out[exit_.asset].time_ns) <= exit_.left_s
        assert out[exit_.asset].confidence >= 0.8
    back = [each for each in crossings if each.direction == "inbound"]
    assert len(back) >= len(out) - 2
    assert all(each.time_ns > out[each.asset].time_ns for each in back)


def test_ten_minutes_bring_no_false_alert() -> None:
    found = decided(2, 600)
    assert len(found.raised) == 2 + len(found.truth.exits) == 16


def test_what_begins_elsewhere_than_it_ended_is_known_to_jump() -> None:
    jumping = [asset for asset in demo(1).scenario.assets if asset.itinerary.jumps]
    assert {asset.category for asset in jumping} == {"laptop"}
    assert not Itinerary((0.0, 0.0)).jumps
