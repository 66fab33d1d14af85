"""Delivers what the outbox holds, each channel at its own pace."""

import asyncio
import logging
import random
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple, Protocol, TypeVar

from delivery.attempt import Attempt, Delivery, Sender
from delivery.channels import open_channel
from delivery.outbox import Settlement, bury_strays, next_due_ns, settle, take_due
from delivery.settings import ChannelSettings
from tags.times import SECOND_NS

IN_FLIGHT_MAX = 4
WAIT_S_MAX = 60.0  # Sleeping goes by another clock than the due times, so look now and then.
STORE_BACKOFF_S = (0.1, 1.0, 5.0)

_RESULTS = {"delivered": "delivered", "waiting": "retried", "dead": "dead"}
_logger = logging.getLogger("tagwarden.delivery")
T = TypeVar("T")


class Transact(Protocol):
    """The one writer of `state.db`."""

    async def transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run the work inside one transaction and commit it; raise when it did not commit."""
        ...


async def wait_for(event: asyncio.Event, timeout_s: float | None) -> None:
    """Return when the event is set or the time is over; None waits for the event alone."""
    try:
        async with asyncio.timeout(timeout_s):
            await event.wait()
    except TimeoutError:
        return


class _Tried(NamedTuple):
    """A try that is over and not settled yet."""

    delivery: Delivery
    attempt: Attempt
    at_ns: int
    sender: Sender


class _Plan(NamedTuple):
    """What one transaction is to do, by value, since it runs on another thread."""

    tried: tuple[_Tried, ...]
    flying: Mapping[str, str]  # id to channel
    channels: tuple[str, ...]
    room: Mapping[str, int]  # channel to how many more it may have in flight
    now_ns: int


class _Round(NamedTuple):
    """What it did: tries settled, strays buried, rows taken; and when to look again."""

    settled: list[tuple[_Tried, Settlement | None]]
    buried: list[str]
    taken: list[Delivery]
    due_ns: int | None


class Deliverer:
    """Sends waiting rows until cancelled; what it has not settled then is sent again later.

    Each channel has at most four messages in flight, so one that hangs delays only itself. All
    methods are for the thread of the event loop. `count` is called with a channel and
    `delivered`, `retried`, `dead` or `disabled`, after the result is committed.
    """

    def __init__(  # noqa: PLR0913 - the shell hands in all that is not decided here
        self,
        channels: Mapping[str, ChannelSettings],
        store: Transact,
        *,
        clock: Callable[[], int],
        rng: random.Random,
        count: Callable[[str, str], None],
        open_sender: Callable[[ChannelSettings], Sender] = open_channel,
        wait: Callable[[asyncio.Event, float | None], Awaitable[None]] = wait_for,
    ) -> None:
        self._store = store
        self._clock = clock
        self._rng = rng
        self._count = count
        self._open_sender = open_sender
        self._wait = wait
        self._wake = asyncio.Event()
        self._disabled: dict[str, str] = {}
        self._in_flight: dict[str, str] = {}  # id to channel, until settled
        self._tried: list[_Tried] = []
        self._senders = self._opened(channels)

    @property
    def disabled(self) -> Mapping[str, str]:
        """Channels that take no more messages until the site file changes, and why."""
        return dict(self._disabled)

    def wake(self) -> None:
        """Look at the outbox now: rows were committed."""
        self._wake.set()

    def update_channels(self, channels: Mapping[str, ChannelSettings]) -> None:
        """Use other channels from now on; disabled ones get another chance.

        Raises ValueError, with the former channels kept, when one can not be used.
        """
        self._senders = self._opened(channels)
        self._disabled.clear()
        self.wake()

    async def run(self) -> None:
        """Deliver until cancelled. A store that fails is asked again, less and less often."""
        failures = 0
        async with asyncio.TaskGroup() as group:
            while True:
                self._wake.clear()
                try:
                    due_ns = await self._one_round(group)
                except Exception as error:  # noqa: BLE001 - a full disk must not end delivery
                    failures += 1
                    await self._rest(error, failures)
                    continue
                failures = 0
                await self._wait(self._wake, self._until(due_ns))

    def _opened(self, channels: Mapping[str, ChannelSettings]) -> dict[str, Sender]:
        return {name: self._open_sender(settings) for name, settings in channels.items()}

    async def _one_round(self, group: asyncio.TaskGroup) -> int | None:
        """Settle what is over, send what is due; when the next row is due."""
        senders, plan = self._senders, self._plan()
        done = await self._store.transact(lambda connection: _work(connection, plan, self._rng))
        self._tried = self._tried[len(plan.tried) :]
        self._in_flight = {**plan.flying, **{one.id: one.channel for one in done.taken}}
        for delivery in done.taken:
            sending = self._send(senders[delivery.channel], delivery)
            group.create_task(sending, name=f"delivery {delivery.id}")
        self._report(done)
        return done.due_ns

    def _plan(self) -> _Plan:
        tried = tuple(self._tried)
        over = {one.delivery.id for one in tried}
        flying = {id_: name for id_, name in self._in_flight.items() if id_ not in over}
        return _Plan(tried, flying, tuple(self._senders), self._room(tried, flying), self._clock())

    def _room(self, tried: tuple[_Tried, ...], flying: Mapping[str, str]) -> dict[str, int]:
        # A 410 shuts its channel already in the round that settles it.
        shut = {one.delivery.channel for one in tried if self._is_final(one)}
        names = self._senders.keys() - shut - self._disabled.keys()
        used = Counter(flying.values())
        return {name: IN_FLIGHT_MAX - used[name] for name in sorted(names)}

    def _is_final(self, one: _Tried) -> bool:
        """Whether its receiver wants no more, and is still the one that the site file names."""
        channel = one.delivery.channel
        return one.attempt.outcome == "gone" and self._senders.get(channel) is one.sender

    async def _send(self, sender: Sender, delivery: Delivery) -> None:
        try:
            attempt = await sender.send(delivery, self._clock())
        except Exception as error:  # a fault in one channel must not end the others
            _logger.exception("channel %r: message %s", delivery.channel, delivery.id)
            attempt = Attempt("retry", f"fault in the channel: {type(error).__name__}")
        self._tried.append(_Tried(delivery, attempt, self._clock(), sender))
        self._wake.set()

    def _report(self, done: _Round) -> None:
        for channel in done.buried:
            self._count(channel, "dead")
        for tried, settlement in done.settled:
            if settlement is not None:
                self._report_one(tried, settlement)

    def _report_one(self, tried: _Tried, settlement: Settlement) -> None:
        channel, reason = tried.delivery.channel, tried.attempt.reason
        self._count(channel, _RESULTS[settlement.state])
        if settlement.state == "dead":
            _logger.warning("channel %r: gave up %s: %r", channel, tried.delivery.id, reason)
        if self._is_final(tried) and channel not in self._disabled:
            self._disabled[channel] = reason
            self._count(channel, "disabled")
            _logger.error("channel %r: off until the site file changes: %r", channel, reason)

    async def _rest(self, error: Exception, failures: int) -> None:
        if failures == 1:
            _logger.warning("the outbox can not be read or written: %r", error)
        await self._wait(asyncio.Event(), STORE_BACKOFF_S[min(failures, len(STORE_BACKOFF_S)) - 1])

    def _until(self, due_ns: int | None) -> float | None:
        if due_ns is None:
            return None
        return min(max((due_ns - self._clock()) / SECOND_NS, 0.0), WAIT_S_MAX)


def _work(connection: sqlite3.Connection, plan: _Plan, rng: random.Random) -> _Round:
    """All of a round in one transaction, so that a message costs one commit."""
    settled = [
        (one, settle(connection, one.delivery.id, one.attempt, one.at_ns, rng))
        for one in plan.tried
    ]
    buried = bury_strays(connection, plan.channels, plan.flying)
    taken: list[Delivery] = []
    dues: list[int] = []
    for channel, limit in plan.room.items():
        batch = take_due(connection, plan.now_ns, limit, channel=channel, in_flight=plan.flying)
        taken += batch
        if len(batch) < limit:
            busy = [*plan.flying, *(delivery.id for delivery in batch)]
            due_ns = next_due_ns(connection, channel=channel, in_flight=busy)
            dues += [] if due_ns is None else [due_ns]
    return _Round(settled, buried, taken, min(dues, default=None))
