"""Keys of one zone or one group: whatever they ask, of everything else they hear nothing."""

import re
from itertools import product

import httpx

from api.routes import ROUTES
from tests.api.fake_gateway import FakeDesk, moved
from tests.api.scoped_site import (
    ALPHA,
    API,
    BETA,
    KEYS,
    LIMITED,
    MEDIA,
    SEEN,
    SHELF,
    THINGS,
    Site,
    assets_of,
    limited_keys,
    marks_in,
    sees_zone,
    site,
)

__all__ = ["limited_keys", "site"]

LATER = "2027-01-15T08:01:00Z"
EARLIER = "2027-01-15T08:00:02Z"
# Lists in which each thing stands with its mark, and lists of those that are in one zone.
LISTS = {"positions", "movements", "crossings", "alerts", "tags", "sightings"}
ASSET_LISTS = {"assets", "checkouts"}
PLACE_LISTS = {"zones/{name:name}/assets", "zones/{name:name}/visits"}
ONES = {
    "assets/{asset:name}",
    "assets/{asset:name}/position",
    "assets/{asset:name}/history",
    "assets/{asset:name}/custody",
    "alerts/{alert:name}",
    "alerts/{alert:name}/log",
    "checkouts/{checkout}",
    "tags/{tag:name}",
    "movements/{movement}",
    "crossings/{crossing}",
}
# What is about places and not about things, and what is about nothing.
PLACES = {
    "zones",
    "zones/{name:name}",
    "readers",
    "readers/{name:name}",
    "sensors",
    "sensors/{sensor:name}",
    "sensors/{sensor:name}/series",
    "ingest/{name:name}",
}
OTHERS = {"stream", "tags/unknown", "subscriptions", "subscriptions/{subscription}"}
SITE = {"floors", "floors/{name:name}", "floors/{name:name}/plan", "portals", "portals/{name:name}"}
HARMLESS = {"/", "/healthz", "/readyz", "/docs", "/openapi.json"}
CHANGES = {
    ("POST", "assets"),
    ("PUT", "assets/{asset:name}"),
    ("PATCH", "assets/{asset:name}"),
    ("DELETE", "assets/{asset:name}"),
    ("POST", "assets/patch"),
    ("POST", "assets/remove"),
    ("POST", "checkouts"),
    ("POST", "checkouts/{checkout}/check-in"),
    ("POST", "checkouts/{checkout}/revoke"),
    ("PUT", "readers/{name:name}/maintenance"),
    ("DELETE", "readers/{name:name}/maintenance"),
    ("POST", "readers/{name:name}/outputs/{port}"),
    ("POST", "readers/{name:name}/restart"),
    ("PUT", "portals/{name:name}/maintenance"),
    ("DELETE", "portals/{name:name}/maintenance"),
    ("POST", "ingest/{name:name}"),
    ("POST", "tags"),
    ("POST", "tags/unbind"),
    ("DELETE", "tags/{tag:name}"),
    ("POST", "subscriptions"),
    ("POST", "subscriptions/{subscription}/test"),
    ("POST", "subscriptions/{subscription}/rotate"),
    ("PATCH", "subscriptions/{subscription}"),
    ("DELETE", "subscriptions/{subscription}"),
    *(
        ("POST", f"alerts{of}/{verb}")
        for of in ("", "/{alert:name}")
        for verb in ("acknowledge", "reset", "shelve", "unshelve", "assign", "comment")
    ),
}


def short(path: str) -> str:
    return path.removeprefix(f"{API}/")


def test_every_route_is_closed_to_limited_callers_or_tested_here() -> None:
    scoped = [route for route in ROUTES if route.scoped]
    asked = {short(route.path) for route in scoped if route.verb == "GET"}
    tested = LISTS | ASSET_LISTS | PLACE_LISTS | ONES | PLACES | OTHERS | SITE
    assert asked - HARMLESS == tested
    assert {(route.verb, short(route.path)) for route in scoped if route.verb != "GET"} == CHANGES


async def test_a_route_that_is_not_narrowed_is_refused(site: Site, desk: FakeDesk) -> None:
    closed = [route for route in ROUTES if not route.scoped and route.right not in {"open", "self"}]
    for key, route in product(LIMITED, closed):
        path = re.sub(r"{[^}]*}", "x", re.sub(r"{\w+:int}", "1", route.path))
        answer = await site.clients[key].request(route.verb, path)
        assert answer.status_code == 403, route
        assert not marks_in(answer.text)
    for key in LIMITED:
        assert (key, f"GET {API}/quality", "operator") in desk.denials


async def test_a_list_holds_what_is_seen_and_nothing_else(site: Site) -> None:
    for key, media in product(KEYS, MEDIA):
        await _lists_hold_what_is_seen(key, media, site.clients[key])


async def _lists_hold_what_is_seen(key: str, media: str, client: httpx.AsyncClient) -> None:
    headers = {"accept": media}
    for name in sorted(LISTS | ASSET_LISTS):
        answer = await client.get(f"{API}/{name}", headers=headers)
        assert answer.status_code == 200
        assert marks_in(answer.text) == expected(key, name), name
    for name in sorted(PLACE_LISTS):
        for zone in (ALPHA, BETA):
            path = f"{API}/{name}".replace("{name:name}", zone)
            answer = await client.get(path, params=_with_inner(name), headers=headers)
            assert answer.status_code == (200 if sees_zone(key, zone) else 404)
            there = {mark for mark in SEEN[key] if THINGS[mark].zone.startswith(zone)}
            assert marks_in(answer.text) == there


def _with_inner(name: str) -> dict[str, str]:
    return {"inner": "true"} if name.endswith("visits") else {}


def expected(key: str, name: str) -> set[str]:
    return assets_of(key) if name in ASSET_LISTS else set(SEEN[key])


async def test_a_filter_opens_nothing(site: Site) -> None:
    for key in KEYS:
        await _filter(key, site)


async def _filter(key: str, site: Site) -> None:
    client = site.clients[key]
    for mark, thing in THINGS.items():
        by_asset, by_tag = {"asset": f"{thing.asset}"}, {"tag": thing.tag}
        asked = {
            "positions": [{"q": thing.tag}, {"q": mark}],
            "movements": [by_asset, by_tag, {"zone": thing.zone, **by_tag}],
            "crossings": [by_asset, by_tag],
            "tags": [by_asset, by_tag, {"q": mark}],
            "sightings": [by_tag],
            "alerts": [by_asset, {"rule": f"rule-{mark}"}, {"state": "active", **by_asset}],
            "checkouts": [by_asset, {"person": f"person-{mark}"}],
            "assets": [{"id": f"{thing.asset}"}, by_tag, {"q": mark}],
        }
        assert asked.keys() == LISTS | ASSET_LISTS
        for name, queries in asked.items():
            for params in queries:
                answer = await client.get(f"{API}/{name}", params=params)
                assert marks_in(answer.text) <= {mark} & expected(key, name), (name, params)
                found = len(answer.json()["items"])
                of_asset = "asset" not in params or thing.asset is not None
                assert found == (mark in expected(key, name) and of_asset), (name, params)


async def test_a_zone_as_a_filter_is_found_only_where_it_is_seen(site: Site) -> None:
    for key in KEYS:
        await _filter_by_zone(key, site)


async def _filter_by_zone(key: str, site: Site) -> None:
    client = site.clients[key]
    for zone in (ALPHA, SHELF, BETA):
        answer = await client.get(f"{API}/positions", params={"zone": zone})
        assert answer.status_code == (200 if sees_zone(key, zone) else 404)
        answer = await client.get(f"{API}/movements", params={"zone": zone})
        there = {mark for mark in SEEN[key] if THINGS[mark].zone == zone}
        assert marks_in(answer.text) == there


async def test_one_of_others_is_not_found(site: Site) -> None:
    for key in KEYS:
        await _ask_for_each(key, site)


async def _ask_for_each(key: str, site: Site) -> None:
    client = site.clients[key]
    moves, crossed = [await _ids_of(site, name) for name in ("movements", "crossings")]
    for mark, thing in THINGS.items():
        names = {
            "movement": moves[thing.tag],
            "crossing": crossed[thing.tag],
            "asset:name": f"{thing.asset}",
            "alert:name": f"alert-{mark}",
            "checkout": site.checkouts.get(mark, "none"),
            "tag:name": thing.tag,
        }
        for path in sorted(ONES):
            name = path
            for place, value in names.items():
                name = name.replace(f"{{{place}}}", value)
            of_assets = path.startswith(("assets", "checkouts"))
            is_there = not of_assets or thing.asset is not None
            answer = await client.get(f"{API}/{name}")
            assert answer.status_code == (200 if mark in SEEN[key] and is_there else 404), name
            assert marks_in(answer.text) <= {mark}


async def _ids_of(site: Site, name: str) -> dict[str, str]:
    """The ids in a list, by tag."""
    items = (await site.clients["everything"].get(f"{API}/{name}")).json()["items"]
    return {item["tag"]: item["id"] for item in items}


async def test_pages_are_full_and_give_no_hint_of_what_is_left_out(site: Site) -> None:
    for key in KEYS:
        await _turn_pages(key, site)


async def _turn_pages(key: str, site: Site) -> None:
    client = site.clients[key]
    for name in sorted(LISTS | ASSET_LISTS):
        found: list[str] = []
        url: str | None = f"{API}/{name}?limit=1"
        while url:
            answer = await client.get(url)
            items = answer.json()["items"]
            assert len(items) == (1 if expected(key, name) else 0)
            found += [next(iter(marks_in(str(item)))) for item in items]
            url = answer.links.get("next", {}).get("url")
        assert sorted(found) == sorted(expected(key, name))


async def test_the_past_is_narrowed_as_the_present(site: Site) -> None:
    for key in KEYS:
        await _ask_for_the_past(key, site)


async def _ask_for_the_past(key: str, site: Site) -> None:
    client = site.clients[key]
    for at, was_there in (LATER, True), (EARLIER, False):
        params = {"as_of": at}
        answer = await client.get(f"{API}/positions", params=params)
        assert marks_in(answer.text) == (set(SEEN[key]) if was_there else set())
        for zone in (ALPHA, BETA):
            answer = await client.get(f"{API}/zones/{zone}/assets", params=params)
            assert answer.status_code == (200 if sees_zone(key, zone) else 404)
            there = {mark for mark in SEEN[key] if THINGS[mark].zone.startswith(zone)}
            assert marks_in(answer.text) == (there if was_there else set())
    for mark, thing in THINGS.items():
        answer = await client.get(f"{API}/assets/{thing.asset}/position", params={"as_of": LATER})
        assert answer.status_code == (200 if mark in assets_of(key) else 404)


async def test_what_went_over_to_others_is_known_up_to_then(site: Site, desk: FakeDesk) -> None:
    zones, groups = site.clients["zones"], site.clients["groups"]
    await desk.happen(
        moved("code:qa1", ALPHA, BETA, 30, "asset-qa1"),
        moved("code:qa1", BETA, None, 40, "asset-qa1"),
    )
    position = f"{API}/assets/asset-qa1/position"
    assert (await zones.get(position)).status_code == 404
    assert (await zones.get(position, params={"as_of": "2027-01-15T08:00:20Z"})).status_code == 200
    assert (await zones.get(position, params={"as_of": "2027-01-15T08:00:35Z"})).status_code == 404
    assert (await zones.get(f"{API}/assets/asset-qa1")).status_code == 404
    assert (await groups.get(position)).json()["last_zone"] == BETA

    async def rows(client: httpx.AsyncClient, types: str) -> list[tuple[str, str | None]]:
        params = {"type": types}
        answer = await client.get(f"{API}/assets/asset-qa1/history", params=params)
        return [
            (item["type"], item.get("zone") or item.get("to")) for item in answer.json()["items"]
        ]

    theirs = [("movement", BETA), ("visit", ALPHA), ("movement", ALPHA)]
    assert await rows(zones, "movement,visit") == theirs
    assert await rows(groups, "movement,visit") == [
        ("movement", None),
        ("visit", BETA),
        *theirs,
    ]
    assert ("gap", None) not in await rows(zones, "movement,visit,gap")
    everything = await rows(site.clients["everything"], "movement,visit,gap")
    assert set(await rows(zones, "movement,visit,gap")) < set(everything)


async def test_an_asset_goes_with_its_group(site: Site, admin: httpx.AsyncClient) -> None:
    groups = site.clients["groups"]
    body = {"id": "asset-qa1", "group": "pumps", "tags": ["code:qa1"]}
    _ = (await admin.post(f"{API}/assets", json=body)).raise_for_status()
    for name in sorted(LISTS | ASSET_LISTS):
        assert marks_in((await groups.get(f"{API}/{name}")).text) == {"qa2"}
    _ = (await admin.delete(f"{API}/assets/asset-qa2")).raise_for_status()
    for name in sorted(LISTS | ASSET_LISTS):
        assert not marks_in((await groups.get(f"{API}/{name}")).text)
