"""Zones as GeoJSON: what is shown can be sent back, and what is drawn is written."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from api.problems import ProblemError
from api.site_features import Drawing
from gateway.site import parse_site
from gateway.zone_drawings import drawn_zones
from tests.api.fake_gateway import FakeDesk
from tests.api.fake_site import TEXT
from tests.api.sited import sited
from zones.georeference import Georeference
from zones.position_settings import OriginSettings

Json = dict[str, Any]
DRAWN = {"accept": "application/geo+json"}
SENT = {"content-type": "application/geo+json"}
GEO = """\
site: {name: depot, origin: {lat: 52.5, lon: 13.4, bearing_deg: 20}}
floors: [{name: ground, size_m: [60, 40]}]
zones:
  - {name: hall, floor: ground, role: storage, polygon: [[0, 0], [40, 0], [40.5, 40]], margin_m: 3}
  - {name: ring, polygons: [{outline: [[0, 0], [9, 0], [9, 9]], holes: [[[5, 1], [6, 1], [6, 2]]]}]}
  - {name: spot, circle: {center: [5, 5], radius_m: 2}}
  - {name: way, corridor: {line: [[0, 0], [5, 5]], width_m: 2}}
  - {name: field, geo: true, polygon: [[52.5, 13.4], [52.501, 13.4], [52.501, 13.402]]}
  - {name: undrawn}
"""


def feature(name: str, geometry: object, **properties: object) -> Json:
    return {
        "type": "Feature",
        "geometry": geometry,
        "properties": {"name": name, **properties},
    }


def polygon(*points: list[float]) -> Json:
    return {"type": "Polygon", "coordinates": [[*points, points[0]]]}


@pytest.fixture
def drawing() -> Drawing:
    site = parse_site(GEO)
    written = [each.model_dump(exclude_unset=True, mode="json") for each in site.settings.zones]
    georeference = Georeference(OriginSettings(lat=52.5, lon=13.4, bearing_deg=20))
    return Drawing({each["name"]: each for each in written}, drawn_zones(site), georeference)


async def test_all_zones_as_they_are_shown_can_be_put_back_and_nothing_changes(
    tmp_path: Path,
) -> None:
    async with sited(tmp_path, GEO) as site:
        shown = await site.admin.get("/zones", headers=DRAWN)
        match = {**SENT, "if-match": shown.headers["etag"]}
        answer = await site.admin.put("/zones", content=shown.content, headers=match)
        assert answer.status_code == 200, answer.text
        assert (answer.json()["changes"], answer.json()["number"]) == ("", 1)
        assert site.text == GEO
        one = await site.admin.get("/zones/field", headers=DRAWN)
        match = {**SENT, "if-match": one.headers["etag"]}
        answer = await site.admin.put("/zones/field", content=one.content, headers=match)
        assert answer.json()["changes"] == ""


async def test_a_zone_drawn_otherwise_keeps_its_other_settings(tmp_path: Path) -> None:
    async with sited(tmp_path, GEO) as site:
        shown = (await site.admin.get("/zones/hall", headers=DRAWN)).json()
        shown["geometry"]["coordinates"][0][1] = [30, 0.5]
        match = {**SENT, "if-match": await site.etag("/zones/hall/settings")}
        answer = await site.admin.put("/zones/hall", json=shown, headers=match)
        assert answer.status_code == 200, answer.text
        was, now = "[[0, 0], [40, 0], [40.5, 40]]", "[[0, 0], [30, 0.5], [40.5, 40]]"
        assert site.text == GEO.replace(was, now)


async def test_a_collection_takes_out_what_it_does_not_name(
    admin: httpx.AsyncClient, desk: FakeDesk
) -> None:
    match = {"if-match": (await admin.get("/api/v1/zones", headers=DRAWN)).headers["etag"]}
    shown = (await admin.get("/api/v1/zones", headers=DRAWN)).json()
    shown["features"] = [each for each in shown["features"] if each["id"] != "hall/shelf"]
    shown["features"].append(feature("yard", polygon([9, 9], [12, 9], [12, 12])))
    headers = {**SENT, **match}
    answer = await admin.put("/api/v1/zones", json=shown, headers=headers)
    assert answer.status_code == 200, answer.text
    lines = TEXT.splitlines(keepends=True)
    lines[4] = ""
    lines.insert(6, "  - {name: yard, polygon: [[9, 9], [12, 9], [12, 12]]}\n")
    assert desk.site_edits.file.read_text() == "".join(lines)
    assert (await admin.put("/api/v1/zones", json=shown, headers=headers)).status_code == 412
    assert (await admin.put("/api/v1/zones", json=shown, headers=SENT)).status_code == 428


@pytest.mark.parametrize(
    ("sent", "written"),
    [
        (
            feature("new", polygon([0, 0], [1, 0], [1, 1.5]), floor="ground", role="storage"),
            {"name": "new", "floor": "ground", "polygon": [[0, 0], [1, 0], [1, 1.5]]},
        ),
        (
            feature("new", polygon([13.4, 52.5], [13.41, 52.5], [13.4, 52.51]), geo=True),
            {"name": "new", "polygon": [[52.5, 13.4], [52.5, 13.41], [52.51, 13.4]], "geo": True},
        ),
        (
            feature("new", {"type": "Point", "coordinates": [1, 2]}, radius_m=3),
            {"name": "new", "circle": {"center": [1, 2], "radius_m": 3}},
        ),
        (
            feature("new", {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}, width_m=2),
            {"name": "new", "corridor": {"line": [[1, 2], [3, 4]], "width_m": 2}},
        ),
        (
            feature("spot", polygon([0, 0], [1, 0], [1, 1])),
            {"name": "spot", "polygon": [[0, 0], [1, 0], [1, 1]]},
        ),
        (feature("ring", None), {"name": "ring"}),
        (
            feature("hall", None, margin_m=None),
            {"name": "hall", "floor": "ground", "role": "storage"},
        ),
    ],
)
def test_a_feature_becomes_an_entry(drawing: Drawing, sent: Json, written: Json) -> None:
    assert drawing.entry(sent) == written


def test_a_zone_in_degrees_that_is_moved_in_metres_stays_in_degrees(drawing: Drawing) -> None:
    made = drawing.entry(feature("field", polygon([0, 0], [100, 0], [100, 50])))
    georeference = Georeference(OriginSettings(lat=52.5, lon=13.4, bearing_deg=20))
    assert made["geo"] is True
    back = [georeference.to_metres(lat, lon) for lat, lon in made["polygon"]]
    for point, wanted in zip(back, [(0, 0), (100, 0), (100, 50)], strict=True):
        assert point == pytest.approx(wanted, abs=1e-3)


@pytest.mark.parametrize(
    "sent",
    [
        [],
        {},
        {"type": "Feature", "properties": []},
        {"type": "Feature", "properties": {}, "geometry": None},
        feature("a", {"type": "Polygon"}),
        feature("a", {"type": "Polygon", "coordinates": [[]]}),
        feature("a", {"type": "Polygon", "coordinates": [[[0], [1], [2]]]}),
        feature("a", {"type": "Polygon", "coordinates": [[["x", "y"], [1, 2], [2, 3]]]}),
        feature("a", {"type": "Point", "coordinates": [1, 2]}),
        feature("a", {"type": "GeometryCollection", "geometries": []}),
        feature("a", "Polygon"),
    ],
)
def test_what_is_no_zone_is_refused(drawing: Drawing, sent: object) -> None:
    with pytest.raises(ProblemError) as refused:
        drawing.entry(sent)
    assert refused.value.status == 422
