import csv
import io
import math
from functools import cache
from itertools import pairwise

import pytest
from ruamel.yaml import YAML

from gateway.site import parse_site
from readers.wire.barcodes import decode_line
from simulators.demo import LAYOUT, demo
from simulators.demo_site import WORKSHOP, DemoPlaces, DemoWebhook, demo_assets_csv, demo_site_text
from simulators.demo_sources import BENCH_TAGS, PARCELS
from simulators.facility import Facility
from simulators.rounds import SECOND_NS
from tags.reads import Read

SEEDS = (1, 2)
DAY_S = 370
ZONES = {(antenna.reader, antenna.number): antenna.zone for antenna in LAYOUT.antennas}


@cache
def heard(seed: int) -> list[Read]:
    """What the readers hear in 400 seconds, in order of time."""
    reports = Facility(seed, demo(seed)).run(DAY_S)
    return sorted((r for report in reports for r in report.reads), key=lambda r: r.time_ns)


def heard_until(seed: int, until_s: float) -> list[Read]:
    return [read for read in heard(seed) if read.time_ns < until_s * SECOND_NS]


@pytest.mark.parametrize("for_s", [10, 10.5, 12, 17, 20, 33, 60, 400])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_last_five_seconds_are_quiet(seed: int, for_s: float) -> None:
    facility = Facility(seed, demo(seed, for_s))
    for asset in facility.scenario.assets:
        place = facility.position(asset.id, for_s - 5)
        assert facility.position(asset.id, for_s) == place
        assert facility.position(asset.id, for_s - 2.5) == place
        assert min(zone.margin_m(place) for zone in LAYOUT.zones) >= 1


@pytest.mark.parametrize("for_s", [10, 12, 20, None])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_first_laptop_is_in_the_gate_after_six_seconds(seed: int, for_s: float | None) -> None:
    facility = Facility(seed, demo(seed, for_s))
    first = facility.truth(for_s or 30).exits[0]
    assert first.asset == "laptop-1"
    assert first.time_s <= 5
    assert facility.truth(30).zone_at(first.tag, 6) == "gate"
    told = (read for report in facility.run(10) for read in report.reads)
    reads = [read for read in told if read.tag == first.tag]
    gate = [read for read in reads if (read.reader, read.antenna) == ("gate-1", 2)]
    assert 3 * SECOND_NS < gate[0].time_ns < 7 * SECOND_NS
    assert len([read for read in reads if read.time_ns < gate[0].time_ns]) > 5


def test_a_demo_of_twenty_seconds_sees_the_laptop_outside() -> None:
    for seed in SEEDS:
        assert Facility(seed, demo(seed, 20)).truth(20).exits[0].outside


def test_a_demo_below_ten_seconds_is_refused() -> None:
    with pytest.raises(ValueError, match="too short"):
        demo(1, 9)


@pytest.mark.parametrize("seed", SEEDS)
def test_somebody_comes_to_the_gate_every_45_seconds(seed: int) -> None:
    exits = Facility(seed, demo(seed)).truth(1000).exits
    times_s = sorted({round(exit_.time_s, 3) for exit_ in exits})
    gaps_s = [after - before for before, after in pairwise(times_s)]
    assert all(35 <= gap_s <= 55 for gap_s in gaps_s)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_day_repeats_and_everybody_is_home_for_it(seed: int) -> None:
    for asset in demo(seed).assets:
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
    speeds = {trip.speed_mps for asset in demo(seed).assets for trip in asset.itinerary.trips}
    assert 0.8 <= min(speeds) <= max(speeds) <= 1.6


@pytest.mark.parametrize("seed", SEEDS)
def test_an_antenna_hears_only_its_own_zone(seed: int) -> None:
    facility = Facility(seed, demo(seed))
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
    for exit_ in Facility(seed, demo(seed)).truth(360).exits:
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
    assert zones == {tag: {asset.home_zone} for asset in demo(seed).assets for tag in asset.tags}


def test_something_moves_between_zones_all_the_time() -> None:
    changes_s = sorted(
        visit.from_s
        for visits in Facility(1, demo(1)).truth(360).visits.values()
        for visit in visits[1:]
    )
    gaps_s = [after - before for before, after in pairwise(changes_s)]
    assert len(changes_s) > 60
    assert max(gaps_s) < 45


def test_the_asset_file_lists_the_assets_whatever_the_seed() -> None:
    rows = list(csv.DictReader(io.StringIO(demo_assets_csv())))
    for seed in SEEDS:
        assert [(row["id"], tuple(row["tags"].split())) for row in rows[:24]] == [
            (asset.id, asset.tags) for asset in demo(seed).assets
        ]
    assert {row["category"] for row in rows} == {"laptop", "pallet", "cart", "tool", "parcel"}
    tags = [tag for row in rows for tag in row["tags"].split()]
    assert len(tags) == len(set(tags)) > len(rows) == 24 + len(BENCH_TAGS) + len(PARCELS)


@pytest.mark.parametrize("label", PARCELS)
def test_the_labels_of_the_parcels_are_the_codes_that_the_asset_file_names(label: str) -> None:
    scanned = decode_line(b"]C1" + label.encode())
    assert scanned is not None
    assert scanned.tag in demo_assets_csv()


ADDRESSES = {"hall-1": "127.0.0.1:4001", "dock-1": "127.0.0.1:4002", "gate-1": "127.0.0.1:4003"}


def test_the_site_file_says_what_the_layout_is() -> None:
    site = YAML(typ="safe").load(demo_site_text(DemoPlaces(ADDRESSES), listen="127.0.0.1:9999"))
    names = [zone.name for zone in LAYOUT.zones]
    assert [zone["name"] for zone in site["zones"]] == [*names, WORKSHOP]
    for zone, told in zip(LAYOUT.zones, site["zones"][:-1], strict=True):
        assert [tuple(corner) for corner in told["polygon"]] == list(zone.polygon)
        assert told["role"] == zone.role
    told_zones = {
        (reader["name"], number): antenna["zone"]
        for reader in site["readers"]
        for number, antenna in reader["antennas"].items()
    }
    assert told_zones == ZONES
    assert {reader["name"]: reader["address"] for reader in site["readers"]} == ADDRESSES
    assert site["rules"][0]["fence"] == ["hall", "receiving", "packing", "office"]
    assert site["rules"][0]["notify"] == ["console"]
    sides = {side: site["portals"][0][side] for side in ("inside", "outside")}
    assert sides == {"inside": ["gate-1/1"], "outside": ["gate-1/2"]}
    assert site["channels"] == [{"name": "console", "kind": "log"}]
    assert site["server"] == {"listen": "127.0.0.1:9999"}


def test_the_site_file_names_the_webhook_where_one_is_wanted() -> None:
    hook = DemoWebhook("http://127.0.0.1:5/hook", "whsec_AAAA", allow_private=True)
    site = YAML(typ="safe").load(demo_site_text(DemoPlaces(ADDRESSES), webhook=hook))
    assert site["rules"][0]["notify"] == ["console", "webhook"]
    assert site["channels"][1] == {"name": "webhook", "kind": "webhook", **hook._asdict()}


def test_the_site_file_names_every_source_that_there_is() -> None:
    places = DemoPlaces(ADDRESSES, "/dev/tty", "127.0.0.1:4004", "mqtt://127.0.0.1:4005")
    site = YAML(typ="safe").load(demo_site_text(places))
    assert [(reader["driver"], reader["name"]) for reader in site["readers"][3:]] == [
        ("serial", "bench-1"),
        ("scanner", "scanner-1"),
        ("mqtt", "sensors"),
    ]
    assert parse_site(demo_site_text(places)).settings.readers[3].zone == WORKSHOP


def test_a_site_file_without_an_address_is_refused() -> None:
    with pytest.raises(KeyError):
        demo_site_text(DemoPlaces({}))


def test_a_demo_without_an_end_goes_on() -> None:
    facility = Facility(1, demo(1))
    assert facility.truth(3600).exits[-1].time_s > 3500
    assert math.inf not in facility.position("laptop-1", 3600)
