"""The depot of the demo: what is there, how it moves, and that readers hear it."""

from collections import Counter
from functools import cache
from itertools import pairwise

import pytest

from simulators.demo import DAY_S, Cast, demo
from simulators.demo_floors import FIRST, FLOOR_SIZE_M, GATE, GROUND, LAYOUT, floor_of, on_floor
from simulators.facility import Facility, Truth
from simulators.location_engine import STANDING_EVERY, TICK_S, LocationEngine
from simulators.rounds import SECOND_NS
from simulators.scenarios import Scenario, SimulatedAsset

SEEDS = (1, 2, 3)
ZONES = {(antenna.reader, antenna.number): antenna.zone for antenna in LAYOUT.antennas}
cast = cache(demo)


def everything(one: Cast) -> tuple[SimulatedAsset, ...]:
    return (*one.scenario.assets, *one.trackers)


def truth_of_trackers(seed: int, until_s: float) -> Truth:
    return Facility(seed, Scenario(LAYOUT, cast(seed).trackers)).truth(until_s)


def test_there_is_something_to_look_at_on_both_floors() -> None:
    assets = everything(cast(1))
    kinds = Counter(asset.category for asset in assets)
    assert 150 <= len(assets) <= 200
    assert set(kinds) == {"pallet", "forklift", "laptop", "tool", "badge"}
    floors = Counter(floor_of(asset.home_zone) for asset in assets)
    assert min(floors.values()) > 20
    names = {asset.name for asset in assets}
    assert {"Forklift FL-03", "Laptop LT-0417", "Pallet P-20718", "Badge V-143"} <= names
    assert len(names) == len({asset.id for asset in assets}) == len(assets)


def test_the_cast_is_the_same_for_every_seed() -> None:
    told = [
        [(asset.id, asset.category, asset.tags, asset.home_zone, asset.group) for asset in each]
        for each in (everything(cast(seed)) for seed in (1, 2))
    ]
    # Which store a pallet is carried from is no matter of chance either.
    assert told[0] == told[1]


@pytest.mark.parametrize("for_s", [10, 12, 20, 61, 900])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_last_five_seconds_are_quiet(seed: int, for_s: float) -> None:
    one = demo(seed, for_s)
    facility = Facility(seed, Scenario(LAYOUT, everything(one)))
    for asset in everything(one):
        place = facility.position(asset.id, for_s - 5)
        assert facility.position(asset.id, for_s) == place
        assert facility.position(asset.id, for_s - 2.5) == place


@pytest.mark.parametrize("for_s", [10, 12, 20, None])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_first_laptop_is_in_the_gate_after_six_seconds(seed: int, for_s: float | None) -> None:
    facility = Facility(seed, demo(seed, for_s).scenario)
    first = facility.truth(for_s or 30).exits[0]
    assert first.asset == "LT-0417"
    assert first.time_s <= 5
    told = [read for report in facility.run(10) for read in report.reads if read.tag == first.tag]
    gate = [read.time_ns for read in told if ZONES[read.reader, read.antenna] == GATE]
    assert 3 * SECOND_NS < gate[0] < 7 * SECOND_NS
    assert len([read for read in told if read.time_ns < gate[0]]) > 5


def test_a_demo_below_ten_seconds_is_refused() -> None:
    with pytest.raises(ValueError, match="too short"):
        demo(1, 9)


@pytest.mark.parametrize("seed", SEEDS)
def test_another_laptop_comes_to_the_gate_every_45_seconds(seed: int) -> None:
    exits = Facility(seed, cast(seed).scenario).truth(DAY_S).exits
    assert len({exit_.asset for exit_ in exits}) == len(exits) == DAY_S / 45
    assert all(exit_.outside for exit_ in exits)
    assert all(43 < after.time_s - before.time_s < 47 for before, after in pairwise(exits))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_day_repeats_and_everybody_is_home_for_it(seed: int) -> None:
    for asset in everything(cast(seed)):
        trips = asset.itinerary.trips
        if not trips:
            continue
        assert trips[0].start_s > 0, asset.id
        assert trips[-1].end_s <= trips[0].start_s + DAY_S, asset.id
        assert trips[-1].waypoints[-1] == trips[0].waypoints[0] == asset.itinerary.home
        assert all(before.end_s <= after.start_s + 1e-9 for before, after in pairwise(trips))


@pytest.mark.parametrize("seed", SEEDS)
def test_floors_are_changed_on_the_stairs_alone(seed: int) -> None:
    for asset in everything(cast(seed)):
        for before, after in pairwise(asset.itinerary.trips):
            end, start = on_floor(before.waypoints[-1]), on_floor(after.waypoints[0])
            assert end == start or {end, start} == {
                (GROUND, (68.6, 17.8)),
                (FIRST, (68.6, 20.0)),
            }


@pytest.mark.parametrize("seed", SEEDS)
def test_a_pallet_that_moves_is_where_its_forklift_is(seed: int) -> None:
    forklifts = {
        trip for one in cast(seed).trackers for trip in one.itinerary.trips if one.id[:2] == "FL"
    }
    hauled = [one for one in cast(seed).scenario.assets if one.group == "outbound"]
    assert len(hauled) == 12
    for pallet in hauled:
        assert len(pallet.itinerary.trips) == 4
        assert set(pallet.itinerary.trips) <= forklifts


@pytest.mark.parametrize("seed", SEEDS)
def test_one_pallet_alone_is_forgotten_in_dispatch(seed: int) -> None:
    visits = Facility(seed, cast(seed).scenario).truth(DAY_S).visits
    stays = {
        asset.id: max(v.to_s - v.from_s for v in visits[asset.tags[0]] if v.zone == "Dispatch")
        for asset in cast(seed).scenario.assets
        if asset.group == "outbound"
    }
    assert [id_ for id_, stay_s in stays.items() if stay_s > 180] == ["P-20718"]
    assert max(stay_s for id_, stay_s in stays.items() if id_ != "P-20718") < 160


@pytest.mark.parametrize("seed", SEEDS)
def test_one_visitor_alone_goes_into_the_cage(seed: int) -> None:
    visits = truth_of_trackers(seed, DAY_S).visits
    inside = [
        one.id
        for one in cast(seed).trackers
        if one.group == "visitor" and "High-value cage" in {v.zone for v in visits[one.tags[0]]}
    ]
    assert inside == ["V-143"]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_asset_is_heard_where_it_is_and_nowhere_else(seed: int) -> None:
    facility = Facility(seed, cast(seed).scenario)
    truth = facility.truth(70)
    reads = [read for report in facility.run(60) for read in report.reads]
    strays = [
        read
        for read in reads
        if truth.zone_at(read.tag, read.time_ns / SECOND_NS) != ZONES[read.reader, read.antenna]
    ]
    assert {read.tag for read in reads} == set(truth.visits)
    assert len(strays) <= len(reads) / 500
    assert 50 < len(reads) / 60 < 300


@pytest.mark.parametrize("seed", SEEDS)
def test_the_location_engine_tells_where_its_tags_truly_are(seed: int) -> None:
    trackers = cast(seed).trackers
    engine, truth = LocationEngine(trackers, on_floor), truth_of_trackers(seed, 200)
    home = {one.tags[0]: one.home_zone for one in trackers}
    width_m, depth_m = FLOOR_SIZE_M
    told = Counter[str]()
    for tick in range(400):
        for fix in engine.fixes(tick):
            told[fix.tag] += 1
            assert 0 < fix.x_m < width_m
            assert 0 < fix.y_m < depth_m
            zone = truth.zone_at(fix.tag, tick * TICK_S)
            assert zone is None or floor_of(zone) == fix.floor
            assert tick > 0 or zone == home[fix.tag]
    assert set(told) == set(home)
    assert min(told.values()) >= 400 // STANDING_EVERY
