"""Delivers what the outbox holds, each channel at its own pace."""

import asyncio
import logging
import random
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple, Protocol, TypeVar

from delivery.attempt import Attempt, Delivery, Lasting, Sender
from delivery.breaker import Gate, GateState, Room
from delivery.channels import open_channel
from delivery.faults import ChannelFaults
from delivery.rounds import Plan, Round, Tried, settle_and_take
from delivery.settings import ChannelSettings
from delivery.settlement import Retention, Settlement
from delivery.signals import beats_after
from tags.times import SECOND_NS

WORKER = "gateway"
IN_FLIGHT_MAX = 4
WAIT_S_MAX = 60.0  # Sleeping goes by another clock than the due times, so look now and then.
STORE_BACKOFF_S = (0.1, 0.5, 2.0)
SENDER_S_MAX = 5.0
"""Senders are asked to begin or end within less; who does not is left to itself."""

_RESULTS = {"delivered": "delivered", "waiting": "retried", "dead": "dead"}
_logger = logging.getLogger("tagwarden.delivery")
T = TypeVar("T")
OpenSender = Callable[[ChannelSettings], Sender]


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


class _Channel(NamedTuple):
    """A channel of the site file: who sends, and how much may go."""

    settings: ChannelSettings
    sender: Sender
    gate: Gate


class Deliverer:
    """Sends waiting rows until cancelled; what it has not settled then is sent again later.

    Each channel has at most four messages in flight, so one that hangs delays only itself. All
    methods are for the thread of the event loop. `count` is called with a channel and
    `delivered`, `retried`, `dead` or `disabled`, after the result is committed; `faults` are
    told when a channel breaks and when it works again. One that comes back under the same `worker`
    takes over what it had.
    """

    def __init__(  # noqa: PLR0913 - the shell hands in all that is not decided here
        self,
        channels: Mapping[str, ChannelSettings],
        store: Transact,
        *,
        clock: Callable[[], int],
        rng: random.Random,
        count: Callable[[str, str], None],
        faults: ChannelFaults | None = None,
        open_sender: OpenSender = open_channel,
        wait: Callable[[asyncio.Event, float | None], Awaitable[None]] = wait_for,
        worker: str = WORKER,
        keep: Retention | None = None,
    ) -> None:
        self.keep = keep or Retention()
        self._store = store
        self._clock = clock
        self._rng = rng
        self._count = count
        self._faults = faults or ChannelFaults(lambda _channel, _broken, _detail: None)
        self._open_sender = open_sender
        self._wait = wait
        self._worker = worker
        self._wake = asyncio.Event()
        self._in_flight: dict[str, str] = {}  # id to channel, until settled
        self._tried: list[Tried] = []
        self._recovered: set[str] = set()
        self._beats_at_ns: dict[str, int] = {}
        self._begun: list[Sender] = []
        self._channels = self._opened(channels, {})

    @property
    def disabled(self) -> Mapping[str, str]:
        """Channels that take no more messages, and why; see `reopen`."""
        gates = {name: channel.gate for name, channel in self._channels.items()}
        return {name: gate.disabled for name, gate in gates.items() if gate.disabled is not None}

    @property
    def states(self) -> Mapping[str, GateState]:
        """How each channel is: closed (all goes), open (single tries) or disabled."""
        return {name: channel.gate.state for name, channel in self._channels.items()}

    def wake(self) -> None:
        """Look at the outbox now: rows were committed."""
        self._wake.set()

    def reopen(self, name: str) -> None:
        """Send a message of this channel now to see whether its receiver is there again."""
        if name in self._channels:
            self._channels[name].gate.reopen()
            self.wake()

    def update_channels(
        self, channels: Mapping[str, ChannelSettings], open_sender: OpenSender | None = None
    ) -> None:
        """Use other channels from now on; disabled ones get another chance.

        Those with the same settings keep their senders, unless they are opened in another way
        now. Raises ValueError, with the former channels kept, when one can not be used.
        """
        kept = self._channels
        if open_sender is not None and open_sender is not self._open_sender:
            self._open_sender, kept = open_sender, {}
        self._channels = self._opened(channels, kept)
        for name in self._channels:
            self.reopen(name)
        self._faults.keep_only(self._channels)
        self.wake()

    def put_channel(self, settings: ChannelSettings) -> None:
        """Use one more channel, or another one of its name. Raises ValueError, as it was."""
        opened = self._opened({settings.name: settings}, self._channels)
        self._channels = {**self._channels, **opened}
        self.reopen(settings.name)

    def drop_channel(self, name: str) -> None:
        """Use a channel no longer; what it still owes is given up."""
        self._channels = {each: at for each, at in self._channels.items() if each != name}
        self._faults.keep_only(self._channels)
        self.wake()

    async def run(self) -> None:
        """Deliver until cancelled. A store that fails is asked again, less and less often."""
        try:
            async with asyncio.TaskGroup() as group:
                await self._deliver(group)
        finally:
            await _each(self._begun, lambda one: one.close())

    async def _deliver(self, group: asyncio.TaskGroup) -> None:
        failures = 0
        while True:
            self._wake.clear()
            await self._change_senders()
            try:
                due_ns = await self._one_round(group)
            except Exception as error:  # noqa: BLE001 - a full disk must not end delivery
                failures += 1
                await self._rest(error, failures)
                continue
            failures = 0
            await self._wait(self._wake, self._until(due_ns))

    async def quieten(self) -> None:
        """End what sounds now; sirens need the readers, which end before deliveries do."""
        sirens = [one for one in self._channels.values() if one.settings.kind == "siren"]
        await _each([one.sender for one in sirens], lambda one: one.close())

    def _opened(
        self, channels: Mapping[str, ChannelSettings], kept: Mapping[str, _Channel]
    ) -> dict[str, _Channel]:
        found: dict[str, _Channel] = {}
        for name, settings in channels.items():
            had = kept.get(name)
            if had is not None and had.settings == settings:
                found[name] = had
            else:
                gate = Gate(settings.per_minute_max, self._clock())
                found[name] = _Channel(settings, self._open_sender(settings), gate)
        return found

    async def _change_senders(self) -> None:
        """Let former senders end before those that came after them begin."""
        senders = [channel.sender for channel in self._channels.values()]
        former, self._begun = self._begun, [*senders]
        await _each([one for one in former if _absent(one, senders)], lambda one: one.close())
        await _each([one for one in senders if _absent(one, former)], lambda one: one.begin())

    async def _one_round(self, group: asyncio.TaskGroup) -> int | None:
        """Settle what is over, send what is due; when the next row is due."""
        channels, plan = self._channels, self._plan()
        done = await self._store.transact(
            lambda connection: settle_and_take(connection, plan, self._rng)
        )
        self._tried = self._tried[len(plan.tried) :]
        self._in_flight = {**plan.flying, **{one.id: one.channel for one in done.taken}}
        self._recovered -= set(plan.recovered)
        self._note_beats(plan)
        for delivery in done.taken:
            channel = channels[delivery.channel]
            channel.gate.spend(1)
            sending = self._send(channel, delivery)
            group.create_task(sending, name=f"delivery {delivery.id}")
        self._report(done)
        dues = (done.due_ns, *self._beats_at_ns.values())
        return min((due_ns for due_ns in dues if due_ns is not None), default=None)

    def _plan(self) -> Plan:
        tried, now_ns = tuple(self._tried), self._clock()
        over = {one.delivery.id for one in tried}
        flying = {id_: name for id_, name in self._in_flight.items() if id_ not in over}
        return Plan(
            worker=self._worker,
            tried=tried,
            recovered=tuple(sorted(self._recovered)),
            beats=self._due_beats(now_ns),
            flying=flying,
            channels=tuple(self._channels),
            rooms=self._rooms(tried, flying, now_ns),
            keep=self.keep,
            now_ns=now_ns,
        )

    def _rooms(
        self, tried: tuple[Tried, ...], flying: Mapping[str, str], now_ns: int
    ) -> dict[str, Room]:
        # A 410 shuts its channel already in the round that settles it.
        shut = {one.delivery.channel for one in tried if self._is_final(one)}
        used = Counter(flying.values())
        rooms = {
            name: channel.gate.room(now_ns, IN_FLIGHT_MAX, used[name])
            for name, channel in self._channels.items()
            if name not in shut
        }
        return {name: room for name, room in rooms.items() if room is not None}

    def _due_beats(self, now_ns: int) -> dict[str, int]:
        intervals_ns = {
            name: round(channel.settings.heartbeat_s * SECOND_NS)
            for name, channel in self._channels.items()
            if channel.settings.heartbeat_s
        }
        known = self._beats_at_ns
        self._beats_at_ns = {name: known.get(name, now_ns) for name in intervals_ns}
        return {
            name: interval_ns
            for name, interval_ns in intervals_ns.items()
            # One that is further away is of a clock that was set back since.
            if not now_ns < self._beats_at_ns[name] <= now_ns + interval_ns
        }

    def _note_beats(self, plan: Plan) -> None:
        for name, interval_ns in plan.beats.items():
            self._beats_at_ns[name] = beats_after(interval_ns, plan.now_ns)

    def _is_final(self, one: Tried) -> bool:
        """Whether its receiver wants no more, and is still the one that the site file names."""
        return one.attempt.outcome == "gone" and self._is_current(one)

    def _is_current(self, one: Tried) -> bool:
        channel = self._channels.get(one.delivery.channel)
        return channel is not None and channel.sender is one.sender

    async def _send(self, channel: _Channel, delivery: Delivery) -> None:
        try:
            attempt = await channel.sender.send(delivery, self._clock())
        except Exception as error:  # a fault in one channel must not end the others
            _logger.exception("channel %r: message %s", delivery.channel, delivery.id)
            attempt = Attempt("retry", f"fault in the channel: {type(error).__name__}")
        tried = Tried(delivery, attempt, self._clock(), channel.sender)
        self._tried.append(tried)
        was_open = channel.gate.breaker.is_open
        if channel.gate.breaker.note(attempt, tried.at_ns):
            self._recovered.add(delivery.channel)
        elif channel.gate.breaker.is_open and not was_open:
            _logger.warning("channel %r: fails, tried now and then: %r", *_why(tried))
        self._wake.set()

    def _report(self, done: Round) -> None:
        for name, given_up in Counter(done.buried).items():
            _logger.warning("channel %r: not in the site file, gave up %d messages", name, given_up)
            for _ in range(given_up):
                self._count(name, "dead")
        for tried, settlement in done.settled:
            if settlement is not None:
                self._count(tried.delivery.channel, _RESULTS[settlement.state])
                self._report_one(tried, settlement)

    def _report_one(self, tried: Tried, settlement: Settlement) -> None:
        name, reason = _why(tried)
        if not self._is_current(tried):
            return
        gate = self._channels[name].gate
        if settlement.state == "delivered":
            if tried.attempt.asked:
                self._faults.well(name)
        elif settlement.state == "waiting":
            self._faults.failing(name, gate.breaker.failing_since_ns, tried.at_ns, reason)
        else:
            _logger.warning("channel %r: gave up %s: %r", name, tried.delivery.id, reason)
            self._faults.broken(name, reason)
        if self._is_final(tried) and gate.disabled is None:
            gate.disabled = reason
            self._count(name, "disabled")
            _logger.error("channel %r: off until it is tested or changed: %r", name, reason)

    async def _rest(self, error: Exception, failures: int) -> None:
        if failures == 1:
            _logger.warning("the outbox can not be read or written: %r", error)
        await self._wait(asyncio.Event(), STORE_BACKOFF_S[min(failures, len(STORE_BACKOFF_S)) - 1])

    def _until(self, due_ns: int | None) -> float | None:
        if due_ns is None:
            return None
        return min(max((due_ns - self._clock()) / SECOND_NS, 0.0), WAIT_S_MAX)


async def _each(senders: list[Sender], act: Callable[[Lasting], Awaitable[None]]) -> None:
    """Let senders begin or end, all at once."""
    lasting = [one for one in senders if isinstance(one, Lasting)]
    if not lasting:
        return
    try:
        async with asyncio.timeout(SENDER_S_MAX):
            found = await asyncio.gather(*map(act, lasting), return_exceptions=True)
    except TimeoutError:
        found = [TimeoutError("it took too long")]
    for error in found:
        if error is not None:
            _logger.error("a channel did not begin or end as it should: %r", error)


def _absent(sender: Sender, among: list[Sender]) -> bool:
    return all(sender is not one for one in among)


def _why(tried: Tried) -> tuple[str, str]:
    return tried.delivery.channel, tried.attempt.reason
