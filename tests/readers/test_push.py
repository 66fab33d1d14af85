"""The door for readers that push: nothing is answered before it is safe, nothing fills up."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping

import pytest
from pydantic import ValidationError

from readers.catalog import open_driver
from readers.driver import Batch, EndOfReadsError, ReaderLostError
from readers.payload_batch import DECODED_AT_ONCE_BYTES
from readers.push import (
    HttpDriver,
    PushRefusedError,
    PushSettings,
    ReadPush,
    Receipt,
    batch_of,
)
from readers.wire.payloads.said import Payload, Said
from tags.reads import Read

NOW_NS = 1_800_000_000_000_000_000
READ = {"tag": "e2801160", "antenna": 2}


def clock() -> int:
    return NOW_NS


def sent(body: object, query: Mapping[str, str] | None = None) -> ReadPush:
    """A push that has arrived as a whole."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()

    async def read(_bytes_max: int) -> Payload:
        return Payload(text, "handhelds", 0, query=query or {})

    return read


async def opened(**settings: object) -> HttpDriver:
    entry = {"name": "handhelds", **settings}
    driver = HttpDriver(PushSettings.model_validate(entry), clock)
    await driver.connect()
    return driver


@pytest.fixture
async def driver() -> AsyncIterator[HttpDriver]:
    driver = await opened()
    yield driver
    await driver.close()


async def fetched(driver: HttpDriver) -> Batch:
    async with asyncio.timeout(2):
        return await driver.next_batch()


def safe(batch: Batch) -> Callable[[], None]:
    assert batch.acknowledge is not None
    return batch.acknowledge


async def refusal(pushing: "asyncio.Task[Receipt]") -> str:
    with pytest.raises(PushRefusedError) as refused:
        await pushing
    return refused.value.reason


async def test_a_push_is_answered_only_once_it_is_committed(driver: HttpDriver) -> None:
    pushing = asyncio.create_task(driver.push(sent([READ, {"tag": 1}])))
    batch = await fetched(driver)
    done, _ = await asyncio.wait([pushing], timeout=0.05)
    assert not done
    safe(batch)()
    receipt = await pushing
    assert (receipt.accepted, [each.index for each in receipt.rejected]) == (1, [1])
    assert [(read.tag, read.reader, read.arrival_ns) for read in batch.reads] == [
        ("e2801160", "handhelds", NOW_NS)
    ]
    assert batch.bad == {"tag": 1}


async def test_a_client_that_hangs_up_while_it_waits_loses_nothing(driver: HttpDriver) -> None:
    pushing = asyncio.create_task(driver.push(sent(READ)))
    await asyncio.sleep(0)
    pushing.cancel()
    await asyncio.gather(pushing, return_exceptions=True)
    batch = await fetched(driver)
    assert [read.tag for read in batch.reads] == ["e2801160"]
    safe(batch)()


async def test_acknowledging_twice_does_no_harm(driver: HttpDriver) -> None:
    pushing = asyncio.create_task(driver.push(sent(READ)))
    batch = await fetched(driver)
    safe(batch)()
    safe(batch)()
    assert (await pushing).accepted == 1


async def test_pushes_are_handed_on_in_their_order(driver: HttpDriver) -> None:
    pushes = [asyncio.create_task(driver.push(sent({"tag": f"{n:04x}"}))) for n in range(20)]
    batches = [await fetched(driver) for _ in pushes]
    assert [batch.reads[0].tag for batch in batches] == [f"{n:04x}" for n in range(20)]
    for batch in batches:
        safe(batch)()
    assert {receipt.accepted for receipt in await asyncio.gather(*pushes)} == {1}


async def test_waiting_for_a_push_may_be_given_up_without_a_loss(driver: HttpDriver) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await driver.next_batch()
    pushing = asyncio.create_task(driver.push(sent(READ)))
    safe(await fetched(driver))()
    assert (await pushing).accepted == 1


async def test_a_full_house_refuses_counts_and_takes_again_once_there_is_room() -> None:
    driver = await opened(pushes_waiting_max=2)
    held = [asyncio.create_task(driver.push(sent(READ))) for _ in range(2)]
    await asyncio.sleep(0)
    for _ in range(20):
        assert await refusal(asyncio.create_task(driver.push(sent(READ)))) == "full"
    first = await fetched(driver)
    assert first.bad == {"full": 20}
    safe(first)()
    safe(await fetched(driver))()
    await asyncio.gather(*held)
    after = asyncio.create_task(driver.push(sent(READ)))
    safe(await fetched(driver))()
    assert (await after).accepted == 1
    await driver.close()


async def test_a_slow_client_holds_its_own_place_only() -> None:
    driver = await opened(pushes_waiting_max=2)
    never = asyncio.Event()

    async def drip(_bytes_max: int) -> Payload:
        await never.wait()
        raise PushRefusedError("slow", "the body took too long")

    slow = asyncio.create_task(driver.push(drip))
    await asyncio.sleep(0)
    quick = asyncio.create_task(driver.push(sent(READ)))
    safe(await fetched(driver))()
    assert (await quick).accepted == 1
    never.set()
    assert await refusal(slow) == "slow"
    assert (await fetched(driver)).bad == {"slow": 1}
    await driver.close()


async def test_a_body_may_be_as_long_as_the_entry_says() -> None:
    driver = await opened(body_bytes_max=2048)
    asked: list[int] = []

    async def read(bytes_max: int) -> Payload:
        asked.append(bytes_max)
        raise PushRefusedError("too_large", "over")

    assert await refusal(asyncio.create_task(driver.push(read))) == "too_large"
    assert asked == [2048]
    await driver.close()


async def test_what_is_thrown_away_is_counted_though_nothing_was_good(driver: HttpDriver) -> None:
    receipt = await driver.push(sent(b"{no json"))
    assert (receipt.accepted, receipt.dropped) == (0, True)
    batch = await fetched(driver)
    assert (batch.reads, batch.acknowledge) == ([], None)
    assert sum(batch.bad.values()) == 1


async def test_an_empty_push_is_refused_in_words(driver: HttpDriver) -> None:
    with pytest.raises(PushRefusedError, match="format tagwarden comes by POST with a body"):
        await driver.push(sent(b"", query={"a": "b"}))
    assert (await fetched(driver)).bad == {"empty": 1}


async def test_what_is_not_committed_in_time_is_not_promised() -> None:
    driver = await opened(answer_within_s=0.02)
    pushing = asyncio.create_task(driver.push(sent(READ)))
    batch = await fetched(driver)
    assert await refusal(pushing) == "uncommitted"
    safe(batch)()
    assert (await fetched(driver)).bad == {"uncommitted": 1}
    await driver.close()


async def test_closing_refuses_what_waits_and_answers_what_is_under_way(
    driver: HttpDriver,
) -> None:
    under_way = asyncio.create_task(driver.push(sent(READ)))
    batch = await fetched(driver)
    waiting = asyncio.create_task(driver.push(sent(READ)))
    await asyncio.sleep(0)
    await driver.close()
    assert await refusal(waiting) == "closed"
    assert await refusal(asyncio.create_task(driver.push(sent(READ)))) == "closed"
    safe(batch)()
    assert (await under_way).accepted == 1
    with pytest.raises(ReaderLostError):
        await driver.next_batch()


async def test_a_driver_that_is_not_connected_takes_nothing() -> None:
    driver = HttpDriver(PushSettings(name="handhelds"), clock)
    assert await refusal(asyncio.create_task(driver.push(sent(READ)))) == "closed"


async def test_a_long_push_says_the_same_as_short_ones(driver: HttpDriver) -> None:
    items = [{"tag": f"{n:024x}"} for n in range(2_000)]
    assert len(json.dumps(items)) > DECODED_AT_ONCE_BYTES
    pushing = asyncio.create_task(driver.push(sent(items)))
    batch = await fetched(driver)
    assert [read.tag for read in batch.reads] == [item["tag"] for item in items]
    safe(batch)()
    assert (await pushing).accepted == 2_000


async def test_a_device_behind_the_door_is_named_as_the_entry_says() -> None:
    driver = await opened(device="/hostname")
    pushing = asyncio.create_task(driver.push(sent({**READ, "hostname": "FX-1"})))
    batch = await fetched(driver)
    assert batch.reads[0].reader == "handhelds:FX-1"
    assert list(batch.devices) == ["FX-1"]
    safe(batch)()
    await pushing
    await driver.close()


def test_what_a_message_says_becomes_the_batch_of_its_link() -> None:
    said = Said(
        reads=[Read("aa", "gate:FX-1", 1, NOW_NS, NOW_NS)],
        devices=["FX-1"],
        lost={"FX-2": "last will"},
        antennas={"": {1: True}, "FX-1": {1: True, 2: False}},
        bad={"time": 1},
    )
    batch = batch_of(said, lambda: None)
    assert batch.antennas == {1: "connected"}
    assert batch.devices["FX-1"].antennas == {1: "connected", 2: "disconnected"}
    assert (batch.devices["FX-1"].lost, batch.devices["FX-2"].lost) == (None, "last will")
    assert (list(batch.devices), batch.bad) == (["FX-1", "FX-2"], {"time": 1})


def test_the_catalog_opens_the_door() -> None:
    settings = PushSettings(name="handhelds")
    driver = open_driver(settings, clock)
    assert isinstance(driver, HttpDriver)
    assert driver.passive
    assert settings.format == "tagwarden"


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"device": 2}, "JSON pointer"),
        ({"format": "morse"}, "no format 'morse'"),
        ({"tag": "/a"}, "generic"),
        ({"body_bytes_max": 1}, "1024"),
        ({"topic": "x"}, "Extra inputs"),
    ],
)
def test_an_entry_that_can_not_work_is_told_why(wrong: dict[str, object], word: str) -> None:
    with pytest.raises(ValidationError, match=word):
        PushSettings.model_validate({"name": "handhelds", "driver": "http", **wrong})


async def test_the_doctor_is_told_where_to_push_and_waits_for_nothing() -> None:
    driver = HttpDriver(PushSettings(name="hand helds"), clock)
    await driver.connect()
    [finding] = await driver.examine(60)
    assert (finding.ok, finding.detail) == (
        True,
        "opens at POST /api/v1/ingest/hand%20helds, format tagwarden",
    )
    with pytest.raises(EndOfReadsError) as end:
        await driver.next_batch()
    assert "--role ingest" in end.value.remedy
    await driver.close()


async def test_what_is_decoded_while_the_door_shuts_is_refused(driver: HttpDriver) -> None:
    async def read(_bytes_max: int) -> Payload:
        await driver.close()
        return Payload(json.dumps(READ).encode(), "handhelds", 0)

    assert await refusal(asyncio.create_task(driver.push(read))) == "closed"
