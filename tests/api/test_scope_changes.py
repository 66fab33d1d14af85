"""What limited keys may change: what they see, and of assets those of their groups."""

from itertools import product
from typing import Any

from api.limited_desk import PASSED, LimitedDesk
from tests.api.fake_gateway import FakeDesk
from tests.api.scoped_site import API, KEYS, SEEN, THINGS, Site, assets_of, limited_keys, site

__all__ = ["limited_keys", "site"]

WHILE = {"for_s": 60, "reason": "new cable"}
VERBS: dict[str, dict[str, Any]] = {
    "acknowledge": {"note": "seen"},
    "comment": {"text": "hm"},
    "assign": {"to": "ann"},
    "shelve": WHILE,
    "unshelve": {},
    "reset": {},
}


async def test_an_alert_of_others_is_not_there_to_be_handled(site: Site, desk: FakeDesk) -> None:
    for key, mark, verb in product(KEYS, THINGS, VERBS):
        before = desk.alerts.known[f"alert-{mark}"]
        path = f"{API}/alerts/alert-{mark}/{verb}"
        answer = await site.clients[key].post(path, json=VERBS[verb])
        assert (answer.status_code == 404) == (mark not in SEEN[key]), (key, mark, verb)
        if mark not in SEEN[key]:
            assert desk.alerts.known[f"alert-{mark}"] is before


async def test_several_alerts_are_handled_as_far_as_they_are_seen(
    site: Site, desk: FakeDesk
) -> None:
    body = {"ids": [f"alert-{mark}" for mark in THINGS], "note": "seen"}
    _ = await site.clients["zones"].post(f"{API}/alerts/acknowledge", json=body)
    taken = {mark for mark in THINGS if desk.alerts.known[f"alert-{mark}"].acknowledged is not None}
    assert taken == SEEN["zones"]


async def test_assets_are_edited_within_the_groups(site: Site) -> None:
    groups, path = site.clients["groups"], f"{API}/assets/asset-qa1"
    mine = {"name": "drill", "group": "laptops", "tags": ["code:qa1"]}
    assert (await groups.put(path, json=mine)).status_code == 200
    assert (await groups.patch(path, json={"name": "saw"})).status_code == 200
    assert (await groups.put(f"{API}/assets/new", json={"group": "laptops"})).status_code == 201
    assert (await groups.delete(f"{API}/assets/new")).status_code == 204


async def test_no_asset_leaves_or_joins_the_groups_by_those_who_see_no_others(
    site: Site, desk: FakeDesk
) -> None:
    groups = site.clients["groups"]
    before = dict(desk.register.state.assets)
    theirs = f"{API}/assets/asset-qb1"
    assert (await groups.put(theirs, json={"group": "laptops"})).status_code == 404
    assert (await groups.patch(theirs, json={"group": "laptops"})).status_code == 404
    assert (await groups.delete(theirs)).status_code == 404
    mine = f"{API}/assets/asset-qa1"
    assert (await groups.patch(mine, json={"group": "pumps"})).status_code == 403
    assert (await groups.put(f"{API}/assets/new", json={"group": "pumps"})).status_code == 403
    rows = [{"id": "n1", "group": "laptops"}, {"id": "n2"}]
    refused = await groups.post(f"{API}/assets", json=rows)
    assert (refused.status_code, refused.json()["errors"][0]["row"]) == (403, 2)
    table = "id,group\nasset-qb1,laptops\n"
    for query in ("", "?dry_run=true"):
        answer = await groups.post(
            f"{API}/assets{query}", content=table, headers={"content-type": "text/csv"}
        )
        assert answer.status_code == 404
    assert desk.register.state.assets == before


async def test_a_tag_of_others_is_not_taken_and_not_told_whose_it_is(
    site: Site, desk: FakeDesk
) -> None:
    before = dict(desk.register.state.assets)
    for query in ("", "?rebind=true"):
        answer = await site.clients["groups"].put(
            f"{API}/assets/asset-qa1{query}", json={"group": "laptops", "tags": ["code:qb1"]}
        )
        assert answer.status_code == 409
        assert "asset-qb1" not in answer.text
    assert desk.register.state.assets == before


async def test_who_is_limited_to_zones_edits_no_assets(site: Site) -> None:
    for key in ("zones", "both"):
        client, path = site.clients[key], f"{API}/assets/asset-qa1"
        mine = {"group": "laptops", "tags": ["code:qa1"]}
        assert (await client.put(path, json=mine)).status_code == 403
        assert (await client.patch(path, json={"name": "saw"})).status_code == 403
        assert (await client.delete(path)).status_code == 403
        bound = {"tag": "code:qf1", "asset": "asset-qa1"}
        assert (await client.post(f"{API}/tags", json=bound)).status_code == 403
        assert (await client.delete(f"{API}/tags/code:qa1")).status_code == 403


async def test_tags_are_bound_and_taken_off_within_the_groups(site: Site, desk: FakeDesk) -> None:
    groups = site.clients["groups"]
    free, taken = {"tag": "code:qf1"}, {"tag": "code:qb1"}
    bind = f"{API}/tags?rebind=true"
    before = dict(desk.register.state.assets)
    assert (await groups.post(bind, json={**free, "asset": "asset-qb1"})).status_code == 404
    assert (await groups.post(bind, json={**taken, "asset": "asset-qa1"})).status_code == 409
    assert (await groups.delete(f"{API}/tags/code:qb1")).status_code == 404
    several = await groups.post(f"{API}/tags/unbind", json={"ids": ["code:qb1", "code:qb2"]})
    assert "asset" not in several.text.replace("No asset", "")
    assert desk.register.state.assets == before
    assert (await groups.post(bind, json={**free, "asset": "asset-qa1"})).status_code == 200
    assert (await groups.delete(f"{API}/tags/code:qf1")).status_code == 204


async def test_check_outs_are_made_and_ended_for_what_is_seen(site: Site, desk: FakeDesk) -> None:
    for key in KEYS:
        client = site.clients[key]
        for mark, checkout in site.checkouts.items():
            desk.submitted.clear()
            expected = mark in assets_of(key)
            body = {"asset": THINGS[mark].asset, "person": "ann", "for_s": 60}
            made = await client.post(f"{API}/checkouts", json=body)
            assert (made.status_code == 201) == expected, (key, mark)
            assert made.status_code in {201, 422}
            if not expected:
                for verb, sent in (("check-in", {}), ("revoke", {"reason": "lost"})):
                    path = f"{API}/checkouts/{checkout}/{verb}"
                    assert (await client.post(path, json=sent)).status_code == 404
                assert desk.submitted == []


async def test_groups_are_checked_out_by_those_who_see_them_whole(site: Site) -> None:
    for key, what, status in (
        ("groups", {"group": "laptops"}, 201),
        ("groups", {"group": "pumps"}, 422),
        ("groups", {"category": "tools"}, 403),
        ("zones", {"group": "laptops"}, 403),
        ("zones", {"category": "tools"}, 403),
        ("both", {"group": "laptops"}, 403),
    ):
        body = {**what, "person": "ann", "for_s": 60}
        answer = await site.clients[key].post(f"{API}/checkouts", json=body)
        assert answer.status_code == status, (key, what)


async def test_a_reader_is_worked_on_by_those_who_see_all_that_it_hears(
    site: Site, desk: FakeDesk
) -> None:
    expected = {"ear-alpha": 204, "ear-both": 403, "ear-beta": 404}
    for reader, status in expected.items():
        path = f"{API}/readers/{reader}/outputs/1"
        answer = await site.clients["zones"].post(path, json={"on": False})
        assert answer.status_code == status
        answer = await site.clients["groups"].post(path, json={"on": False})
        assert answer.status_code == 404
    assert [reader for reader, *_ in desk.outputs] == ["ear-alpha"]
    for reader, status in expected.items():
        path = f"{API}/readers/{reader}/maintenance"
        answer = await site.clients["zones"].put(path, json=WHILE)
        assert answer.status_code == (200 if status == 204 else status)
        assert (await site.clients["groups"].put(path, json=WHILE)).status_code == 404
        answer = await site.clients["zones"].delete(path)
        assert answer.status_code == status


async def test_a_reader_is_started_anew_by_those_who_see_all_that_it_hears(
    site: Site, desk: FakeDesk
) -> None:
    for reader, status in {"ear-alpha": 200, "ear-both": 403, "ear-beta": 404}.items():
        path = f"{API}/readers/{reader}/restart"
        assert (await site.clients["zones"].post(path)).status_code == status
        assert (await site.clients["groups"].post(path)).status_code == 404
    assert [reader for reader, _ in desk.restarts] == ["ear-alpha"]


async def test_a_portal_is_worked_on_by_those_who_see_both_sides(site: Site) -> None:
    zones = site.clients["zones"]
    answer = await zones.put(f"{API}/portals/door-alpha/maintenance", json=WHILE)
    assert (answer.status_code, answer.json()["target"]) == (200, "door-alpha")
    assert (await zones.put(f"{API}/portals/door-beta/maintenance", json=WHILE)).status_code == 404
    assert (await zones.put(f"{API}/portals/no-door/maintenance", json=WHILE)).status_code == 404
    for key in ("groups", "both", "nothing"):
        path = f"{API}/portals/door-alpha/maintenance"
        assert (await site.clients[key].put(path, json=WHILE)).status_code == 404


async def test_reads_are_pushed_by_readers_of_the_zones(site: Site, desk: FakeDesk) -> None:
    read = {"tag": "e2801160", "antenna": 1}
    for reader, status in (("ear-alpha", 200), ("ear-beta", 404)):
        answer = await site.clients["zones"].post(f"{API}/ingest/{reader}", json=read)
        assert answer.status_code == status
        answer = await site.clients["groups"].post(f"{API}/ingest/{reader}", json=read)
        assert answer.status_code == 404
    assert len(desk.pushed) == 1


def test_what_a_desk_can_do_is_narrowed_or_refused_unless_it_is_named_as_harmless() -> None:
    narrowed = {name for name in vars(LimitedDesk) if not name.startswith("_")}
    assert not narrowed & PASSED
    assert {"submit", "check", "zones", "readers", "sensors", "maintenance"} <= narrowed
    assert {"ingest", "switch_output"} <= narrowed


async def test_the_first_answer_is_told_again_to_the_same_key_only(site: Site) -> None:
    headers = {"idempotency-key": "once"}
    path, body = f"{API}/alerts/alert-qa1/comment", {"text": "hm"}
    mine = await site.clients["zones"].post(path, json=body, headers=headers)
    other = await site.clients["nothing"].post(path, json=body, headers=headers)
    assert (mine.status_code, other.status_code) == (200, 404)
