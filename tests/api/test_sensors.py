"""What trackers and sensors said last, over HTTP."""

import httpx

from tags.reads import Fix
from tests.api.fake_gateway import NOON_NS, FakeDesk


async def test_sensors_are_shown_with_their_newest_values(
    viewer: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    time = "2026-01-01T12:00:00Z"
    cold = {"sensor": "link:cold", "quantity": "temperature", "value": 4.5, "unit": "°C"}
    desk.measured = [{**cold, "time": time}]
    assert (await viewer.get("/api/v1/sensors")).json() == {"items": desk.measured}
    table = await viewer.get("/api/v1/sensors", headers={"accept": "text/csv"})
    assert table.text.splitlines() == [
        "sensor,quantity,value,unit,time",
        f"link:cold,temperature,4.5,°C,{time}",
    ]


async def test_an_asset_with_a_tracker_shows_its_newest_fix(
    operator: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    await operator.post("/api/v1/assets", json={"id": "van", "tags": ["gps:van"]})
    assert (await operator.get("/api/v1/assets/van/position")).json()["fix"] is None
    desk.fixes["van"] = Fix("gps:van", "trackers:van", NOON_NS, NOON_NS, lat=52.5, lon=13.4)
    fix = (await operator.get("/api/v1/assets/van/position")).json()["fix"]
    assert (fix["tag"], fix["source"], fix["lat"], fix["lon"]) == (
        "gps:van",
        "trackers:van",
        52.5,
        13.4,
    )
    assert (fix["x_m"], fix["accuracy_m"]) == (None, None)
