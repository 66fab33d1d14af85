"""What trackers and sensors said last, over HTTP."""

import asyncio

import httpx

from history.sightings import SightingBatch
from tags.reads import Fix, Measurement
from tests.api.fake_gateway import NOON_NS, SECOND_NS, FakeDesk


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


async def measured(
    desk: FakeDesk, sensor: str, quantity: str, values: int, every_s: int = 1
) -> None:
    """Values 0, 1, 2, … up to noon."""
    made = [
        Measurement(sensor, quantity, float(n), "°C", time_ns, time_ns)
        for n in range(values)
        for time_ns in [NOON_NS - (values - n) * every_s * SECOND_NS]
    ]
    await asyncio.to_thread(desk.sightings.append, [SightingBatch(1, [], [], made)])
    desk.measured = [{"sensor": sensor, "quantity": quantity, "value": 1.0, "unit": "°C"}]


async def test_a_series_is_told_value_by_value_or_step_by_step(
    viewer: httpx.AsyncClient, desk: FakeDesk
) -> None:
    await measured(desk, "link:cold/1", "temperature", 180)
    path = "/api/v1/sensors/link:cold/1/series"
    raw = (await viewer.get(path)).json()
    assert (raw["step_s"], len(raw["items"])) == (0, 180)
    assert raw["items"][0]["value"] == raw["items"][0]["mean"] == 179.0
    for step in ("60", "60s", "1m", "PT1M", "PT60S"):
        folded = (await viewer.get(path, params={"step": step})).json()
        shown = [
            (each["count"], each["min"], each["mean"], each["max"]) for each in folded["items"]
        ]
        assert folded["step_s"] == 60
        assert shown == [(60, 120.0, 149.5, 179.0), (60, 60.0, 89.5, 119.0), (60, 0.0, 29.5, 59.0)]
    for step in ("0", "x", "-1", "1w", "400d"):
        assert (await viewer.get(path, params={"step": step})).status_code == 422


async def test_a_long_series_comes_in_steps_that_fit(
    viewer: httpx.AsyncClient, desk: FakeDesk
) -> None:
    await measured(desk, "cold", "temperature", 1500, every_s=40)
    path = "/api/v1/sensors/cold/series"
    folded = (await viewer.get(path)).json()
    assert folded["step_s"] == 120
    assert len(folded["items"]) <= 1000
    assert sum(each["count"] for each in folded["items"]) == 1500
    lines = await viewer.get(
        path, params={"step": "raw"}, headers={"accept": "application/x-ndjson"}
    )
    assert len(lines.text.splitlines()) == 1500


async def test_pages_of_a_series_of_two_quantities_follow_each_other(
    viewer: httpx.AsyncClient, desk: FakeDesk
) -> None:
    both = [
        Measurement("cold", quantity, float(n), "", time_ns, time_ns)
        for n in range(5)
        for time_ns in [NOON_NS - (n + 1) * SECOND_NS]
        for quantity in ("humidity", "temperature")
    ]
    await asyncio.to_thread(desk.sightings.append, [SightingBatch(1, [], [], both)])
    query = "quantity=humidity&quantity=temperature&limit=3"
    url: str | None = f"/api/v1/sensors/cold/series?{query}"
    seen: list[tuple[str, str]] = []
    while url:
        answer = await viewer.get(url)
        seen += [(item["time"], item["quantity"]) for item in answer.json()["items"]]
        url = answer.links.get("next", {}).get("url")
    assert len(seen) == len(set(seen)) == 10
    assert seen == sorted(seen, reverse=True)


async def test_a_sensor_that_nobody_knows_is_not_found(viewer: httpx.AsyncClient) -> None:
    assert (await viewer.get("/api/v1/sensors/x/series")).status_code == 404
    answer = await viewer.get(
        "/api/v1/sensors/x/series?since=2027-01-01T00:00:00Z&until=2026-01-01T00:00:00Z"
    )
    assert answer.status_code == 422
