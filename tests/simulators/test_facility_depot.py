import math
from functools import cache
from itertools import pairwise

import pytest

from simulators.depot import LAYOUT, depot
from simulators.facility import Facility
from simulators.rounds import SECOND_NS
from tags.reads import Read

SEEDS = (1, 2)
DAY_S = 370
ZONES = {(antenna.reader, antenna.number): antenna.zone for antenna in LAYOUT.antennas}


@cache
def heard(seed: int) -> list[Read]:
    """What the readers hear in 400 seconds, in order of time."""
    reports = Facility(seed, depot(seed)).run(DAY_S)
    return sorted((r for report in reports for r in report.reads), key=lambda r: r.time_ns)


def heard_until(seed: int, until_s: float) -> list[Read]:
    return [read for read in heard(seed) if read.time_ns < until_s * SECOND_NS]


@pytest.mark.parametrize("for_s", [10, 10.5, 12, 17, 20, 33, 60, 400])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_last_five_seconds_are_quiet(seed: int, for_s: float) -> None:
    facility = Facility(seed, depot(seed, for_s))
    for asset in facility.scenario.assets:
        place = facility.position(asset.id, for_s - 5)
        assert facility.position(asset.id, for_s) == place
        assert facility.position(asset.id, for_s - 2.5) == place
        assert min(zone.margin_m(place) for zone in LAYOUT.zones) >= 1


@pytest.mark.parametrize("for_s", [10, 12, 20, None])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_first_laptop_is_in_the_gate_after_six_seconds(seed: int, for_s: float | None) -> None:
    facility = Facility(seed, depot(seed, for_s))
    first = facility.truth(for_s or 30).exits[0]
    assert first.asset == "laptop-1"
    assert first.time_s <= 5
    assert facility.truth(30).zone_at(first.tag, 6) == "gate"
    told = (read for report in facility.run(10) for read in report.reads)
    reads = [read for read in told if read.tag == first.tag]
    gate = [read for read in reads if (read.reader, read.antenna) == ("gate-1", 2)]
    assert 3 * SECOND_NS < gate[0].time_ns < 7 * SECOND_NS
    assert len([read for read in reads if read.time_ns < gate[0].time_ns]) > 5


def test_a_day_of_twenty_seconds_sees_the_laptop_outside() -> None:
    for seed in SEEDS:
        assert Facility(seed, depot(seed, 20)).truth(20).exits[0].outside


def test_a_day_below_ten_seconds_is_refused() -> None:
    with pytest.raises(ValueError, match="too short"):
        depot(1, 9)


@pytest.mark.parametrize("seed", SEEDS)
def test_somebody_comes_to_the_gate_every_45_seconds(seed: int) -> None:
    exits = Facility(seed, depot(seed)).truth(1000).exits
    times_s = sorted({round(exit_.time_s, 3) for exit_ in exits})
    gaps_s = [after - before for before, after in pairwise(times_s)]
    assert all(35 <= gap_s <= 55 for gap_s in gaps_s)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_day_repeats_and_everybody_is_home_for_it(seed: int) -> None:
    for asset in depot(seed).assets:
        trips = asset.itinerary.trips
        if not trips:
            continue
        assert asset.itinerary.day_s == 360
        assert trips[-1].end_s <= trips[0].start_s + 360
        assert trips[-1].waypoints[-1] == trips[0].waypoints[0] == asset.itinerary.home
        assert trips[0].start_s > 0
        for before, after in pairwise(trips):
            assert before.end_s < after.start_s
            assert before.waypoints[-1] == after.waypoints[0]


@pytest.mark.parametrize("seed", SEEDS)
def test_assets_walk_at_a_walking_pace(seed: int) -> None:
    speeds = {trip.speed_mps for asset in depot(seed).assets for trip in asset.itinerary.trips}
    assert 0.8 <= min(speeds) <= max(speeds) <= 1.6


@pytest.mark.parametrize("seed", SEEDS)
def test_an_antenna_hears_only_its_own_zone(seed: int) -> None:
    facility = Facility(seed, depot(seed))
    truth = facility.truth(DAY_S)
    reads = heard(seed)
    strays = [
        read
        for read in reads
        if truth.zone_at(read.tag, read.time_ns / SECOND_NS) != ZONES[read.reader, read.antenna]
    ]
    assert len(strays) <= len(reads) / 5000
    assert not [read for read in strays if (read.reader, read.antenna) == ("gate-1", 2)]


@pytest.mark.parametrize("seed", SEEDS)
def test_whoever_crosses_the_gate_is_heard_there_for_a_second(seed: int) -> None:
    reads = heard(seed)
    for exit_ in Facility(seed, depot(seed)).truth(360).exits:
        times_s = [
            read.time_ns / SECOND_NS
            for read in reads
            if read.tag == exit_.tag
            and (read.reader, read.antenna) == ("gate-1", 2)
            and (read.rssi_dbm or 0) >= -72
            and exit_.time_s <= read.time_ns / SECOND_NS <= exit_.left_s
        ]
        assert len(times_s) >= 5
        assert times_s[-1] - times_s[0] >= 1


@pytest.mark.parametrize("seed", SEEDS)
def test_every_asset_is_heard_where_it_starts_before_anything_moves(seed: int) -> None:
    zones: dict[str, set[str]] = {}
    for read in heard_until(seed, 3):
        zones.setdefault(read.tag, set()).add(ZONES[read.reader, read.antenna])
    assert zones == {tag: {asset.home_zone} for asset in depot(seed).assets for tag in asset.tags}


def test_something_moves_between_zones_all_the_time() -> None:
    changes_s = sorted(
        visit.from_s
        for visits in Facility(1, depot(1)).truth(360).visits.values()
        for visit in visits[1:]
    )
    gaps_s = [after - before for before, after in pairwise(changes_s)]
    assert len(changes_s) > 60
    assert max(gaps_s) < 45


def test_a_day_without_an_end_goes_on() -> None:
    facility = Facility(1, depot(1))
    assert facility.truth(3600).exits[-1].time_s > 3500
    assert math.inf not in facility.position("laptop-1", 3600)
