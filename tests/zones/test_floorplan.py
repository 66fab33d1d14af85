import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.zones.made import antenna, reader
from zones.floorplan import ANY_ANTENNA, POINTS_MAX, FloorPlan, centidecibels
from zones.settings import Point, ZoneSettings


def square(x_m: float, y_m: float, side_m: float) -> tuple[Point, ...]:
    return (
        (x_m, y_m),
        (x_m + side_m, y_m),
        (x_m + side_m, y_m + side_m),
        (x_m, y_m + side_m),
    )


def drawn(name: str, x_m: float, y_m: float, side_m: float, floor: str = "ground") -> ZoneSettings:
    return ZoneSettings(name=name, floor=floor, polygon=square(x_m, y_m, side_m))


# Read points


def test_each_antenna_hears_the_zone_that_the_site_file_names() -> None:
    plan = FloorPlan(
        [ZoneSettings(name="hall"), ZoneSettings(name="gate", role="exit")],
        [reader("r", {1: antenna("hall"), 2: antenna("gate", rssi_dbm_min=-70.5, bias_db=1.25)})],
    )
    hall, gate = plan.point(("r", 1)), plan.point(("r", 2))
    assert (hall.zone, hall.urgent, hall.bias_cdb) == ("hall", False, 0)
    assert (gate.zone, gate.urgent, gate.bias_cdb, gate.rssi_cdb_min) == ("gate", True, 125, -7050)


def test_antennas_that_are_not_listed_hear_the_zone_of_their_reader() -> None:
    plan = FloorPlan(
        [ZoneSettings(name="hall"), ZoneSettings(name="gate")],
        [reader("r", {2: antenna("gate"), 3: antenna(rssi_dbm_min=-60)}, zone="hall")],
    )
    assert [plan.point(("r", n)).zone for n in (0, 1, 2, 3)] == ["hall", "hall", "gate", "hall"]
    assert plan.point(("r", 3)).rssi_cdb_min == -6000


@pytest.mark.parametrize("key", [("r", 2), ("stranger", 1), ("lost", 1)])
def test_what_no_zone_is_named_for_is_a_point_without_one(key: tuple[str, int]) -> None:
    plan = FloorPlan(
        [ZoneSettings(name="hall")],
        [reader("r", {1: antenna("hall")}), reader("lost", {1: antenna("atlantis")})],
    )
    point = plan.point(key)
    assert (point.key, point.zone, point.urgent) == (key, None, False)


def test_hostile_antenna_numbers_do_not_fill_the_memory() -> None:
    plan = FloorPlan([ZoneSettings(name="hall")], [reader("r", zone="hall")])
    for number in range(POINTS_MAX + 10):
        assert plan.point(("r", number)).zone == "hall"
    assert len(plan.points) == POINTS_MAX


@given(st.integers(-12_000, 0))
def test_levels_of_hundredths_of_a_decibel_are_exact(level_cdb: int) -> None:
    assert centidecibels(level_cdb / 100, 0) == level_cdb


# Coverage


def test_a_zone_is_covered_by_the_antennas_that_are_listed_for_it() -> None:
    plan = FloorPlan(
        [ZoneSettings(name="hall"), ZoneSettings(name="attic")],
        [reader("r", {2: antenna("hall"), 1: antenna("hall"), 3: antenna()}), reader("s")],
    )
    assert plan.zones["hall"].covered_by == (("r", 1), ("r", 2))
    assert plan.zones["attic"].covered_by == ()


def test_the_zone_of_a_reader_is_covered_by_its_listed_and_its_other_antennas() -> None:
    plan = FloorPlan(
        [ZoneSettings(name="hall"), ZoneSettings(name="gate")],
        [reader("r", {1: antenna("gate"), 2: antenna(rssi_dbm_min=-60)}, zone="hall")],
    )
    assert plan.zones["hall"].covered_by == (("r", ANY_ANTENNA), ("r", 2))
    assert plan.zones["gate"].covered_by == (("r", 1),)


# What lies in what


def test_a_zone_lies_in_its_parents() -> None:
    plan = FloorPlan(
        [
            ZoneSettings(name="site"),
            ZoneSettings(name="hall", parent="site"),
            ZoneSettings(name="bay", parent="hall"),
        ],
    )
    assert plan.zones["bay"].inside == ("site", "hall")
    assert plan.within("bay", ["site"])
    assert plan.within("bay", ["elsewhere", "bay"])
    assert not plan.within("hall", ["bay"])
    assert not plan.within("unheard of", ["site"])


def test_a_zone_lies_in_what_is_drawn_around_it() -> None:
    plan = FloorPlan(
        [drawn("hall", 0, 0, 40), drawn("bay", 0, 0, 10), drawn("yard", 40, 0, 10)],
    )
    assert plan.zones["bay"].inside == ("hall",)
    assert plan.zones["yard"].inside == ()


def test_zones_of_one_outline_do_not_lie_in_each_other() -> None:
    plan = FloorPlan([drawn("day shift", 0, 0, 10), drawn("night shift", 0, 0, 10)])
    assert plan.zones["day shift"].inside == plan.zones["night shift"].inside == ()


def test_what_is_drawn_on_another_floor_lies_in_nothing_of_this_one() -> None:
    plan = FloorPlan([drawn("hall", 0, 0, 40), drawn("loft", 5, 5, 10, floor="first")])
    assert plan.zones["loft"].inside == ()


def test_parents_and_drawings_add_up() -> None:
    plan = FloorPlan(
        [
            drawn("shelf", 1, 1, 1),
            drawn("bay", 0, 0, 10),
            ZoneSettings(name="hall", parent="site", floor="ground", polygon=square(0, 0, 40)),
            ZoneSettings(name="site"),
        ],
    )
    assert plan.zones["shelf"].inside == ("bay", "hall", "site")


def test_parents_in_a_circle_come_to_an_end() -> None:
    plan = FloorPlan(
        [
            ZoneSettings(name="hen", parent="egg"),
            ZoneSettings(name="egg", parent="hen"),
            ZoneSettings(name="orphan", parent="nobody"),
        ],
    )
    assert plan.zones["hen"].inside == ("egg",)
    assert plan.zones["orphan"].inside == ()


_sides_m = st.integers(1, 6)
_corners_m = st.integers(0, 6)
_squares = st.lists(st.tuples(_corners_m, _corners_m, _sides_m), max_size=6)


@given(_squares)
def test_lying_in_is_an_order(squares: list[tuple[int, int, int]]) -> None:
    plan = FloorPlan([drawn(f"z{n}", *each) for n, each in enumerate(squares)])
    for name, zone in plan.zones.items():
        assert name not in zone.inside
        for other in zone.inside:
            assert set(plan.zones[other].inside) < set(zone.inside)


# Roles and renames


def test_zones_of_role_exit_are_urgent_and_former_names_are_known() -> None:
    plan = FloorPlan(
        [ZoneSettings(name="gate", role="exit"), ZoneSettings(name="store", was="hall")],
    )
    assert plan.urgent == {"gate"}
    assert plan.renamed == {"hall": "store"}


# What became of the zones of the plan before


def named(*names: str, **was: str) -> FloorPlan:
    """A plan of zones by name; `new="former"` is one that was renamed."""
    renamed = [ZoneSettings(name=name, was=former) for name, former in was.items()]
    return FloorPlan([*[ZoneSettings(name=name) for name in names], *renamed])


@pytest.mark.parametrize(
    ("former", "plan", "renamed", "gone"),
    [
        (named("hall"), named("hall"), {}, ()),
        (named("hall"), named("hall", "office"), {}, ()),
        (named("hall", "office", "yard"), named("office"), {}, ("hall", "yard")),
        (named("hall", "yard"), named(store="hall"), {"hall": "store"}, ("yard",)),
        (
            named("hall", "office"),
            named(hall="office", office="hall"),
            {"office": "hall", "hall": "office"},
            (),
        ),
        (named("hall", "office"), named(hall="office"), {"office": "hall"}, ()),
        (named("hall", "office"), named(store="cellar"), {}, ("hall", "office")),
        (named(store="hall"), named(store="hall"), {}, ()),
        (named(store="hall"), named(shop="store"), {"store": "shop"}, ()),
        (named(store="hall"), named("hall", store="hall"), {}, ()),
        (FloorPlan(), named(store="hall"), {}, ()),
    ],
)
def test_a_plan_knows_what_became_of_the_zones_of_the_one_before(
    former: FloorPlan, plan: FloorPlan, renamed: dict[str, str], gone: tuple[str, ...]
) -> None:
    succession = plan.succession_of(former)
    assert (succession.renamed, succession.gone) == (renamed, gone)
    heirs = {zone: succession.heir_of(zone) for zone in former.zones}
    assert heirs == {**{zone: zone for zone in former.zones}, **renamed, **dict.fromkeys(gone)}
    assert succession.heir_of(None) is None
