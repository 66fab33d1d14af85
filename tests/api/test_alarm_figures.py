"""Figures of alarm management by HTTP."""

import httpx
import pytest

from api.alert_shapes import FiguresShape
from tests.api.fake_gateway import FakeDesk, raised

FIGURES = "/api/v1/alerts/figures"


async def test_the_last_day_is_told_in_the_shape_that_is_promised(
    viewer: httpx.AsyncClient, guard: httpx.AsyncClient, desk: FakeDesk
) -> None:
    await desk.happen(raised("a1", "L1"), raised("a2", "L2", "warning"))
    _ = await guard.post("/api/v1/alerts/a1/acknowledge", json={"note": "seen"})
    desk.clock = lambda: raised("a1", "L1").at_ns + 60_000_000_000
    told = (await viewer.get(FIGURES)).json()
    assert FiguresShape.model_validate(told)
    assert (told["annunciated"], told["open"], told["unacknowledged"]) == (2, 2, 1)
    assert told["acknowledgement"] == {"count": 1, "median_s": 0.0, "p90_s": 0.0}
    assert told["by_severity"] == {"critical": 1, "warning": 1, "info": 0}


async def test_an_alert_is_called_figures_only_by_its_path(viewer: httpx.AsyncClient) -> None:
    assert (await viewer.get(FIGURES)).status_code == 200
    assert (await viewer.get("/api/v1/alerts/figure")).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "since=2027-01-15T08:00:00Z",
        "since=2027-01-15T07:00:00Z&until=2027-01-15T06:00:00Z",
        "until=1969-01-01T00:00:00Z",
        "since=2020-01-01T00:00:00Z",
        "since=9999-12-31T00:00:00Z",
        "until=0001-01-01T00:00:00Z",
        "since=x",
        "rule=x",
    ],
)
async def test_a_span_that_is_none_is_refused(query: str, viewer: httpx.AsyncClient) -> None:
    assert (await viewer.get(f"{FIGURES}?{query}")).status_code == 422
