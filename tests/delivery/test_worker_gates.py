"""The deliverer as its channels fail, recover, are limited, beat and change."""

import asyncio
import random
from collections.abc import Mapping

import pytest

from delivery.attempt import Attempt, Delivery, Sender, spared
from delivery.faults import ChannelFaults
from delivery.settings import ChannelSettings, LogChannel
from delivery.signals import HEARTBEAT, put_test
from delivery.worker import IN_FLIGHT_MAX, Deliverer
from tags.times import SECOND_NS
from tests.delivery.made import T0_NS, Clock, Counts, Scripted, Store, change, state_db
from tests.delivery.running import running

FAILED = Attempt("retry", "answered 503")


class Ticking(Clock):
    """At most half a second passes with each look."""

    async def wait(self, event: asyncio.Event, timeout_s: float | None) -> None:
        if not event.is_set():
            if timeout_s is None:
                self.called_for.set()
                await event.wait()
            else:
                self.now_ns += round(min(timeout_s, 0.5) * SECOND_NS) + 1
                await asyncio.sleep(0)


class Timed(Scripted):
    """Notes when it was asked."""

    def __init__(self, *attempts: Attempt | Exception) -> None:
        super().__init__(*attempts)
        self.asked_s: list[float] = []

    async def send(self, delivery: Delivery, now_ns: int) -> Attempt:
        self.asked_s.append((now_ns - T0_NS) / SECOND_NS)
        return await super().send(delivery, now_ns)


class Down(Timed):
    """A receiver that fails until a second of the test's time."""

    def __init__(self, until_s: float) -> None:
        super().__init__()
        self._until_s = until_s

    async def send(self, delivery: Delivery, now_ns: int) -> Attempt:
        await super().send(delivery, now_ns)
        return FAILED if self.asked_s[-1] < self._until_s else Attempt("done")


class Faults:
    def __init__(self) -> None:
        self.seen: list[tuple[str, bool]] = []

    def __call__(self, channel: str, broken: bool, detail: str) -> None:  # noqa: FBT001 - as TellFault is called
        del detail
        self.seen.append((channel, broken))


def settings(name: str = "guards", **more: object) -> ChannelSettings:
    return LogChannel.model_validate({"name": name, **more})


def made(
    store: Store,
    senders: Mapping[str, Sender],
    clock: Clock,
    counts: Counts,
    faults: Faults | None = None,
    **more: object,
) -> Deliverer:
    return Deliverer(
        {name: settings(name, **more) for name in senders},
        store,
        clock=clock,
        rng=random.Random(1),
        count=counts,
        faults=ChannelFaults(faults or Faults()),
        open_sender=lambda channel: senders[channel.name],
        wait=clock.wait,
    )


async def test_a_receiver_that_is_down_is_asked_with_one_message_now_and_then(
    store: Store,
) -> None:
    down, counts, clock = Down(until_s=120), Counts(), Ticking(T0_NS)
    await store.add(*(change(f"a{n}") for n in range(50)))
    one = made(store, {"guards": down}, clock, counts)
    async with running(one):
        await counts.reach(*[("guards", "delivered")] * 50)
    failed = counts.seen.count(("guards", "retried"))
    assert IN_FLIGHT_MAX <= failed <= IN_FLIGHT_MAX + 30
    # Once it is back, all are out within a twelfth of the outage and a moment.
    assert max(down.asked_s) <= 120 + 10 + 2
    assert len({delivery.id for delivery in down.sent}) == 50


async def test_an_outage_is_a_fault_and_its_end_is_told(store: Store) -> None:
    down, counts, clock, faults = Down(until_s=400), Counts(), Ticking(T0_NS), Faults()
    await store.add(change("a1"))
    one = made(store, {"guards": down}, clock, counts, faults)
    async with running(one):
        while not faults.seen:  # noqa: ASYNC110 - it is looked at from outside
            await asyncio.sleep(0)
        assert clock.now_ns >= T0_NS + 300 * SECOND_NS
        assert one.states == {"guards": "open"}
        await counts.reach(("guards", "delivered"))
    assert faults.seen == [("guards", True), ("guards", False)]
    assert one.states == {"guards": "closed"}


async def test_one_poisonous_message_does_not_keep_the_others_waiting(store: Store) -> None:
    class Picky(Timed):
        async def send(self, delivery: Delivery, now_ns: int) -> Attempt:
            await super().send(delivery, now_ns)
            return FAILED if delivery.alert == "poison" else Attempt("done")

    picky, counts, clock = Picky(), Counts(), Ticking(T0_NS)
    await store.add(change("poison"))
    async with running(made(store, {"guards": picky}, clock, counts)):
        await counts.reach(*[("guards", "retried")] * 12)
        await store.add(*(change(f"a{n}") for n in range(9)), now_ns=clock())
        before_ns = clock()
        await counts.reach(*[("guards", "delivered")] * 9)
    assert clock() - before_ns <= 65 * SECOND_NS


async def test_no_more_than_the_pace_goes_and_all_of_it_in_the_end(store: Store) -> None:
    sender, counts, clock = Timed(), Counts(), Ticking(T0_NS)
    await store.add(*(change(f"a{n}") for n in range(40)))
    async with running(made(store, {"guards": sender}, clock, counts, per_minute_max=10)):
        await counts.reach(*[("guards", "delivered")] * 40)
    for at, asked_s in enumerate(sender.asked_s):
        assert at + 1 <= 10 + asked_s / 6 + 1e-3
    assert 170 <= sender.asked_s[-1] <= 200
    assert len(clock.waits_s) < 2_000


async def test_heartbeats_come_in_time_and_do_not_pile_up(store: Store) -> None:
    sender, counts, clock = Timed(), Counts(), Ticking(T0_NS)
    async with running(made(store, {"guards": sender}, clock, counts, heartbeat_s=60)):
        await counts.reach(*[("guards", "delivered")] * 5)
    assert {delivery.type for delivery in sender.sent} == {HEARTBEAT}
    beats_s = [round(asked_s + T0_NS // SECOND_NS) % 60 for asked_s in sender.asked_s[1:]]
    assert max(beats_s) <= 1
    down = Down(until_s=clock.now_ns / SECOND_NS - T0_NS / SECOND_NS + 900)
    async with running(made(store, {"guards": down}, clock, counts, heartbeat_s=60)):
        await counts.reach(*[("guards", "delivered")] * 7)
    told = [row for row in await store.rows() if row[1] == "waiting"]
    assert len(told) <= 1
    late = [one for one in down.sent if one.id in {two.id for two in sender.sent}]
    assert late == []


async def test_a_disabled_channel_is_tried_with_its_test_and_no_other_message(
    store: Store,
) -> None:
    sender = Timed(Attempt("gone", "answered 410"), Attempt("gone", "answered 410"))
    counts, clock, faults = Counts(), Ticking(T0_NS), Faults()
    await store.add(change("a1"))
    one = made(store, {"guards": sender}, clock, counts, faults)
    async with running(one):
        await counts.reach(("guards", "disabled"))
        await store.add(change("a2"), now_ns=clock())
        for number in (1, 2):
            await store.transact(lambda db, n=number: put_test(db, "guards", "ann", T0_NS + n))  # type: ignore[misc] # bound for the loop
            one.reopen("guards")
            if number == 1:
                await counts.reach(*[("guards", "disabled")] * 2)
        await counts.reach(*[("guards", "delivered")] * 2)
    assert [delivery.type for delivery in sender.sent] == [
        "alert.raised",
        "alert.test",
        "alert.test",
        "alert.raised",
    ]
    assert faults.seen == [("guards", True), ("guards", False)]


class Siren(Scripted):
    """A sender that begins and ends."""

    def __init__(self, log: list[str], name: str) -> None:
        super().__init__()
        self._log = log
        self._name = name

    async def begin(self) -> None:
        self._log.append(f"{self._name} begins")

    async def close(self) -> None:
        self._log.append(f"{self._name} ends")


async def test_a_sender_ends_before_the_next_begins_and_only_when_it_must(store: Store) -> None:
    log: list[str] = []
    counts, clock, numbers = Counts(), Ticking(T0_NS), iter(range(1, 9))
    one = Deliverer(
        {"guards": settings()},
        store,
        clock=clock,
        rng=random.Random(1),
        count=counts,
        open_sender=lambda _channel: Siren(log, f"siren {next(numbers)}"),
        wait=clock.wait,
    )
    async with running(one):
        await clock.called_for.wait()
        assert log == ["siren 1 begins"]
        for channels in ({"guards": settings()}, {"guards": settings(per_minute_max=5)}, {}):
            clock.called_for.clear()
            one.update_channels(channels)
            await clock.called_for.wait()
        assert log == ["siren 1 begins", "siren 1 ends", "siren 2 begins", "siren 2 ends"]
        one.update_channels({"guards": settings()}, lambda _channel: Siren(log, "siren 3"))
        clock.called_for.clear()
        await clock.called_for.wait()
    assert log[-2:] == ["siren 3 begins", "siren 3 ends"]


async def test_two_deliverers_on_one_outbox_send_each_message_once() -> None:
    store, clock = Store(state_db()), Ticking(T0_NS)
    one, two, counts = Timed(), Timed(), Counts()
    await store.add(*(change(f"a{n % 30}", 1 + n // 30) for n in range(90)))
    first = made(store, {"guards": one}, clock, counts)
    second = Deliverer(
        {"guards": settings()},
        store,
        clock=clock,
        rng=random.Random(2),
        count=counts,
        open_sender=lambda _channel: two,
        wait=clock.wait,
        worker="second",
    )
    async with running(first), running(second):
        await counts.reach(*[("guards", "delivered")] * 90)
    store.close()
    sent = [delivery.id for delivery in [*one.sent, *two.sent]]
    assert len(sent) == len(set(sent)) == 90
    assert one.sent
    assert two.sent


async def test_messages_that_are_none_for_a_receiver_do_not_hide_that_it_is_away(
    store: Store,
) -> None:
    class Away(Timed):
        async def send(self, delivery: Delivery, now_ns: int) -> Attempt:
            await super().send(delivery, now_ns)
            return FAILED if delivery.alert == "critical" else spared("below critical, not sent")

    away, counts, clock, faults = Away(), Counts(), Ticking(T0_NS), Faults()
    await store.add(change("critical"))
    async with running(made(store, {"guards": away}, clock, counts, faults)):
        for minute in range(1, 8):
            await store.add(change(f"a{minute}"), now_ns=clock())
            while clock.now_ns < T0_NS + minute * 60 * SECOND_NS:  # noqa: ASYNC110 - it is looked at from outside
                await asyncio.sleep(0)
    assert faults.seen == [("guards", True)]


async def test_a_channel_that_is_taken_out_gives_its_messages_up_and_says_so(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    counts, clock = Counts(), Ticking(T0_NS)
    await store.add(change("a1", notify=("gone",)), change("a2", notify=("gone",)))
    async with running(made(store, {"guards": Timed()}, clock, counts)):
        await counts.reach(*[("gone", "dead")] * 2)
    assert "channel 'gone': not in the site file, gave up 2 messages" in caplog.text
