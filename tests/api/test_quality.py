"""GET quality: what an hour of sightings says about antennas and tags, and how much it may be."""

import asyncio
from collections.abc import Iterable
from typing import Any

import httpx
import pytest

import api.quality
from history.sightings import SightingBatch, fold_sightings
from readers.health import ReaderHealth
from readers.settings import AntennaSettings, ReaderSettings
from tags.reads import Read
from tags.times import format_time, parse_time
from tests.api.fake_gateway import NOON_NS, SECOND_NS, FakeDesk
from zones.floorplan import FloorPlan
from zones.settings import ZoneSettings

QUALITY = "/api/v1/quality"
TAG, OTHER = "3034257bf400b7800004cb2f", "3034257bf400b7800004cb30"
PLAN = FloorPlan(
    [ZoneSettings(name="hall"), ZoneSettings(name="yard")],
    [
        ReaderSettings(
            name="dock",
            driver="llrp",
            antennas={
                1: AntennaSettings(zone="hall"),
                2: AntennaSettings(zone="yard"),
                3: AntennaSettings(zone="yard"),
            },
        ),
        ReaderSettings(name="gate", driver="llrp", antennas={1: AntennaSettings(zone="yard")}),
    ],
)


def reads(
    tag: str, antenna: int, ages_s: Iterable[float], rssi_dbm: float = -50.0, reader: str = "dock"
) -> list[Read]:
    """Reads so many seconds before now."""
    times = [NOON_NS - int(age_s * SECOND_NS) for age_s in ages_s]
    return [Read(tag, reader, antenna, time_ns, time_ns, rssi_dbm) for time_ns in times]


@pytest.fixture
def heard(desk: FakeDesk) -> FakeDesk:
    """Ten minutes: a tag in the hall, which the yard overhears; another one once; no antenna 3."""
    desk.plan = PLAN
    desk.health = [
        ReaderHealth(reader=name, state="online", since_ns=NOON_NS - 900 * SECOND_NS)
        for name in ("dock", "gate")
    ]
    found = [
        *reads(TAG, 1, range(1, 600, 5)),
        *reads(TAG, 2, range(1, 600, 10), -61.5),
        *reads(OTHER, 1, [300], -70.0, reader="gate"),
        *reads(OTHER, 2, range(4_000, 5_000), -40.0),
    ]
    desk.sightings.append([SightingBatch(1, fold_sightings(found, lambda read: read.time_ns))])
    return desk


async def told(client: httpx.AsyncClient, **asked: str | int) -> dict[str, Any]:
    answer = await client.get(QUALITY, params=asked)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_the_last_hour_is_told_in_sections(
    heard: FakeDesk, viewer: httpx.AsyncClient
) -> None:
    del heard
    body = await told(viewer)
    assert body["since"] == format_time(NOON_NS - 3600 * SECOND_NS)
    assert body["until"] == format_time(NOON_NS)
    assert (body["shortened"], body["epoch_s"]) == (False, 5.0)
    assert (body["reads"], body["tags"], body["reads_left_out"]) == (181, 2, 0)
    points = {(each["reader"], each["antenna"]): each for each in body["read_points"]}
    assert list(points) == [("dock", 1), ("dock", 2), ("gate", 1)]
    assert points["dock", 1]["read_share"] == 1.0
    assert points["dock", 2]["read_share"] == pytest.approx(0.5, abs=0.05)
    assert points["dock", 2]["rssi_dbm_mean"] == -61.5
    assert (points["dock", 2]["overhears"], points["dock", 2]["louder_in"]) == (True, "hall")
    (pair,) = body["cross_reads"]
    assert (pair["louder"], pair["quieter"], pair["margin_db"]) == ("hall", "yard", 11.5)
    assert pair["share"] == pytest.approx(0.5, abs=0.05)
    (blind,) = body["blind"]
    assert (blind["reader"], blind["antenna"], blind["reason"]) == ("dock", 3, "never_heard")
    (ghost,) = body["ghosts"]
    assert (ghost["tag"], ghost["reasons"]) == (OTHER, ["single read"])
    (tag,) = body["worst_tags"]
    assert (tag["tag"], tag["zone"], tag["read_share"]) == (TAG, "hall", 1.0)
    assert [each["antenna"] for each in tag["points"]] == [1, 2]


async def test_a_reader_and_a_tag_narrow_it_down(
    heard: FakeDesk, viewer: httpx.AsyncClient
) -> None:
    heard.health[1:] = [ReaderHealth(reader="gate", state="offline", since_ns=NOON_NS)]
    of_reader = await told(viewer, reader="gate")
    assert of_reader["reads"] == 1
    assert [(each["reader"], each["reason"]) for each in of_reader["blind"]] == [
        ("gate", "reader_down")
    ]
    of_tag = await told(viewer, tag=TAG.upper())
    assert (of_tag["reads"], of_tag["tags"], of_tag["blind"]) == (180, 1, [])
    assert (await told(viewer, reader="nobody"))["read_points"] == []


async def test_a_span_in_the_past_says_nothing_about_the_health_of_then(
    heard: FakeDesk, viewer: httpx.AsyncClient
) -> None:
    heard.health[0] = ReaderHealth(reader="dock", state="offline", since_ns=NOON_NS)
    until = format_time(NOON_NS - 3_900 * SECOND_NS)
    body = await told(viewer, until=until)
    assert body["until"] == until
    assert body["reads"] == 1_000
    assert {(each["reader"], each["antenna"]): each["reason"] for each in body["blind"]} == {
        ("dock", 1): "never_heard",
        ("dock", 3): "never_heard",
        ("gate", 1): "reader_down",
    }


async def test_the_last_hour_is_shortened_openly_to_what_one_answer_holds(
    heard: FakeDesk, viewer: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    del heard
    monkeypatch.setattr(api.quality, "SIGHTINGS_MAX", 100)
    body = await told(viewer)
    assert body["shortened"] is True
    assert parse_time(body["since"]) > NOON_NS - 600 * SECOND_NS
    assert body["reads"] == sum(each["reads"] for each in body["read_points"])
    assert 90 <= body["reads"] <= 101


async def test_a_span_that_is_too_much_is_refused_with_one_that_fits(
    heard: FakeDesk, viewer: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    del heard
    monkeypatch.setattr(api.quality, "SIGHTINGS_MAX", 100)
    since = format_time(NOON_NS - 600 * SECOND_NS)
    answer = await viewer.get(QUALITY, params={"since": since})
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == "since"
    fits = error["message"].partition("since=")[2].partition(",")[0]
    assert (await told(viewer, since=fits))["shortened"] is False


async def test_what_no_span_can_make_fit_is_refused_too(
    heard: FakeDesk, viewer: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    del heard
    monkeypatch.setattr(api.quality, "SIGHTINGS_MAX", 0)
    answer = await viewer.get(QUALITY)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["message"].endswith("ask for one reader")


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"since": "2027-01-15T08:00:00Z", "until": "2027-01-15T08:00:00Z"}, "since"),
        ({"until": "0001-01-01T00:00:00Z"}, "since"),
        ({"since": "yesterday"}, "since"),
        ({"limit": "0"}, "limit"),
        ({"antenna": "1"}, "antenna"),
        ({"tag": "no tag"}, "tag"),
    ],
)
async def test_what_is_no_span_or_filter_is_refused_by_field(
    asked: dict[str, str], field: str, viewer: httpx.AsyncClient
) -> None:
    answer = await viewer.get(QUALITY, params=asked)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_lists_are_as_long_as_asked_for_and_say_what_is_left(
    heard: FakeDesk, viewer: httpx.AsyncClient
) -> None:
    more = [read for n in range(1, 4) for read in reads(f"{TAG[:-2]}{n:02x}", 1, range(1, 300, 5))]
    batch = SightingBatch(2, fold_sightings(more, lambda read: read.time_ns))
    await asyncio.to_thread(heard.sightings.append, [batch])
    body = await told(viewer, limit=1)
    assert len(body["worst_tags"]) == 1
    assert body["omitted"] == {"worst_tags": 3, "cross_reads": 0, "ghosts": 0}


async def test_an_hour_in_which_nobody_heard_anything_is_an_empty_report(
    viewer: httpx.AsyncClient,
) -> None:
    body = await told(viewer)
    assert (body["reads"], body["first"], body["read_points"]) == (0, None, [])
    assert (body["blind"], body["worst_tags"], body["ghosts"]) == ([], [], [])


async def test_it_has_the_shape_that_the_schema_promises(
    heard: FakeDesk, viewer: httpx.AsyncClient
) -> None:
    del heard
    answer = await viewer.get(QUALITY)
    shown = api.quality.QualityShape.model_validate_json(answer.content)
    assert all((shown.read_points, shown.worst_tags, shown.cross_reads, shown.blind, shown.ghosts))


async def test_it_takes_a_key(stranger: httpx.AsyncClient) -> None:
    assert (await stranger.get(QUALITY)).status_code == 401
