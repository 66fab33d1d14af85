"""The demo's site file and asset file say what the simulated depot is."""

import csv
import io
from itertools import pairwise

import pytest
from ruamel.yaml import YAML

from gateway.site import parse_site
from inventory.csv_assets import parse_assets_csv
from readers.wire.barcodes import decode_line
from simulators.demo import demo
from simulators.demo_floors import FIRST, FLOOR_SIZE_M, GROUND, LAYOUT, ROOMS, on_floor
from simulators.demo_site import WORKSHOP, DemoPlaces, demo_assets_csv, demo_site_text
from simulators.demo_sources import BENCH_TAGS, COLD_STORE, PARCELS, cold_store_c

ADDRESSES = {name: f"127.0.0.1:{4001 + n}" for n, name in enumerate(LAYOUT.readers)}
PLACES = DemoPlaces(ADDRESSES, "/dev/tty", "127.0.0.1:4100", "mqtt://127.0.0.1:4101")


def test_the_site_file_has_nothing_to_complain_of() -> None:
    site = parse_site(demo_site_text(PLACES), "demo.yaml")
    assert site.warnings == ()
    assert [floor.name for floor in site.settings.floors] == [GROUND, FIRST]
    assert 12 <= len(site.settings.zones) <= 18
    assert {zone.floor for zone in site.settings.zones} == {GROUND, FIRST}
    roles = {zone.role for zone in site.settings.zones}
    assert roles == {"storage", "receiving", "transit", "shipping", "exit", "service"}


def test_the_site_file_says_what_the_radio_knows() -> None:
    site = YAML(typ="safe").load(demo_site_text(DemoPlaces(ADDRESSES), listen="127.0.0.1:9999"))
    for told, zone in zip(site["zones"], LAYOUT.zones, strict=True):
        corners = [on_floor(corner) for corner in zone.polygon]
        assert (told["name"], told["role"]) == (zone.name, zone.role)
        assert {floor for floor, _ in corners} == {told["floor"]}
        assert [point for _, point in corners] == [tuple(corner) for corner in told["polygon"]]
    told_zones = {
        (reader["name"], number): antenna["zone"]
        for reader in site["readers"]
        for number, antenna in reader["antennas"].items()
    }
    assert told_zones == {(one.reader, one.number): one.zone for one in LAYOUT.antennas}
    assert {reader["name"]: reader["address"] for reader in site["readers"]} == ADDRESSES
    assert site["server"] == {"listen": "127.0.0.1:9999"}


def test_every_antenna_hangs_on_the_floor_of_its_zone() -> None:
    floors = {room.name: room.floor for room in ROOMS}
    for antenna in LAYOUT.antennas:
        floor, (x_m, y_m) = on_floor(antenna.at_m[:2])
        assert floor == floors[antenna.zone]
        assert 0 <= x_m <= FLOOR_SIZE_M[0]
        assert 0 <= y_m <= FLOOR_SIZE_M[1]


def test_laptops_may_be_wherever_is_indoors() -> None:
    rule = YAML(typ="safe").load(demo_site_text(PLACES))["rules"][0]
    assert (rule["kind"], rule["severity"], rule["notify"]) == ("exit", "critical", ["console"])
    assert {room.name for room in ROOMS} - set(rule["fence"]) == {"Gate B", "Yard"}


def test_the_site_file_names_every_source_that_there_is() -> None:
    site = YAML(typ="safe").load(demo_site_text(PLACES))
    others = [reader for reader in site["readers"] if reader["driver"] != "llrp"]
    assert [(reader["driver"], reader["name"]) for reader in others] == [
        ("serial", "Bench"),
        ("scanner", "Scanner"),
        ("mqtt", "Locator"),
        ("mqtt", "Sensors"),
    ]
    assert others[0]["zone"] == WORKSHOP


def test_a_floor_names_its_plan_where_there_is_one() -> None:
    site = YAML(typ="safe").load(demo_site_text(PLACES, plans={FIRST: "plan.png"}))
    assert [floor.get("plan") for floor in site["floors"]] == [None, "plan.png"]


def test_a_site_file_without_an_address_is_refused() -> None:
    with pytest.raises(KeyError):
        demo_site_text(DemoPlaces({}))


def test_the_asset_file_lists_the_assets_whatever_the_seed() -> None:
    rows = list(csv.DictReader(io.StringIO(demo_assets_csv())))
    parsed = parse_assets_csv(demo_assets_csv())
    assert not parsed.problems
    for seed in (1, 2):
        cast = demo(seed)
        everything = (*cast.scenario.assets, *cast.trackers)
        assert [(row["id"], tuple(row["tags"].split())) for row in rows[: len(everything)]] == [
            (asset.id, asset.tags) for asset in everything
        ]
    tags = [tag for row in rows for tag in row["tags"].split()]
    assert len(tags) == len(set(tags)) == len(rows)
    assert set(BENCH_TAGS) <= set(tags)
    assert {row["home_zone"] for row in rows} <= {room.name for room in ROOMS}


@pytest.mark.parametrize("label", PARCELS)
def test_the_labels_of_the_parcels_are_the_codes_that_the_asset_file_names(label: str) -> None:
    scanned = decode_line(b"]C1" + label.encode())
    assert scanned is not None
    assert scanned.tag in demo_assets_csv()


def test_the_cold_store_gets_too_warm_once_in_ten_minutes() -> None:
    rules = YAML(typ="safe").load(demo_site_text(PLACES))["rules"]
    (limit_c,) = [rule["above"] for rule in rules if rule["kind"] == "sensor"]
    too_warm = [cold_store_c(turn) > limit_c for turn in range(300)]
    assert too_warm.count(True) > 20
    assert sum(before != after for before, after in pairwise(too_warm)) == 2
    assert f'sensor: "*{COLD_STORE}"' in demo_site_text(PLACES)
