import asyncio
import logging
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from delivery.attempt import Attempt, Delivery, Sender
from delivery.settings import LogChannel
from delivery.worker import IN_FLIGHT_MAX, STORE_BACKOFF_S, wait_for
from tests.delivery.made import (
    SECRET,
    T0_NS,
    Clock,
    Counts,
    Scripted,
    Store,
    change,
    log_channel,
    state_db,
    webhook,
)
from tests.delivery.receiver import HANG, Receiver, listening, reply
from tests.delivery.running import deliverer, running, scripted


class Stuck:
    """A sender that never comes back."""

    def __init__(self) -> None:
        self.sent: list[Delivery] = []
        self.asked = asyncio.Event()

    async def send(self, delivery: Delivery, now_ns: int) -> Attempt:
        del now_ns
        self.sent.append(delivery)
        self.asked.set()
        await asyncio.Event().wait()
        raise AssertionError


async def test_a_message_is_tried_until_it_is_taken(receiver: Receiver, store: Store) -> None:
    receiver.answers = [reply(503), reply(503)]
    counts = Counts()
    await store.add(change())
    async with running(deliverer({"guards": webhook(receiver.url)}, store, counts)):
        await counts.reach(("guards", "delivered"))
    for post in receiver.posts:
        post.verify(SECRET)
    assert len({post.headers["webhook-id"] for post in receiver.posts}) == 1
    assert len({post.headers["webhook-timestamp"] for post in receiver.posts}) == 3
    assert len({post.body for post in receiver.posts}) == 1
    assert counts.seen == [("guards", "retried")] * 2 + [("guards", "delivered")]
    assert await store.rows() == [("guards", "delivered", 3)]


async def test_410_shuts_the_channel_until_the_site_file_changes(
    receiver: Receiver, store: Store
) -> None:
    receiver.answers = [reply(410)]
    counts, clock, channels = Counts(), Clock(T0_NS), {"guards": webhook(receiver.url)}
    one = deliverer(channels, store, counts, clock)
    await store.add(change("a1"))
    async with running(one):
        await counts.reach(("guards", "disabled"))
        assert one.disabled == {"guards": "answered 410: it wants no more messages"}
        await store.add(change("a1", 2), change("a2"))
        clock.called_for.clear()
        one.wake()
        await clock.called_for.wait()
        assert (await store.rows())[1:] == [("guards", "waiting", 0)] * 2
        one.update_channels(channels)
        assert one.disabled == {}
        await counts.reach(*[("guards", "delivered")] * 2)
    assert (await store.rows())[0] == ("guards", "dead", 1)
    assert len(receiver.posts) == 3


async def test_a_channel_that_was_shut_gets_nothing(store: Store) -> None:
    shut, marker, counts = Scripted(*[Attempt("gone")] * 9), Scripted(), Counts()
    one = scripted({"guards": shut, "night": marker}, store, counts)
    await store.add(*(change(f"a{n}") for n in range(IN_FLIGHT_MAX + 1)))
    async with running(one):
        await counts.reach(("guards", "disabled"))
        await store.add(change("later", 1, ("guards", "night")))
        one.wake()
        await counts.reach(("night", "delivered"))
    assert len(shut.sent) == IN_FLIGHT_MAX
    assert counts.seen.count(("guards", "disabled")) == 1
    states = [state for channel, state, _ in await store.rows() if channel == "guards"]
    assert states == ["dead"] * IN_FLIGHT_MAX + ["waiting"] * 2


async def test_410_of_a_former_receiver_does_not_shut_its_successor(store: Store) -> None:
    asked, released = asyncio.Event(), asyncio.Event()

    class Former:
        async def send(self, delivery: Delivery, now_ns: int) -> Attempt:
            del delivery, now_ns
            asked.set()
            await released.wait()
            return Attempt("gone", "answered 410")

    senders: dict[str, Sender] = {"guards": Former()}
    counts = Counts()
    one = scripted(senders, store, counts)
    await store.add(change("a1"))
    async with running(one):
        await asked.wait()
        senders["guards"] = Scripted()
        one.update_channels({"guards": LogChannel(name="guards", per_minute_max=99)})
        released.set()
        await counts.reach(("guards", "dead"))
        await store.add(change("a2"))
        one.wake()
        await counts.reach(("guards", "delivered"))
    assert one.disabled == {}


@pytest.mark.parametrize("status", [400, 302])
async def test_a_refused_message_is_dead_at_once(
    status: int, receiver: Receiver, store: Store
) -> None:
    receiver.answers = [reply(status)]
    counts = Counts()
    await store.add(change("a1"), change("a2"))
    async with running(deliverer({"guards": webhook(receiver.url)}, store, counts)):
        await counts.reach(("guards", "dead"), ("guards", "delivered"))
    assert len(receiver.posts) == 2
    assert {state for _, state, _ in await store.rows()} == {"dead", "delivered"}


async def test_a_receiver_is_left_alone_as_long_as_it_asks(
    receiver: Receiver, store: Store
) -> None:
    clock, counts = Clock(time.time_ns()), Counts()
    moment = datetime.fromtimestamp(clock() // 10**9, UTC) + timedelta(seconds=60)
    date = format_datetime(moment, usegmt=True)
    receiver.answers = [reply(429, "retry-after: 31"), reply(503, f"retry-after: {date}")]
    await store.add(change())
    one = deliverer({"guards": webhook(receiver.url)}, store, counts, clock)
    async with running(one):
        await counts.reach(("guards", "delivered"))
    asked_s = [int(post.headers["webhook-timestamp"]) for post in receiver.posts]
    assert asked_s[1] - asked_s[0] >= 31
    assert asked_s[2] >= int(moment.timestamp())
    assert clock.waits_s[0] == 31.0


async def test_a_receiver_that_hangs_gets_the_message_again(
    receiver: Receiver, store: Store
) -> None:
    receiver.answers = [HANG]
    counts = Counts()
    await store.add(change())
    channels = {"guards": webhook(receiver.url, timeout_s=0.05)}
    async with running(deliverer(channels, store, counts)):
        await counts.reach(("guards", "retried"), ("guards", "delivered"))
    assert [post.headers["webhook-id"] for post in receiver.posts] == [
        receiver.posts[0].headers["webhook-id"]
    ] * 2


async def test_a_target_inside_is_dead_with_the_reason(receiver: Receiver, store: Store) -> None:
    counts = Counts()
    settings = webhook(f"https://127.0.0.1:{receiver.port}/").model_copy(
        update={"allow_private": False}
    )
    await store.add(change())
    async with running(deliverer({"guards": settings}, store, counts)):
        await counts.reach(("guards", "dead"))
    assert await store.errors() == [
        "not sent: 127.0.0.1 is a loopback address; set allow_private: true to allow it"
    ]
    assert receiver.connections == 0


async def test_what_was_sent_but_not_settled_is_sent_again_under_its_id(
    receiver: Receiver, tmp_path: Path
) -> None:
    receiver.answers = [HANG]
    channels, path = {"guards": webhook(receiver.url)}, tmp_path / "state.db"
    first = Store(state_db(path))
    await first.add(change())
    async with running(deliverer(channels, first, Counts())):
        await receiver.received.wait()
    first.close()
    second, counts = Store(await asyncio.to_thread(state_db, path)), Counts()
    async with running(deliverer(channels, second, counts)):
        await counts.reach(("guards", "delivered"))
    assert await second.rows() == [("guards", "delivered", 1)]
    second.close()
    one, other = receiver.posts
    assert one.headers["webhook-id"] == other.headers["webhook-id"]
    assert one.body == other.body


async def test_a_hanging_channel_delays_no_other_and_holds_few(store: Store) -> None:
    stuck, quick, counts = Stuck(), Scripted(), Counts()
    await store.add(*(change(f"a{n}", 1, ("stuck", "quick")) for n in range(25)))
    async with running(scripted({"stuck": stuck, "quick": quick}, store, counts)):
        await counts.reach(*[("quick", "delivered")] * 25)
    assert len(stuck.sent) == IN_FLIGHT_MAX
    assert Counter((channel, state) for channel, state, _ in await store.rows()) == {
        ("stuck", "waiting"): 25,
        ("quick", "delivered"): 25,
    }


async def test_a_full_disk_delays_but_ends_nothing(store: Store) -> None:
    sender, counts, clock = Scripted(), Counts(), Clock(T0_NS)
    await store.add(change())
    store.failing = 4
    async with running(scripted({"guards": sender}, store, counts, clock)):
        await counts.reach(("guards", "delivered"))
    assert clock.waits_s[:4] == [*STORE_BACKOFF_S, STORE_BACKOFF_S[-1]]
    assert len(sender.sent) == 1


async def test_a_result_that_can_not_be_written_is_kept_and_not_sent_again(store: Store) -> None:
    counts = Counts()

    class Filling(Scripted):
        async def send(self, delivery: Delivery, now_ns: int) -> Attempt:
            store.failing = 3
            return await super().send(delivery, now_ns)

    sender = Filling()
    await store.add(change())
    async with running(scripted({"guards": sender}, store, counts)):
        await counts.reach(("guards", "delivered"))
    assert store.failing == 0
    assert len(sender.sent) == 1
    assert await store.rows() == [("guards", "delivered", 1)]


async def test_a_commit_that_raised_all_the_same_sends_nothing_twice(store: Store) -> None:
    clock = Clock(T0_NS)

    class Doubtful(Scripted):
        async def send(self, delivery: Delivery, now_ns: int) -> Attempt:
            store.lying = 1
            return await super().send(delivery, now_ns)

    sender = Doubtful()
    await store.add(change())
    async with running(scripted({"guards": sender}, store, Counts(), clock)):
        while (await store.rows())[0][1] == "waiting" or store.lying:
            clock.called_for.clear()
            await clock.called_for.wait()
    assert len(sender.sent) == 1
    assert await store.rows() == [("guards", "delivered", 1)]


async def test_a_fault_in_a_sender_costs_one_try(store: Store) -> None:
    sender, counts = Scripted(KeyError("oops")), Counts()
    await store.add(change())
    async with running(scripted({"guards": sender}, store, counts)):
        await counts.reach(("guards", "retried"), ("guards", "delivered"))
    assert len(sender.sent) == 2


async def test_rows_of_a_channel_that_is_no_more_are_dead(store: Store) -> None:
    counts = Counts()
    one = scripted({"guards": Scripted(), "night": Stuck()}, store, counts)
    await store.add(change("a1", 1, ("guards", "long gone")))
    async with running(one):
        await counts.reach(("long gone", "dead"), ("guards", "delivered"))
        await store.add(change("a2", 1, ("night",)))
        one.update_channels({"guards": log_channel()})
        await counts.reach(("night", "dead"))
    assert await store.errors() == [
        None,
        "the site file has no channel long gone",
        "the site file has no channel night",
    ]


async def test_channels_that_can_not_be_used_leave_the_former_in_place(store: Store) -> None:
    counts = Counts()
    one = scripted({"guards": Scripted()}, store, counts)
    with pytest.raises(KeyError):
        one.update_channels({"guards": log_channel(), "unknown": log_channel("unknown")})
    await store.add(change())
    async with running(one):
        await counts.reach(("guards", "delivered"))
    assert one.states == {"guards": "closed"}


async def test_the_log_channel_delivers(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "tagwarden.alerts")
    counts = Counts()
    await store.add(change("a1", 1), change("a1", 2))
    async with running(deliverer({"guards": log_channel()}, store, counts)):
        await counts.reach(*[("guards", "delivered")] * 2)
    lines = [record.getMessage() for record in caplog.records if record.name == "tagwarden.alerts"]
    assert ["raised" in line for line in lines] == [True, False]


async def test_an_idle_deliverer_writes_nothing_and_waits_for_a_call(store: Store) -> None:
    clock = Clock(T0_NS)
    one = deliverer({"guards": log_channel()}, store, Counts(), clock)
    before = store.connection.total_changes
    async with running(one):
        await clock.called_for.wait()
        clock.called_for.clear()
        one.wake()
        await clock.called_for.wait()
    assert clock.waits_s == []
    assert store.connection.total_changes == before


async def test_one_slow_receiver_in_five_leaves_the_others_their_pace(store: Store) -> None:
    counts = Counts()
    async with listening() as slow, listening() as quick:
        slow.answers = [HANG] * 9
        channels = {"slow": webhook(slow.url, "slow"), "quick": webhook(quick.url, "quick")}
        await store.add(*(change(f"a{n}", 1, ("slow", "quick")) for n in range(20)))
        async with running(deliverer(channels, store, counts)):
            await counts.reach(*[("quick", "delivered")] * 20)
        assert slow.connections <= IN_FLIGHT_MAX
        assert quick.connections == 20


async def test_waiting_ends_by_the_event_or_by_the_time() -> None:
    event = asyncio.Event()
    await wait_for(event, 0.001)
    event.set()
    await wait_for(event, None)
    assert event.is_set()
