"""What keys of one zone or one group see of the site: places, readers, subscribers."""

from itertools import product
from pathlib import Path

import pytest

from api.app import Api
from tests.api.fake_gateway import client_of
from tests.api.scoped_site import (
    ALPHA,
    API,
    BETA,
    KEYS,
    MEDIA,
    SCOPES,
    SHELF,
    Site,
    key_of,
    limited_keys,
    marks_in,
    sees_zone,
    site,
)

__all__ = ["limited_keys", "site"]

DOORS = {"door-alpha": ALPHA, "door-beta": BETA}
FLOORS = {"ground": ALPHA, "cellar": BETA}


@pytest.fixture
def limited_admins(state_path: Path) -> dict[str, str]:
    return {
        name: key_of(state_path, f"{name} admin", scope, "admin") for name, scope in SCOPES.items()
    }


async def test_places_are_shown_where_they_are_seen(site: Site) -> None:
    for key in KEYS:
        await _ask_for_places(key, site)


async def _ask_for_places(key: str, site: Site) -> None:
    client, scope = site.clients[key], SCOPES[key]
    zones = {zone for zone in (ALPHA, SHELF, BETA) if sees_zone(key, zone)}
    for accept in (*MEDIA, "application/geo+json"):
        answer = await client.get(f"{API}/zones", headers={"accept": accept})
        assert (BETA in answer.text) == (BETA in zones)
        assert (ALPHA in answer.text) == (ALPHA in zones)
    hearing = set() if scope.groups is not None else {"ear-alpha", "ear-both"}
    if scope.is_everything:
        hearing.add("ear-beta")
    for name in ("ear-alpha", "ear-beta", "ear-both"):
        answer = await client.get(f"{API}/readers/{name}")
        assert answer.status_code == (200 if name in hearing else 404)
    for accept in MEDIA:
        headers = {"accept": accept}
        text = (await client.get(f"{API}/readers", headers=headers)).text
        assert {name for name in ("ear-alpha", "ear-beta", "ear-both") if name in text} == hearing
        text = (await client.get(f"{API}/sensors", headers=headers)).text
        assert {name for name in ("ear-alpha", "ear-beta") if name in text} == hearing - {
            "ear-both"
        }
    for zone in (ALPHA, SHELF, BETA):
        answer = await client.get(f"{API}/zones/{zone}")
        assert answer.status_code == (200 if zone in zones else 404)
    for name in ("ear-alpha", "ear-beta"):
        for path in (f"{API}/sensors/{name}", f"{API}/sensors/{name}/series"):
            assert (await client.get(path)).status_code == (200 if name in hearing else 404)


async def test_floors_and_portals_are_shown_where_they_are_seen(site: Site) -> None:
    for key in KEYS:
        client = site.clients[key]
        zones = {zone for zone in (ALPHA, BETA) if sees_zone(key, zone)}
        for accept in MEDIA:
            headers = {"accept": accept}
            portals = (await client.get(f"{API}/portals", headers=headers)).text
            assert marks_in(portals, DOORS) == {door for door in DOORS if DOORS[door] in zones}
            floors = (await client.get(f"{API}/floors", headers=headers)).text
            assert marks_in(floors, FLOORS) == {floor for floor in FLOORS if FLOORS[floor] in zones}
        for door, zone in DOORS.items():
            answer = await client.get(f"{API}/portals/{door}")
            assert answer.status_code == (200 if zone in zones else 404)
        for floor, zone in FLOORS.items():
            answer = await client.get(f"{API}/floors/{floor}")
            assert answer.status_code == (200 if zone in zones else 404)
            plan = await client.get(f"{API}/floors/{floor}/plan")
            assert ("no floor" in plan.text) == (zone not in zones)


async def test_tags_that_nobody_knows_are_told_where_they_are_heard(site: Site) -> None:
    expected = {"zones": {"qf1"}, "everything": {"qf1", "qf2"}}
    for key, media in product(KEYS, MEDIA):
        answer = await site.clients[key].get(f"{API}/tags/unknown", headers={"accept": media})
        assert marks_in(answer.text) == expected.get(key, set())


async def test_a_subscription_is_shown_to_those_who_see_all_that_it_tells(
    app: Api, limited_admins: dict[str, str], site: Site
) -> None:
    del site
    body = {"url": "https://example.net/hook", "events": ["movement"]}
    made: dict[str, str] = {}
    for key in KEYS:
        async with client_of(app, limited_admins[key]) as client:
            answer = await client.post(f"{API}/subscriptions", json={**body, "name": key})
            made[key] = answer.raise_for_status().json()["id"]
    within = {"zones": {"both"}, "groups": {"both"}, "everything": set(KEYS)}
    for key in KEYS:
        seen = {key, "nothing"} | within.get(key, set())
        async with client_of(app, limited_admins[key]) as client:
            listed = (await client.get(f"{API}/subscriptions")).json()["items"]
            assert {item["name"] for item in listed} == seen
            for other, subscription in made.items():
                path = f"{API}/subscriptions/{subscription}"
                status = 200 if other in seen else 404
                assert (await client.get(path)).status_code == status
                assert (await client.patch(path, json={"enabled": True})).status_code == status
                if other not in seen:
                    for verb in ("test", "rotate"):
                        assert (await client.post(f"{path}/{verb}")).status_code == 404
                    assert (await client.delete(path)).status_code == 404
