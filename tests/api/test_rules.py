"""Rules that people put aside, and drills."""

import httpx
import pytest

from alerts.changes import EndDrill, ShelveRule, StartDrill
from history.outputs import AssetStored
from inventory.assets import Asset
from tests.api.fake_gateway import NOON_NS, SECOND_NS, FakeDesk

RULES = "/api/v1/rules"
RULE = f"{RULES}/laptops%20stay%20in"
DRILL = "/api/v1/drill"
REPAIR = {"for_s": 600, "reason": "door is being repaired"}


async def test_rules_are_listed_as_they_are_now(viewer: httpx.AsyncClient) -> None:
    (rule,) = (await viewer.get(RULES)).json()["items"]
    assert (rule["name"], rule["shelved_until"], rule["shelves"]) == ("laptops stay in", None, [])
    table = await viewer.get(RULES, headers={"accept": "text/csv"})
    assert table.text.startswith("name,kind,version,severity,zones,notify,")


async def test_a_rule_is_put_aside_and_taken_up_again(
    operator: httpx.AsyncClient, desk: FakeDesk
) -> None:
    aside = (await operator.post(f"{RULE}/shelve", json=REPAIR)).json()
    up = (await operator.post(f"{RULE}/unshelve")).json()
    assert aside["shelved_until"] == "2027-01-15T08:10:00.000000Z"
    assert up["shelved_until"] is None
    until_ns = NOON_NS + 600 * SECOND_NS
    shared = {"arrival_ns": NOON_NS, "by": "operator key", "rule": "laptops stay in"}
    assert desk.submitted == [
        ShelveRule(**shared, until_ns=until_ns, reason="door is being repaired"),  # type: ignore[arg-type] # of two types
        ShelveRule(**shared, until_ns=NOON_NS, reason=""),  # type: ignore[arg-type] # of two types
    ]


async def test_a_rule_is_put_aside_for_one_asset(
    operator: httpx.AsyncClient, desk: FakeDesk
) -> None:
    await desk.happen(AssetStored(Asset(id="tag:7"), NOON_NS))
    answer = await operator.post(f"{RULE}/shelve", json={**REPAIR, "asset": "tag:7"})
    assert answer.status_code == 200
    (change,) = desk.submitted
    assert isinstance(change, ShelveRule)
    assert change.subject == "asset:tag:7"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"for_s": 600}, "reason"),
        ({"for_s": 28_801, "reason": "long"}, "for_s"),
        ({"until": "2027-01-15T07:00:00Z", "reason": "past"}, "until"),
        ({**REPAIR, "asset": "nobody knows it"}, "asset"),
        ({**REPAIR, "asset": " "}, "asset"),
    ],
)
async def test_a_shelf_of_a_rule_is_refused_as_that_of_an_alert(
    body: dict[str, object], field: str, operator: httpx.AsyncClient, desk: FakeDesk
) -> None:
    answer = await operator.post(f"{RULE}/shelve", json=body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert desk.submitted == []


@pytest.mark.parametrize("verb", ["shelve", "unshelve"])
async def test_a_rule_that_there_is_not_is_not_found(
    verb: str, operator: httpx.AsyncClient
) -> None:
    body = REPAIR if verb == "shelve" else {}
    assert (await operator.post(f"{RULES}/none/{verb}", json=body)).status_code == 404


async def test_a_drill_is_begun_shown_and_ended(
    operator: httpx.AsyncClient, viewer: httpx.AsyncClient, desk: FakeDesk
) -> None:
    body = {"for_s": 1800, "reason": "monthly exit drill"}
    begun = await operator.post(DRILL, json=body)
    shown = (await viewer.get(DRILL)).json()
    assert begun.json() == shown
    assert shown == {
        "running": True,
        "since": "2027-01-15T08:00:00.000000Z",
        "until": "2027-01-15T08:30:00.000000Z",
        "by": "operator key",
        "reason": "monthly exit drill",
    }
    assert (await operator.delete(DRILL)).status_code == 204
    assert (await viewer.get(DRILL)).json()["running"] is False
    assert (await operator.delete(DRILL)).status_code == 409
    assert [type(change) for change in desk.submitted] == [StartDrill, EndDrill, EndDrill]


@pytest.mark.parametrize(
    "body",
    [{"for_s": 60}, {"for_s": 8 * 3600 + 1, "reason": "all day"}, {"reason": "for ever"}],
)
async def test_a_drill_has_a_reason_and_an_end_within_eight_hours(
    body: object, operator: httpx.AsyncClient
) -> None:
    assert (await operator.post(DRILL, json=body)).status_code == 422


async def test_guards_hold_no_drills_and_put_no_rule_aside(guard: httpx.AsyncClient) -> None:
    assert (await guard.post(DRILL, json=REPAIR)).status_code == 403
    assert (await guard.post(f"{RULE}/shelve", json=REPAIR)).status_code == 403
