from math import hypot

import pytest

from gateway.site import SiteError, parse_site
from gateway.zone_drawings import drawn_zones

ORIGIN = "origin: {lat: 52.5, lon: 13.4}"
READER = "readers: [{name: trackers, driver: http, format: tagwarden}]\n"
SQUARE = "polygon: [[0, 0], [9, 0], [9, 9], [0, 9]]"


def site(*zones: str, about: str = "", rest: str = READER) -> str:
    """A site file with these zones, the first on line 3."""
    listed = "".join(f"  - {{{zone}}}\n" for zone in zones)
    return f"site: {{name: d{about and ', '}{about}}}\nzones:\n{listed}{rest}"


def problems(text: str) -> list[str]:
    with pytest.raises(SiteError) as caught:
        parse_site(text, "s.yaml")
    return [line.removeprefix("s.yaml:") for line in str(caught.value).split("\n")]


@pytest.mark.parametrize(
    "zone",
    [
        "name: z, polygon: [[0, 0], [9, 0], [9, 9]], holes: [[[5, 1], [8, 1], [8, 4]]]",
        "name: z, polygons: [{outline: [[0,0],[9,0],[9,9]]}, {outline: [[9, 0], [9, 9], [12, 5]]}]",
        "name: z, circle: {center: [3, 4], radius_m: 5}, margin_m: 0, cross: true",
        "name: z, corridor: {line: [[0, 0], [5, 5], [0, 9]], width_m: 2}",
        "name: z, geo: true, circle: {center: [52.5, 13.4], radius_m: 5}",
        "name: z, geo: true, polygon: [[52.5, 13.4], [52.51, 13.4], [52.5, 13.41]]",
    ],
)
def test_every_kind_of_shape_is_right(zone: str) -> None:
    assert parse_site(site(zone, about=ORIGIN)).warnings == ()


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        (
            f"name: z, {SQUARE}, circle: {{center: [0, 0], radius_m: 1}}",
            "3: zones[z]: has several shapes (polygon, circle); keep one of them",
        ),
        (
            "name: z, holes: [[[0, 0], [1, 0], [1, 1]]]",
            "3: zones[z]: has holes but no polygon that they are cut out of",
        ),
        (
            f"name: z, {SQUARE}, holes: [[[5, 5], [12, 5], [5, 8]]]",
            "3: zones[z].holes[0]: is cut out where there is nothing: it leaves the outline",
        ),
        (
            f"name: z, {SQUARE}, holes: [[[1, 1], [5, 1], [5, 5]], [[2, 1], [6, 1], [6, 5]]]",
            "3: zones[z].holes[1]: overlaps hole 1",
        ),
        (
            f"name: z, {SQUARE}, holes: [[[9, 9], [0, 9], [0, 0], [9, 0]]]",
            "3: zones[z].holes[0]: leaves nothing of the outline",
        ),
        (
            f"name: z, {SQUARE}, holes: [[[1, 1], [5, 5], [5, 1], [1, 5]]]",
            "3: zones[z].holes[0]: crosses itself at (3, 3)",
        ),
        (
            "name: z, polygons: [{outline: [[0, 0], [4, 4], [4, 0], [0, 4]]}]",
            "3: zones[z].polygons[0].outline: crosses itself at (2, 2)",
        ),
        (
            "name: z, polygons: [{outline: [[0, 0], [4, 4]]}]",
            "3: zones[z].polygons[0].outline: needs at least 3 corners",
        ),
        (
            "name: z, corridor: {line: [[0, 0]], width_m: 2}",
            "3: zones[z].corridor.line: needs at least 2 points",
        ),
        (
            "name: z, corridor: {line: [[1, 1], [1, 1]], width_m: 2}",
            "3: zones[z].corridor.line: has no length; it needs two different points",
        ),
        (
            "name: z, circle: {center: [0, 0], radius_m: 0}",
            "3: zones[z].circle.radius_m: must be greater than 0",
        ),
        (
            "name: z, circle: {center: [0, 0], radius_m: .inf}",
            "3: zones[z].circle.radius_m: must be a finite number",
        ),
        ("name: z, margin_m: -1", "3: zones[z].margin_m: must be at least 0"),
        (
            "name: z, geo: true",
            "3: zones[z].geo: speaks of points, but the zone has no shape",
        ),
        (
            "name: z, geo: true, circle: {center: [13.4, 52.5], radius_m: 5}",
            (
                "3: zones[z].circle: [13.4, 52.5] is the wrong way round; write [latitude, "
                "longitude]: [52.5, 13.4]"
            ),
        ),
        (
            "name: z, geo: true, circle: {center: [152.5, 13.4], radius_m: 5}",
            "3: zones[z].circle: [152.5, 13.4] is no [latitude, longitude] in degrees",
        ),
        (
            "name: z, geo: true, circle: {center: [48.1, 11.6], radius_m: 5}",
            "3: zones[z].circle: [48.1, 11.6] lies more than 100 km from the site's origin",
        ),
        (
            "name: z, geo: true, polygon: [[52.5, 13.4], [52.6, 13.5], [52.6, 13.4], [52.5, 13.5]]",
            "3: zones[z].polygon: crosses itself at (52.55",
        ),
    ],
)
def test_a_shape_that_can_not_be_meant_is_named(zone: str, said: str) -> None:
    (problem,) = problems(site(zone, about=ORIGIN))
    assert problem.startswith(said)


def test_degrees_without_an_origin_say_what_to_write() -> None:
    zone = "name: z, geo: true, circle: {center: [52.5, 13.4], radius_m: 5}"
    (problem,) = problems(site(zone))
    assert problem.startswith("3: zones[z].geo: points in degrees need the site's origin; write ")
    assert "site: {origin: {lat: 52.5, lon: 13.4}}" in problem
    assert problems(site(zone, about="origin: {lat: 152.5, lon: 13.4}")) == [
        "1: site.origin.lat: must be at most 90",
    ]


def test_a_floor_goes_up() -> None:
    floors = READER + "floors: [{name: ground, height_m: [4, 4]}]\n"
    assert problems(site("name: z", rest=floors)) == [
        "5: floors[ground]: height_m must go from low to high",
    ]
    zero = READER + "floors: [{name: ground, height_m: [0, 4]}]\n"
    assert parse_site(site(f"name: z, {SQUARE}", rest=zero)).settings.floors[0].height_m == (0, 4)


OTHER = "polygon: [[5, 5], [20, 5], [20, 20], [5, 20]]"
OVERLAPS = "4: zones[b]: warning: overlaps 'a', and neither lies in the other nor has priority; "


@pytest.mark.parametrize(
    ("one", "other", "is_said"),
    [
        (SQUARE, OTHER, True),
        (SQUARE, SQUARE, True),
        (SQUARE, "circle: {center: [9, 9], radius_m: 3}", True),
        (f"{SQUARE}, priority: 1", OTHER, False),
        (SQUARE, f"{OTHER}, parent: a", False),
        (SQUARE, "polygon: [[1, 1], [5, 1], [5, 5]]", False),
        (SQUARE, "polygon: [[9, 0], [20, 0], [20, 9], [9, 9]]", False),
        (f"{SQUARE}, floor: low", f"{OTHER}, floor: high", False),
        (f"{SQUARE}, floor: low", OTHER, True),
    ],
)
def test_zones_that_overlap_without_a_rank_are_a_warning(
    one: str, other: str, *, is_said: bool
) -> None:
    floors = READER + "floors: [{name: low}, {name: high}]\n"
    text = site(f"name: a, {one}", f"name: b, {other}", rest=floors)
    warnings = [str(each).removeprefix("s.yaml:") for each in parse_site(text, "s.yaml").warnings]
    assert [each.startswith(OVERLAPS) for each in warnings] == [True] * is_said


def test_a_zone_with_a_shape_needs_no_antenna_where_trackers_tell_positions() -> None:
    zones = f"name: a, {SQUARE}", "name: b"
    (warning,) = parse_site(site(*zones), "s.yaml").warnings
    assert str(warning).startswith("s.yaml:4: zones[b]: warning: no antenna hears this zone")
    deaf = "readers: [{name: r, driver: llrp, address: h}]\n"
    warnings = parse_site(site(*zones, rest=deaf), "s.yaml").warnings
    assert [each.key for each in warnings] == ["zones[a]", "zones[b]", "readers[r]"]


def test_positions_have_settings() -> None:
    text = site(f"name: a, {SQUARE}", rest=READER + "positions: {exit_fixes: 3, jump_m_min: 5}\n")
    positions = parse_site(text).settings.positions
    assert (positions.exit_fixes, positions.jump_m_min, positions.exit_confirm_s) == (3, 5, 5)
    bad = site(f"name: a, {SQUARE}", rest=READER + "positions: {exit_fixes: 0}\n")
    assert problems(bad) == ["5: positions.exit_fixes: must be at least 1"]


def test_every_shape_is_told_as_a_geometry_in_metres_of_the_site() -> None:
    zones = (
        f"name: square, {SQUARE}, holes: [[[1, 1], [2, 1], [2, 2]]]",
        "name: round, geo: true, circle: {center: [52.5, 13.4], radius_m: 5}",
        "name: degrees, geo: true, polygon: [[52.5, 13.4], [52.51, 13.4], [52.5, 13.41]]",
        "name: heard",
    )
    square, circle, degrees, heard = drawn_zones(parse_site(site(*zones, about=ORIGIN)))
    assert [len(ring) for ring in square["geometry"]["coordinates"]] == [5, 4]
    assert square["polygon"] == ((0, 0), (9, 0), (9, 9), (0, 9))
    assert (circle["shape"], circle["polygon"]) == ("circle", None)
    distances_m = [hypot(x_m, y_m) for x_m, y_m in circle["geometry"]["coordinates"][0]]
    assert distances_m == pytest.approx([5] * len(distances_m))
    assert degrees["polygon"] is None
    assert max(y_m for _, y_m in degrees["geometry"]["coordinates"][0]) == pytest.approx(
        1112.8, 1e-3
    )
    assert (heard["shape"], heard["geometry"]) == (None, None)
