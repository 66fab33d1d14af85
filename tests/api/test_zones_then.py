"""Zones as they were: what the plan looked like when something happened."""

from datetime import UTC, datetime
from pathlib import Path

import httpx

from tests.api.sited import sited

WIDER = [[0, 0], [50, 0], [50, 40], [0, 40]]


async def widths(client: httpx.AsyncClient, **asked: str) -> dict[str, float]:
    """How far east each zone goes."""
    answer = await client.get("/zones", params=asked)
    assert answer.status_code == 200, answer.text
    return {
        zone["name"]: max(corner[0] for corner in zone["polygon"])
        for zone in answer.json()["items"]
    }


async def test_zones_are_told_as_they_were(tmp_path: Path) -> None:
    async with sited(tmp_path) as at:
        assert await widths(at.viewer) == {"hall": 40, "gate": 46}
        before = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        changed = await at.change("PATCH", "/zones/hall", json={"polygon": WIDER})
        assert changed.status_code == 200, changed.text
        assert await widths(at.viewer) == {"hall": 50, "gate": 46}
        assert await widths(at.viewer, as_of=before) == {"hall": 40, "gate": 46}
        for long_ago in ("2020-01-01T00:00:00Z", "0001-01-01T00:00:00Z"):
            assert await widths(at.viewer, as_of=long_ago) == {"hall": 40, "gate": 46}
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        assert await widths(at.viewer, as_of=now) == {"hall": 50, "gate": 46}
        drawn = await at.viewer.get(
            "/zones", params={"as_of": before}, headers={"accept": "application/geo+json"}
        )
        assert "etag" not in drawn.headers
        assert drawn.json()["features"][0]["properties"]["healthy"] is None


async def test_zones_of_the_past_are_hidden_like_those_of_now(tmp_path: Path) -> None:
    async with sited(tmp_path) as at:
        limits = {"name": "part", "role": "viewer", "zones": ["hall"]}
        key = (await at.admin.post("/keys", json=limits)).json()["key"]
        asked = {"authorization": f"Bearer {key}"}
        for as_of in ({}, {"as_of": "2020-01-01T00:00:00Z"}):
            answer = await at.viewer.get("/zones", params=as_of, headers=asked)
            assert [zone["name"] for zone in answer.json()["items"]] == ["hall"]


async def test_zones_of_a_site_file_that_nobody_can_read_any_more_are_refused(
    tmp_path: Path,
) -> None:
    """What was valid may not be so for a later version of the gateway."""
    async with sited(tmp_path) as at:
        assert (await at.change("PATCH", "/zones/hall", json={"polygon": WIDER})).is_success
        altered = await at.gateway.collector.transact(
            lambda db: db.execute("UPDATE site_versions SET text = text || 'gone: 1'").rowcount
        )
        assert altered == 2
        answer = await at.viewer.get("/zones", params={"as_of": "2020-01-01T00:00:00Z"})
        assert answer.status_code == 409
        assert "gone" in answer.json()["detail"]
        assert (await at.viewer.get("/zones")).status_code == 200


async def test_zones_of_a_time_to_come_are_refused(tmp_path: Path) -> None:
    async with sited(tmp_path) as at:
        answer = await at.viewer.get("/zones", params={"as_of": "2999-01-01T00:00:00Z"})
        assert answer.status_code == 422
