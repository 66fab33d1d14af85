"""The stream of limited keys: what is not theirs is not told, neither now nor on resuming."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from api.app import Api
from api.sights import Sights
from history.callers import Scope
from history.outputs import Numbered, Output, event_of
from readers.health import ReaderHealth
from tests.api.fake_gateway import NOON_NS, FakeDesk, moved
from tests.api.listening import listening, serving
from tests.api.scoped_site import (
    ALPHA,
    BETA,
    KEYS,
    PLAN,
    SCOPES,
    SEEN,
    SHELF,
    Site,
    furnish,
    limited_keys,
    marks_in,
    site,
)
from tests.history.made import alert as made_alert
from tests.history.made import raised
from zones.floorplan import FloorPlan
from zones.settings import ZoneSettings

__all__ = ["limited_keys", "site"]


@pytest.fixture
async def address(app: Api) -> AsyncIterator[str]:
    async with serving(app) as url:
        yield url


async def told_up_to(last: int, address: str, key: str, query: str) -> str:
    """Everything that a client is told until it knows all up to a number."""
    heard = ""
    async with asyncio.timeout(10), listening(address, key, query) as told:
        async for line in told._lines:
            heard += line
            if line.startswith("id: ") and int(line[4:]) >= last:
                return heard
    raise EOFError


async def test_a_stream_tells_what_is_seen_and_nothing_else(
    address: str, site: Site, limited_keys: dict[str, str], desk: FakeDesk
) -> None:
    del site
    last = desk._seq
    heard = await asyncio.gather(
        *(told_up_to(last, address, limited_keys[key], "?after=0") for key in KEYS)
    )
    for key, text in zip(KEYS, heard, strict=True):
        assert marks_in(text) == set(SEEN[key]), key


async def test_news_of_others_are_not_told(
    address: str, site: Site, limited_keys: dict[str, str], desk: FakeDesk
) -> None:
    del site
    async with listening(address, limited_keys["both"]) as told:
        _ = await told.until_id()
        await desk.happen(
            moved("code:qb2", BETA, None, 30, "asset-qb2"),
            moved("code:qb1", SHELF, None, 30, "asset-qb1"),
            moved("code:qa2", BETA, None, 30, "asset-qa2"),
            ReaderHealth(reader="ear-beta", state="offline", since_ns=NOON_NS),
            ReaderHealth(reader="ear-alpha", state="offline", since_ns=NOON_NS),
            moved("code:qa1", ALPHA, None, 30, "asset-qa1"),
        )
        _, kind, data = await told.next()
    assert (kind, marks_in(data)) == ("movement", {"qa1"})


def sees(desk: FakeDesk, scope: Scope, output: Output) -> bool:
    event = event_of(Numbered(1, output))
    assert event is not None
    return Sights(desk).sees(scope, *event)


def test_readers_are_told_to_those_who_see_a_zone_that_they_hear(desk: FakeDesk) -> None:
    furnish(desk)
    for key in KEYS:
        for name, in_zone in (("ear-alpha", True), ("ear-both", True), ("ear-beta", False)):
            health = ReaderHealth(reader=name, state="online", since_ns=NOON_NS)
            expected = key == "everything" or (key == "zones" and in_zone)
            assert sees(desk, SCOPES[key], health) == expected


def test_a_blind_zone_is_told_to_all_whose_zone_fell_with_it(desk: FakeDesk) -> None:
    furnish(desk)
    one = made_alert(asset=None)
    fell = raised(replace(one, from_zone=BETA, to_zone=BETA, zones=(BETA, ALPHA)))
    assert sees(desk, SCOPES["zones"], fell)
    assert not sees(desk, SCOPES["groups"], fell)


def test_what_is_of_no_known_kind_is_told_to_nobody_who_is_limited(desk: FakeDesk) -> None:
    furnish(desk)
    body = {"from": ALPHA, "to": ALPHA, "asset": "asset-qa1", "portal": "door-alpha", "zones": []}
    sights = Sights(desk)
    assert not sights.sees(SCOPES["zones"], "notice", body)
    assert sights.sees(Scope(), "notice", body)


def test_another_floor_plan_changes_what_is_seen_at_once(desk: FakeDesk) -> None:
    furnish(desk)
    sights = Sights(desk)
    scope = Scope(zones=(ALPHA,))
    first = sights.of(scope)
    assert sights.of(scope) is first
    desk.plan = FloorPlan(zones=[ZoneSettings(name="hall", was=ALPHA)])
    assert sights.of(scope).zones == frozenset({"hall", ALPHA})
    desk.plan = PLAN
    assert sights.of(scope).zones == frozenset({ALPHA, SHELF})
