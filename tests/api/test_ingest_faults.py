"""What goes wrong between a reader that pushes and the gateway, over real sockets."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable

import pytest

from api.app import Api
from readers.push_settings import PushSettings
from simulators.http_pusher import FAULTS, HttpPusher, NotTakenError, fail, some_reads
from simulators.pushed_payloads import PushFormat
from tags.reads import Read
from tests.api.fake_gateway import NOON_NS, FakeDesk
from tests.api.serving import serving

TAGS = [f"e28011600000000000000{at:03x}" for at in range(7)]
HOUR_NS = 3_600_000_000_000


@pytest.fixture
async def door(app: Api) -> AsyncIterator[str]:
    async with serving(app) as url:
        yield f"{url}/api/v1/ingest/handhelds"


@pytest.fixture
async def pusher(door: str, keys: dict[str, str]) -> AsyncIterator[HttpPusher]:
    async with HttpPusher(door, keys["ingest"]) as pusher:
        yield pusher


def reads(count: int = 3) -> list[Read]:
    return some_reads(TAGS, range(count), lambda: NOON_NS)


def heard(desk: FakeDesk) -> list[str]:
    return [read.tag for batch in desk.pushed for read in batch.reads]


async def until(look: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not look():  # noqa: ASYNC110 -- what it looks at has no event
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("basic", [False, True])
async def test_what_a_reader_pushes_is_what_the_gateway_hears(
    door: str,
    keys: dict[str, str],
    desk: FakeDesk,
    *,
    packed: bool,
    basic: bool,
) -> None:
    async with HttpPusher(
        door, keys["ingest"], packed=packed, basic=basic, reads_per_push=4
    ) as pusher:
        assert await pusher.report(reads(10)) == pusher.sent == 10
    assert heard(desk) == [read.tag for read in reads(10)]
    assert [len(batch.reads) for batch in desk.pushed if batch.reads] == [4, 4, 2]


@pytest.mark.parametrize("make", ["impinj", "zebra"])
async def test_other_makes_say_the_same(
    make: PushFormat,
    door: str,
    keys: dict[str, str],
    desk: FakeDesk,
) -> None:
    desk.doors = [PushSettings(name="handhelds", format=make)]
    async with HttpPusher(door, keys["ingest"], make=make) as pusher:
        await pusher.report(reads(5))
    got = [read for batch in desk.pushed for read in batch.reads]
    assert [(r.tag, r.antenna, r.rssi_dbm, r.time_ns) for r in got] == [
        (r.tag, r.antenna, r.rssi_dbm, r.time_ns) for r in reads(5)
    ]


@pytest.mark.parametrize("fault", FAULTS)
async def test_good_reads_go_on_at_once_after_each_fault(
    fault: str,
    pusher: HttpPusher,
    desk: FakeDesk,
) -> None:
    await fail(pusher, fault, reads(1))
    await asyncio.wait_for(pusher.report(reads()), timeout=1)
    assert heard(desk)[-3:] == TAGS[:3]
    assert set(heard(desk)) <= set(TAGS)


async def test_a_body_that_is_cut_is_counted_and_gives_no_read(
    pusher: HttpPusher,
    desk: FakeDesk,
) -> None:
    await pusher.cut_in_body(reads())
    await until(lambda: any(batch.bad for batch in desk.pushed))
    assert [batch.bad for batch in desk.pushed] == [{"cut": 1}]


async def test_a_push_that_drips_is_taken_while_others_go_first(
    pusher: HttpPusher,
    door: str,
    keys: dict[str, str],
    desk: FakeDesk,
) -> None:
    dripping = asyncio.create_task(pusher.drip(reads(1), 0.003))
    async with HttpPusher(door, keys["ingest"]) as other:
        await other.report(reads(2))
        assert not dripping.done()
    assert (await dripping).status_code == 200
    assert heard(desk) == [*TAGS[:2], TAGS[0]]


async def test_a_client_that_does_not_wait_for_the_answer_loses_nothing(
    pusher: HttpPusher,
    desk: FakeDesk,
) -> None:
    desk.disk.clear()
    await pusher.leave_early(reads(), 0.3)
    assert heard(desk) == []
    desk.disk.set()
    await until(lambda: len(heard(desk)) == 3)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"\xff" + random.Random(1).randbytes(63), 400),
        (b'[{"tag":"' + b"a" * 10_000_000 + b'"}]', 413),
        (b"[" * 100_000, 400),
        (b'[{"tag":"aa","rssi_dbm":NaN}]', 400),
        (b'[{"tag":"aa","tag":"bb"}]', 400),
        (b'[{"tag":"\xff"}]', 400),
    ],
    ids=["garbage", "10 MB", "depth 100,000", "NaN", "duplicate keys", "bad UTF-8"],
)
async def test_what_no_reader_should_send_is_refused_and_counted(
    body: bytes,
    status: int,
    pusher: HttpPusher,
    desk: FakeDesk,
) -> None:
    answer = await pusher.post(body)
    assert answer.status_code == status
    assert heard(desk) == []
    await until(lambda: sum(sum(batch.bad.values()) for batch in desk.pushed) >= 1)


async def test_a_clock_that_jumps_costs_the_time_and_not_the_read(
    pusher: HttpPusher,
    desk: FakeDesk,
) -> None:
    pusher.clock_ahead_s = 3600
    await pusher.report(reads(1))
    [read] = [read for batch in desk.pushed for read in batch.reads]
    assert read.arrival_ns == NOON_NS
    assert read.time_ns in {NOON_NS, NOON_NS + HOUR_NS}


async def test_a_busy_gateway_is_sent_the_same_bytes_again(
    pusher: HttpPusher,
    desk: FakeDesk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("api.problems.RETRY_AFTER_S", 0)
    desk.journal_full = True
    pushing = asyncio.create_task(pusher.report(reads()))
    await until(lambda: pusher.busy >= 2)
    desk.journal_full = False
    assert await pushing == 3
    assert heard(desk) == TAGS[:3]


async def test_a_push_that_is_refused_for_good_is_told_to_the_reader(
    door: str,
    keys: dict[str, str],
) -> None:
    async with HttpPusher(door, keys["viewer"]) as pusher:
        with pytest.raises(NotTakenError, match="403"):
            await pusher.report(reads())


async def test_ten_times_the_rated_flood_is_taken_or_told_to_come_again(
    door: str,
    keys: dict[str, str],
    desk: FakeDesk,
) -> None:
    async with HttpPusher(door, keys["ingest"], reads_per_push=50) as pusher:
        await asyncio.gather(*(pusher.report(reads(50)) for _ in range(100)))
    assert len(heard(desk)) == pusher.sent == 5_000
