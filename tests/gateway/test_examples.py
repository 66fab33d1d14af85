"""The example site files: nothing to complain of, and each rule does what its comment promises."""

import pytest

from inventory.assets import Asset
from readers.driver import AntennaState
from tags.times import SECOND_NS
from tests.gateway.example_day import CONFIG, Day, Told, example, local_ns

EXAMPLES = sorted(path.name for path in CONFIG.glob("*.yaml"))
SITES = ("hospital.yaml", "office.yaml", "warehouse.yaml")

HALL, RECEIVING, GATE = ("hall-1", 1), ("dock-1", 1), ("gate-1", 2)
CORRIDOR, MATERNITY, DOOR = ("ward-3", 3), ("maternity-1", 2), ("door-1", 2)
WARD, REPAIR, MAIN_HALL = ("ward-3", 1), ("cellar-1", 1), ("door-1", 1)
DESKS, MEETING, SERVERS = ("floor-1", 1), ("floor-1", 3), ("floor-1", 4)
LOBBY, STREET = ("lobby-1", 1), ("lobby-1", 2)


def things(category: str, count: int = 1, group: str = "", first: int = 1) -> list[Asset]:
    """Assets `CATEGORY-1` and so on, each with a tag of its own."""
    numbers = range(first, first + count)
    return [
        Asset(
            id=f"{category}-{number}",
            category=category,
            group=group,
            tags=(f"{category.encode().hex()}{number:04x}",),
        )
        for number in numbers
    ]


def tag_of(asset: Asset) -> str:
    return asset.tags[0]


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_site_file_has_nothing_to_complain_of(name: str) -> None:
    assert example(name).warnings == ()


@pytest.mark.parametrize("name", SITES)
def test_every_rule_of_an_example_tells_somebody_and_says_why_it_is_there(name: str) -> None:
    lines = (CONFIG / name).read_text(encoding="utf-8").splitlines()
    for rule in example(name).settings.rules:
        assert rule.notify
        where = lines.index(f"  - name: {rule.name}")
        assert lines[where - 1].startswith("  # "), rule.name


# Warehouse


def test_a_laptop_at_the_gate_is_told_at_once_and_again_two_minutes_later() -> None:
    (laptop,) = things("laptop")
    day = Day("warehouse.yaml", laptop)
    day.hear(1, 10, HALL, tag_of(laptop))
    day.hear(10, 11, GATE, tag_of(laptop))
    assert day.told == [Told("laptops stay in", "laptop-1", ("guards", "console"))]
    assert day.raised_at("laptops stay in") == pytest.approx(10, abs=1)
    day.wait_until(1000)
    assert [(round(at_s / 10), told) for at_s, told in day.escalated] == [
        (13, ("guards", "console")),
        (61, ("console",)),
    ]


def test_a_tool_that_is_elsewhere_when_the_night_begins_is_told_then() -> None:
    (tool,) = things("tool")
    day = Day("warehouse.yaml", tool, t0_ns=local_ns(2026, 11, 25, 19))
    day.hear(3000, 3010, RECEIVING, tag_of(tool))
    day.wait_until(3599)
    assert day.told == []
    day.hear(3599, 3601, RECEIVING, tag_of(tool))
    day.wait_until(3610)
    assert [told.rule for told in day.told] == ["tools stay in the hall at night"]
    assert day.alert.cause == "schedule"
    assert day.raised_at("tools stay in the hall at night") == 3600


def test_a_forklift_in_the_cage_is_told_at_once_and_over_once_it_has_left() -> None:
    forklift = Asset(id="forklift-1", category="forklift", tags=("ble:f1",))
    day = Day("warehouse.yaml", forklift)
    way = [(20.0, 20.0), (12.0, 30.0), (7.0, 34.0), (4.0, 36.0), (12.0, 30.0), (20.0, 20.0)]
    for second, (x_m, y_m) in enumerate(way):
        day.locate(10 + 5 * second, "forklifts", "ble:f1", x_m, y_m)
    day.wait_until(60)
    assert [told.rule for told in day.told] == ["forklifts keep out of the cage"]
    assert day.state == "returned_unacknowledged"


def test_a_third_forklift_in_receiving_is_one_too_many() -> None:
    forklifts = [
        Asset(id=f"forklift-{n}", category="forklift", tags=(f"ble:f{n}",)) for n in range(1, 4)
    ]
    day = Day("warehouse.yaml", *forklifts)
    for second in range(1, 30):
        for n, forklift in enumerate(forklifts[: 2 if second < 10 else 3]):
            day.locate(second, "forklifts", tag_of(forklift), 45 + n, 25)
    day.wait_until(40)
    assert day.told == [Told("two forklifts in receiving", "zone:receiving", ("console",))]
    assert day.raised_at("two forklifts in receiving") > 10


def test_a_pallet_that_nobody_hears_for_a_quarter_of_an_hour_is_missing() -> None:
    (pallet,) = things("pallet")
    day = Day("warehouse.yaml", pallet)
    day.hear(1, 10, RECEIVING, tag_of(pallet))
    day.wait_until(908)
    assert day.told == []
    day.wait_until(915)
    assert [told.rule for told in day.told] == ["pallets do not vanish"]


def test_a_pallet_that_is_heard_in_receiving_for_four_hours_is_told() -> None:
    (pallet,) = things("pallet")
    day = Day("warehouse.yaml", pallet)
    for minute in range(0, 242, 5):
        day.hear(60 * minute + 1, 60 * minute + 2, RECEIVING, tag_of(pallet))
    day.wait_until(14420)
    assert [told.rule for told in day.told] == ["pallets are put away"]
    assert day.raised_at("pallets are put away") == pytest.approx(14400, abs=10)


def test_a_pallet_that_goes_out_by_the_dock_door_is_told_and_one_that_comes_in_is_not() -> None:
    goes, comes = things("pallet", 2)
    day = Day("warehouse.yaml", goes, comes)
    inner = ("gate-1", 1)
    for pallet, way in ((comes, (GATE, inner)), (goes, (inner, GATE))):
        start_s = 10 if pallet is comes else 40
        day.hear(start_s, start_s + 3, way[0], tag_of(pallet))
        day.hear(start_s + 3, start_s + 6, way[1], tag_of(pallet))
    day.wait_until(60)
    assert [(told.rule, told.subject) for told in day.told] == [
        ("pallets do not leave by the dock door", goes.id)
    ]


def test_a_cold_store_that_is_warm_for_ten_minutes_is_told_and_for_five_is_not() -> None:
    day = Day("warehouse.yaml")
    temperatures = [5.0, 9.0, 9.0, 7.0, *[9.5] * 12, 7.8, 7.4]
    for step, celsius in enumerate(temperatures):
        day.measure(150 * step, "cold-store:rear", "temperature", celsius, "°C")
    day.wait_until(150 * len(temperatures))
    assert [told.subject for told in day.told] == ["sensor:cold-store:rear"]
    assert day.raised_at("the cold store is cold") == pytest.approx(600 + 600, abs=3)
    excursion = day.alert.excursion
    assert excursion is not None
    assert (excursion.peak, excursion.limit) == (9.5, 8)
    assert day.state == "returned_unacknowledged"


def test_an_antenna_that_is_unplugged_at_the_gate_is_told() -> None:
    antennas: dict[int, AntennaState] = {1: "connected", 2: "disconnected", 3: "connected"}
    day = Day("warehouse.yaml")
    day.health(60, "gate-1", "online", antennas)
    day.wait_until(90)
    told = [each for each in day.told if not each.rule.startswith("system: ")]
    assert told == [Told("readers stay where they are", "reader:gate-1/2", ("console",))]


# Hospital


def test_a_pump_in_a_ward_is_no_news_and_one_at_the_main_door_is_told() -> None:
    pump, other = things("infusion pump", 2)
    day = Day("hospital.yaml", pump, other)
    day.hear(1, 10, WARD, tag_of(pump), tag_of(other))
    day.hear(10, 12, DOOR, tag_of(pump))
    told = [each for each in day.told if each.rule == "pumps stay in the house"]
    assert told == [Told("pumps stay in the house", pump.id, ("guards",))]


def test_a_ward_with_three_pumps_is_told_ten_minutes_later() -> None:
    pumps = things("infusion pump", 5)
    day = Day("hospital.yaml", *pumps)
    for minute in range(30):
        there = pumps if minute < 10 else pumps[:3]
        day.hear(60 * minute + 1, 60 * minute + 3, WARD, *map(tag_of, there))
        if minute >= 10:
            day.hear(60 * minute + 3, 60 * minute + 6, REPAIR, *map(tag_of, pumps[3:]))
    changes = [change for change in day.changes if change.alert.subject == "zone:ward 3"]
    assert [change.transition for change in changes] == ["raised"]
    assert (changes[0].at_ns - day.t0_ns) / SECOND_NS == pytest.approx(1200, abs=20)


def test_a_newborn_needs_a_badge_of_its_own_group_in_the_corridor() -> None:
    (newborn,) = things("newborn", group="room 7")
    (mother,) = things("badge", group="room 7")
    (stranger,) = things("badge", group="room 9", first=2)
    for company, rules in ((mother, []), (stranger, ["newborns are accompanied"])):
        day = Day("hospital.yaml", newborn, mother, stranger)
        day.hear(1, 10, MATERNITY, tag_of(newborn), tag_of(company))
        day.hear(10, 30, CORRIDOR, tag_of(newborn), tag_of(company))
        day.wait_until(40)
        assert [told.rule for told in day.told] == rules
    assert day.told[0].channels == ("siren", "guards")


def test_a_newborn_at_the_main_door_sounds_the_siren_whoever_is_with_it() -> None:
    (newborn,) = things("newborn", group="room 7")
    (mother,) = things("badge", group="room 7")
    day = Day("hospital.yaml", newborn, mother)
    day.hear(1, 10, MATERNITY, tag_of(newborn), tag_of(mother))
    day.hear(10, 11, DOOR, tag_of(newborn), tag_of(mother))
    told = [each for each in day.told if each.rule == "newborns stay in the house"]
    assert told == [Told("newborns stay in the house", newborn.id, ("siren", "guards"))]
    assert day.raised_at("newborns stay in the house") < 11


def test_a_patient_at_risk_is_met_in_the_main_hall() -> None:
    (lost,) = things("patient", group="at risk 2")
    (well,) = things("patient", first=2)
    day = Day("hospital.yaml", lost, well)
    day.hear(1, 10, MAIN_HALL, tag_of(lost), tag_of(well))
    day.wait_until(15)
    assert day.told == [Told("somebody may be lost", lost.id, ("guards",))]


def test_a_fridge_that_is_warm_for_five_minutes_calls_the_pharmacy_and_then_others() -> None:
    day = Day("hospital.yaml")
    for minute in range(40):
        celsius = 5.0 if minute < 10 else 8.4
        day.measure(60 * minute, "fridges:fridge-2", "temperature", celsius, "°C")
        day.measure(60 * minute, "fridges:laundry", "temperature", 30.0, "°C")
    told = [each for each in day.told if each.subject.startswith("sensor:")]
    assert told == [Told("medicine is kept cool", "sensor:fridges:fridge-2", ("pharmacy",))]
    assert day.raised_at("medicine is kept cool") == pytest.approx(900, abs=3)
    ((at_s, channels),) = day.escalated
    assert at_s == pytest.approx(1800, abs=3)
    assert channels == ("engineering", "direction")


def test_an_ambulance_that_races_over_the_grounds_is_told() -> None:
    ambulance = Asset(id="ambulance-1", category="ambulance", tags=("gps:a1",))
    day = Day("hospital.yaml", ambulance)
    for second in range(20):
        day.locate(10 + second, "ambulances", "gps:a1", 5 * second - 100, 10)
    day.wait_until(40)
    assert day.told == []
    for second in range(10):
        day.locate(40 + second, "ambulances", "gps:a1", 12 * second - 5, 10)
    day.wait_until(60)
    told = Told("ambulances drive slowly on the grounds", ambulance.id, ("engineering",))
    assert day.told == [told]
    excursion = day.alert.excursion
    assert excursion is not None
    assert excursion.peak == 12


# Office


def test_a_laptop_may_leave_by_day_and_not_by_night_nor_on_a_holiday() -> None:
    (laptop,) = things("laptop")
    for moment, rules in (
        ((2026, 11, 25, 15), []),
        ((2026, 11, 25, 22), ["laptops stay in when we are closed"]),
        ((2026, 11, 28, 15), ["laptops stay in when we are closed"]),
        ((2027, 3, 26, 15), ["laptops stay in when we are closed"]),
    ):
        day = Day("office.yaml", laptop, t0_ns=local_ns(*moment))
        day.hear(1, 10, DESKS, tag_of(laptop))
        day.hear(10, 12, STREET, tag_of(laptop))
        day.wait_until(30)
        assert [told.rule for told in day.told] == rules, moment


def test_one_read_of_a_visitor_in_the_server_room_is_told_at_once() -> None:
    (visitor,) = things("visitor")
    day = Day("office.yaml", visitor)
    day.hear(1, 9, DESKS, tag_of(visitor))
    day.hear(10, 10.5, SERVERS, tag_of(visitor))
    told = Told("visitors keep out of the server room", visitor.id, ("guards", "desk"))
    assert day.told == [told]
    assert day.raised_at(told.rule) == pytest.approx(10, abs=0.1)


def test_a_server_in_the_lobby_needs_somebody_of_it_within_ten_seconds() -> None:
    (server,) = things("server")
    (keeper,) = things("badge", group="it")
    (other,) = things("badge", group="sales", first=2)
    for company, rules in ((keeper, []), (other, ["servers move with their keeper"])):
        day = Day("office.yaml", server, keeper, other)
        day.hear(1, 10, SERVERS, tag_of(server))
        day.hear(10, 13, LOBBY, tag_of(server))
        day.hear(13, 30, LOBBY, tag_of(server), tag_of(company))
        day.wait_until(40)
        assert [told.rule for told in day.told] == rules


def test_a_monitor_goes_out_with_a_badge_or_is_told() -> None:
    (monitor,) = things("monitor")
    (badge,) = things("badge")
    for company, rules in (([badge], []), ([], ["nothing is carried out by strangers"])):
        day = Day("office.yaml", monitor, badge)
        tags = [tag_of(each) for each in (monitor, *company)]
        day.hear(10, 13, LOBBY, *tags)
        day.hear(13, 16, STREET, *tags)
        day.wait_until(60)
        assert [told.rule for told in day.told] == rules


def test_a_thirteenth_in_the_meeting_room_is_one_too_many_after_a_minute() -> None:
    people = [*things("badge", 8), *things("visitor", 5)]
    day = Day("office.yaml", *people)
    for second in range(0, 180, 10):
        there = people if second >= 60 else people[:12]
        day.hear(second + 1, second + 3, MEETING, *map(tag_of, there))
    assert [told.rule for told in day.told] == ["twelve in the meeting room"]
    assert day.raised_at("twelve in the meeting room") == pytest.approx(120, abs=10)


def test_a_server_room_that_is_open_for_a_minute_is_told() -> None:
    day = Day("office.yaml")
    for at_s, is_open in ((10, 1.0), (40, 0.0), (100, 1.0)):
        day.measure(at_s, "contacts:server-room-door", "door", is_open)
    day.wait_until(159)
    assert day.told == []
    day.wait_until(200)
    assert [told.rule for told in day.told] == ["the server room is shut"]
