"""Check-outs over HTTP: opened, checked in, revoked, listed; and who has an asset."""

import csv
import io
from typing import Any

import httpx
from pydantic import TypeAdapter

from alerts.alert import Event
from api.custody_shapes import CheckoutShape, CustodyShape, FullCheckoutShape
from api.shapes import Items
from history.outputs import AssetStored
from inventory.assets import Asset
from inventory.changes import CheckIn, CheckOut, RevokeCheckOut
from tests.api.fake_gateway import NOON_NS, SECOND_NS, FakeDesk, moved

CHECKOUTS = "/api/v1/checkouts"
BODY: dict[str, Any] = {"person": "bob", "category": "laptop", "for_s": 600}


async def opened(guard: httpx.AsyncClient, **changes: object) -> dict[str, Any]:
    answer = await guard.post(CHECKOUTS, json=BODY | changes)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def left(checkout: str, seconds: float = 60, asset: str = "L1") -> Event:
    time_ns = NOON_NS + int(seconds * SECOND_NS)
    return Event(
        id=f"{checkout} {asset} {seconds}",
        kind="authorised_exit",
        time_ns=time_ns,
        at_ns=time_ns,
        asset=asset,
        tag="e2801160",
        from_zone="hall",
        to_zone="gate",
        reference=checkout,
    )


async def test_a_check_out_says_what_leaves_with_whom(
    guard: httpx.AsyncClient, desk: FakeDesk
) -> None:
    found = await opened(
        guard,
        **{"from": "2027-01-15T09:00:00+01:00"},
        return_by="2027-01-16T08:00:00Z",
        grace_s=300,
        gates=["dock door/left"],
        note="for the fair",
    )
    [change] = desk.submitted
    assert change == CheckOut(
        arrival_ns=NOON_NS,
        by="guard key",
        id=found["id"],
        person="bob",
        from_ns=NOON_NS,
        until_ns=NOON_NS + 600 * SECOND_NS,
        category="laptop",
        gates=("dock door/left",),
        grace_s=300.0,
        return_by_ns=NOON_NS + 86_400 * SECOND_NS,
        note="for the fair",
    )
    assert (found["state"], found["person"], found["category"]) == ("open", "bob", "laptop")
    assert (found["asset"], found["group"], found["out"], found["stays"]) == (None, None, 0, [])
    assert found["due"] == "2027-01-16T08:05:00.000000Z"
    assert found["opened"] == {"by": "guard key", "at": "2027-01-15T08:00:00.000000Z"}


async def test_it_holds_from_now_on_unless_it_says_otherwise(guard: httpx.AsyncClient) -> None:
    found = await opened(guard)
    assert found["from"] == "2027-01-15T08:00:00.000000Z"
    assert found["until"] == "2027-01-15T08:10:00.000000Z"


WRONG: tuple[tuple[dict[str, object], str], ...] = (
    ({"person": None}, "person"),
    ({"person": " "}, "person"),
    ({"person": "b\nob"}, "person"),
    ({"asset": "L1"}, "asset"),
    ({"category": None}, "asset"),
    ({"category": None, "asset": "L9"}, "asset"),
    ({"for_s": None}, "until"),
    ({"until": "2027-01-15T09:00:00Z"}, "until"),
    ({"for_s": None, "until": "2027-01-15T07:00:00Z"}, "until"),
    ({"for_s": None, "until": "tomorrow"}, "until"),
    ({"for_s": None, "until": "9999-12-31T23:59:59Z"}, "until"),
    ({"from": "0001-01-01T00:00:00Z"}, "from"),
    ({"from": "2027-01-14T08:00:00Z"}, "for_s"),
    ({"for_s": 0}, "for_s"),
    ({"for_s": 1e300}, "for_s"),
    ({"return_by": "2027-01-15T07:00:00Z"}, "return_by"),
    ({"grace_s": 86_401}, "grace_s"),
    ({"grace_s": -1}, "grace_s"),
    ({"zones": ["nowhere"]}, "zones"),
    ({"gates": ["nowhere"]}, "gates"),
    ({"gates": "dock door/left"}, "gates"),
    ({"gates": ["x"] * 101}, "gates"),
    ({"note": "x" * 2001}, "note"),
    ({"colour": "red"}, "colour"),
)


async def test_what_is_wrong_is_said_by_field(guard: httpx.AsyncClient) -> None:
    for changes, field in WRONG:
        answer = await guard.post(CHECKOUTS, json=BODY | changes)
        assert answer.status_code == 422, (changes, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert (await guard.get(CHECKOUTS)).json()["items"] == []


async def test_the_same_request_under_the_same_key_is_done_once(guard: httpx.AsyncClient) -> None:
    headers = {"idempotency-key": "k1"}
    first = await guard.post(CHECKOUTS, json=BODY, headers=headers)
    again = await guard.post(CHECKOUTS, json=BODY, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert len((await guard.get(CHECKOUTS)).json()["items"]) == 1
    other = await guard.post(CHECKOUTS, json=BODY | {"person": "eve"}, headers=headers)
    assert other.status_code == 422


async def test_checking_in_ends_it_once(guard: httpx.AsyncClient, desk: FakeDesk) -> None:
    checkout = (await opened(guard))["id"]
    answer = await guard.post(f"{CHECKOUTS}/{checkout}/check-in", json={"note": "all there"})
    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["closed"]["why"]) == ("returned", "all there")
    assert desk.submitted[1] == CheckIn(
        arrival_ns=NOON_NS, by="guard key", id=checkout, note="all there"
    )
    again = await guard.post(f"{CHECKOUTS}/{checkout}/check-in")
    assert again.status_code == 409
    assert "is returned already" in again.json()["detail"]


async def test_revoking_needs_a_reason(guard: httpx.AsyncClient, desk: FakeDesk) -> None:
    checkout = (await opened(guard))["id"]
    for body in ({}, {"reason": " "}):
        answer = await guard.post(f"{CHECKOUTS}/{checkout}/revoke", json=body)
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == ["reason"]
    answer = await guard.post(f"{CHECKOUTS}/{checkout}/revoke", json={"reason": "badge lost"})
    assert (answer.status_code, answer.json()["state"]) == (200, "revoked")
    assert desk.submitted[1] == RevokeCheckOut(
        arrival_ns=NOON_NS, by="guard key", id=checkout, reason="badge lost"
    )


async def test_a_check_out_that_there_is_not_is_not_found(guard: httpx.AsyncClient) -> None:
    path = f"{CHECKOUTS}/none"
    answers = [
        await guard.get(path),
        await guard.post(f"{path}/check-in"),
        await guard.post(f"{path}/revoke", json={"reason": "x"}),
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert all("no check-out 'none'" in answer.json()["detail"] for answer in answers)


async def test_what_the_book_forgot_is_still_closed(
    guard: httpx.AsyncClient, desk: FakeDesk
) -> None:
    checkout = (await opened(guard))["id"]
    await guard.post(f"{CHECKOUTS}/{checkout}/check-in")
    desk.forget_checkouts()
    answer = await guard.post(f"{CHECKOUTS}/{checkout}/revoke", json={"reason": "x"})
    assert answer.status_code == 409
    assert "is returned already" in answer.json()["detail"]


async def test_viewers_look_and_guards_write(
    viewer: httpx.AsyncClient, guard: httpx.AsyncClient
) -> None:
    checkout = (await opened(guard))["id"]
    for path, body in (
        (CHECKOUTS, BODY),
        (f"{CHECKOUTS}/{checkout}/check-in", {}),
        (f"{CHECKOUTS}/{checkout}/revoke", {"reason": "x"}),
    ):
        assert (await viewer.post(path, json=body)).status_code == 403
    assert (await viewer.get(CHECKOUTS)).status_code == 200
    assert (await viewer.get(f"{CHECKOUTS}/{checkout}")).json()["id"] == checkout


async def test_the_list_has_pages_filters_and_csv(guard: httpx.AsyncClient, desk: FakeDesk) -> None:
    await desk.happen(AssetStored(Asset(id="L1", category="laptop"), NOON_NS))
    made = [(await opened(guard, person=person))["id"] for person in ("bob", "=eve()", "bob")]
    await guard.post(f"{CHECKOUTS}/{made[0]}/check-in")
    await desk.happen(left(made[1]))

    async def listed(query: str) -> list[str]:
        answer = await guard.get(f"{CHECKOUTS}?{query}")
        assert answer.status_code == 200, answer.text
        return [row["id"] for row in answer.json()["items"]]

    assert await listed("") == made[::-1]
    assert await listed("sort=seq&person=bob") == [made[0], made[2]]
    assert await listed("asset=L1") == [made[1]]
    assert await listed("state=active") == [made[2], made[1]]
    assert await listed("state=returned&state=revoked") == [made[0]]
    assert await listed("since=2027-01-15T08:00:00.000001Z") == []
    first = await guard.get(f"{CHECKOUTS}?limit=2")
    following = await guard.get(first.links["next"]["url"])
    assert [row["id"] for row in following.json()["items"]] == [made[0]]
    assert (await guard.get(f"{CHECKOUTS}?state=lost")).status_code == 422
    table = await guard.get(CHECKOUTS, headers={"accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [(row["id"], row["person"], row["out"]) for row in rows] == [
        (made[2], "bob", "0"),
        (made[1], "'=eve()", "1"),
        (made[0], "bob", "0"),
    ]


async def test_custody_says_who_has_an_asset_and_who_had_it(
    guard: httpx.AsyncClient, desk: FakeDesk
) -> None:
    await desk.happen(AssetStored(Asset(id="a/L1", category="laptop"), NOON_NS))
    path = "/api/v1/assets/a/L1/custody"
    nobody = (await guard.get(path)).json()
    assert nobody == {"asset": "a/L1", "out": None, "checkouts": [], "past": []}
    checkout = (await opened(guard))["id"]
    await desk.happen(left(checkout, asset="a/L1"))
    found = (await guard.get(path)).json()
    assert (found["out"]["person"], found["out"]["checkout"]) == ("bob", checkout)
    assert [row["id"] for row in found["checkouts"]] == [checkout]
    await guard.post(f"{CHECKOUTS}/{checkout}/check-in")
    found = (await guard.get(path)).json()
    assert (found["out"], found["checkouts"]) == (None, [])
    assert [(stay["person"], stay["how"]) for stay in found["past"]] == [("bob", "returned")]
    assert (await guard.get("/api/v1/assets/L9/custody")).status_code == 404


async def test_what_is_checked_out_does_not_matter_to_where_it_is(
    guard: httpx.AsyncClient, desk: FakeDesk
) -> None:
    await desk.happen(AssetStored(Asset(id="L1", category="laptop"), NOON_NS))
    await desk.happen(moved("e2801160", None, "gate", 1, "L1"))
    _ = await opened(guard)
    assert (await guard.get("/api/v1/assets/L1/position")).json()["zone"] == "gate"


async def test_answers_have_the_shapes_of_the_schema(
    guard: httpx.AsyncClient, desk: FakeDesk
) -> None:
    await desk.happen(AssetStored(Asset(id="L1", category="laptop"), NOON_NS))
    first, second = [(await opened(guard))["id"] for _ in range(2)]
    await desk.happen(left(first))
    await guard.post(f"{CHECKOUTS}/{first}/check-in")
    await desk.happen(left(second))
    for path, shape in (
        (f"{CHECKOUTS}/{first}", FullCheckoutShape),
        (f"{CHECKOUTS}/{second}", FullCheckoutShape),
        (CHECKOUTS, Items[CheckoutShape]),
        ("/api/v1/assets/L1/custody", CustodyShape),
    ):
        answer = await guard.get(path)
        _ = TypeAdapter(shape).validate_json(answer.content, strict=False)
