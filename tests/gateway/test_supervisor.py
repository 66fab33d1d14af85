"""The supervisor: tries again with patience, and never says online of what is dead."""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

import pytest

from gateway.entries import ClockOffset, Entry, Observed
from gateway.supervisor import BACKOFF_S, LOCAL_BACKOFF_S, Supervisor
from readers.driver import (
    Batch,
    Driver,
    EndOfReadsError,
    ReaderLostError,
    ReaderMisconfiguredError,
)
from readers.health import ReaderHealth
from readers.llrp_settings import LlrpSettings
from readers.settings import ReaderSettings
from tags.reads import Read
from tags.times import MILLISECOND_NS
from tests.gateway.made import NOON_NS, TAGS, read, within

DOCK = LlrpSettings(name="dock", address="10.0.0.21")
LOST = ReaderLostError("dock: gone")
SOON_S = 10.0

Step = Batch | Exception | str
"""What a driver does next: gives a batch, raises, hangs, or even ignores its end (`deaf`)."""


class ScriptedDriver:
    """The first step is what `connect` does; `ok` lets it return."""

    silent_after_s = 0.02
    passive = False

    def __init__(self, steps: Sequence[Step], look: Callable[[str], None]) -> None:
        self.steps = list(steps)
        self.look = look
        self.closed = 0
        self.fault_in_close: Exception | None = None
        self.let_go = asyncio.Event()
        """Ends what ignores its cancellation."""

    async def connect(self) -> None:
        self.look("connect")
        await self._next()

    async def next_batch(self) -> Batch:
        self.look("next")
        return await self._next()

    async def close(self) -> None:
        self.look("close")
        self.closed += 1
        if self.fault_in_close is not None:
            raise self.fault_in_close

    async def _next(self) -> Batch:
        step = self.steps.pop(0) if self.steps else "hang"
        if isinstance(step, Exception):
            raise step
        if step == "hang":
            await asyncio.Event().wait()
        if step == "deaf":
            await self._ignore_cancellation()
        return step if isinstance(step, Batch) else Batch()

    async def _ignore_cancellation(self) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await self.let_go.wait()
            raise LOST from None


class Patience(random.Random):
    """Does not wait, and remembers how long it might have had to."""

    def __init__(self) -> None:
        super().__init__(1)
        self.ceilings_s: list[float] = []

    def uniform(self, a: float, b: float) -> float:
        assert a > 0
        self.ceilings_s.append(b)
        return 0.0


class Watched:
    """A supervisor whose drivers follow scripts, one for each connection."""

    def __init__(self, *scripts: Sequence[Step]) -> None:
        self.scripts = list(scripts)
        self.drivers: list[ScriptedDriver] = []
        self.news: list[Entry] = []
        self.reads: list[Read] = []
        self.observed: list[Observed] = []
        self.acknowledge: list[Callable[[], None] | None] = []
        self.states: list[tuple[str, str]] = []
        """What a driver was asked for, and how the reader was shown at that moment."""
        self.now_ns = NOON_NS
        self.patience = Patience()
        self.supervisor = Supervisor(self, self._clock, self.patience, self._open)

    def _clock(self) -> int:
        self.now_ns += 1
        return self.now_ns

    def _open(self, settings: ReaderSettings, _clock: Callable[[], int]) -> ScriptedDriver:
        script = self.scripts.pop(0) if self.scripts else ["hang"]

        def look(asked: str) -> None:
            self.states.append((asked, self.health(settings.name).state))

        self.drivers.append(ScriptedDriver(script, look))
        return self.drivers[-1]

    def health(self, name: str = "dock") -> ReaderHealth:
        return self.supervisor.watches[name].health

    @property
    def shown(self) -> list[str]:
        """The states in the order in which they were published."""
        return [news.state for news in self.news if isinstance(news, ReaderHealth)]

    async def put_reads(
        self,
        reads: list[Read],
        acknowledge: Callable[[], None] | None = None,
        observed: Observed | None = None,
    ) -> None:
        self.reads += reads
        self.observed += [] if observed is None else [observed]
        self.acknowledge.append(acknowledge)

    def put(self, entry: Entry) -> None:
        self.news.append(entry)

    async def until_connections(self, number: int) -> None:
        await within(lambda: len(self.drivers) >= number)


@asynccontextmanager
async def watched(
    *scripts: Sequence[Step], settings: ReaderSettings = DOCK
) -> AsyncGenerator[Watched]:
    at = Watched(*scripts)
    task = asyncio.create_task(at.supervisor.run(settings))
    try:
        yield at
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert [driver.closed for driver in at.drivers] == [1] * len(at.drivers)


async def test_a_dead_driver_is_never_shown_as_online() -> None:
    async with watched(
        [LOST],
        ["ok", Batch(), LOST],
        [ReaderMisconfiguredError("dock: antenna 9 does not exist")],
    ) as at:
        await at.until_connections(3)
        await within(lambda: at.drivers[2].closed == 1)
        assert at.states == [
            ("connect", "connecting"),
            ("close", "offline"),
            ("connect", "offline"),
            ("next", "online"),
            ("next", "online"),
            ("close", "offline"),
            ("connect", "offline"),
            ("close", "misconfigured"),
        ]
        assert at.shown == ["connecting", "offline", "online", "offline", "misconfigured"]


async def test_health_says_what_is_wrong_and_what_to_do() -> None:
    async with watched([ReaderLostError("dock: refused", "Close the other program.")]) as at:
        await at.until_connections(2)
        health = at.health()
        assert (health.reason, health.remedy) == ("dock: refused", "Close the other program.")
        assert NOON_NS < health.since_ns <= at.now_ns


async def test_the_time_between_tries_grows_to_a_limit_and_starts_anew_after_a_message() -> None:
    refused = [[LOST]] * 7
    async with watched(*refused, ["ok", LOST], [LOST]) as at:
        await at.until_connections(10)
        assert at.patience.ceilings_s == [2, 5, 10, 30, 30, 30, 30, BACKOFF_S[0], 2]


async def test_a_port_of_this_machine_is_tried_every_few_seconds_for_ever() -> None:
    port = ReaderSettings(name="dock", driver="serial")
    async with watched(*([[LOST]] * 5), settings=port) as at:
        await at.until_connections(6)
        assert max(at.patience.ceilings_s) == LOCAL_BACKOFF_S < 5


async def test_the_same_trouble_again_is_no_news() -> None:
    async with watched(*[[LOST]] * 5) as at:
        await at.until_connections(6)
        assert at.shown == ["connecting", "offline"]


async def test_silence_without_an_end_is_noticed_and_the_reader_connected_afresh() -> None:
    async with watched(["ok", Batch(), "hang"], ["ok"]) as at:
        await at.until_connections(2)
        await within(lambda: "online" in at.shown[2:])
        assert at.shown[:4] == ["connecting", "online", "silent", "online"]
        assert at.drivers[0].closed == 1


async def test_a_reader_that_takes_too_long_to_connect_is_offline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.supervisor.CONNECT_TIMEOUT_S", 0.01)
    async with watched(["hang"]) as at:
        await at.until_connections(2)
        assert at.health().reason == "dock: no answer within 0.01 s"
        assert at.shown == ["connecting", "offline"]


async def test_a_misconfigured_reader_is_tried_again_rarely(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.supervisor.MISCONFIGURED_RETRY_S", 0.0)
    wrong = ReaderMisconfiguredError("dock: antenna 9 does not exist (1-4)")
    async with watched([wrong], [wrong], ["ok"]) as at:
        await within(lambda: at.shown[-1:] == ["online"])
        assert at.shown == ["connecting", "misconfigured", "online"]
        assert at.patience.ceilings_s == []


async def test_a_source_that_ends_is_disabled_and_not_opened_again() -> None:
    at = Watched(["ok", Batch(), EndOfReadsError("dock: day.csv is at its end")])
    async with asyncio.timeout(SOON_S):
        await at.supervisor.run(DOCK)
    assert at.shown == ["connecting", "online", "disabled"]
    assert (len(at.drivers), at.drivers[0].closed) == (1, 1)
    assert at.health().reason == "dock: day.csv is at its end"


async def test_a_fault_in_a_driver_is_trouble_of_that_reader_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        async with watched(["ok", ZeroDivisionError("oops")], ["ok"]) as at:
            await within(lambda: at.shown[-2:] == ["offline", "online"])
            assert at.drivers[0].closed == 1
    assert "dock: fault in its driver" in caplog.text
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("script", [["hang"], ["ok", "hang"], ["ok", Batch()]])
async def test_a_reader_that_is_not_wanted_any_more_is_closed_wherever_it_is(
    script: list[Step],
) -> None:
    async with watched(script) as at:
        await within(lambda: len(at.states) >= min(2, len(script)))
    assert at.states[-1][0] == "close"


async def test_reads_go_on_with_their_acknowledgement_and_are_counted() -> None:
    told: list[int] = []
    first = Batch(
        [read(TAGS[0], NOON_NS), read(TAGS[1], NOON_NS + 5)], acknowledge=lambda: told.append(1)
    )
    async with watched(["ok", first, Batch(bad={"frame": 1}), Batch(bad={"frame": 2})]) as at:
        await at.until_connections(2)
        watch = at.supervisor.watches["dock"]
        assert at.reads == first.reads
        assert at.acknowledge == [first.acknowledge]
        assert told == []
        assert watch.bad == {"frame": 3}
        assert (watch.reads, watch.last_read_ns) == (2, NOON_NS + 5)
        assert watch.last_message_ns is not None


async def test_an_antenna_that_is_pulled_out_is_told_at_once_and_once() -> None:
    out, back = Batch(antennas={1: "disconnected"}), Batch(antennas={1: "connected"})
    async with watched(["ok", out, out, back, LOST], ["ok"]) as at:
        await at.until_connections(2)
        await within(lambda: at.shown[-1] == "online")
        antennas = [
            (news.state, news.antennas) for news in at.news if isinstance(news, ReaderHealth)
        ]
        assert antennas == [
            ("connecting", {}),
            ("online", {}),
            ("online", {1: "disconnected"}),
            ("online", {1: "connected"}),
            ("offline", {1: "unknown"}),
            ("online", {1: "unknown"}),
        ]


async def test_a_clock_is_told_when_it_is_first_known_and_when_it_jumps() -> None:
    stated = [5, 90, 104, 150, 205, -300]
    batches = [Batch(clock_offset_ns=ms * MILLISECOND_NS) for ms in stated]
    async with watched(["ok", *batches, LOST]) as at:
        await at.until_connections(2)
        told = [news.offset_ns for news in at.news if isinstance(news, ClockOffset)]
        assert told[0] == 5 * MILLISECOND_NS
        assert told[-1] == -300 * MILLISECOND_NS
        assert at.supervisor.watches["dock"].clock_offset_ns == -300 * MILLISECOND_NS


async def test_a_clock_that_drifts_slowly_is_told_each_tenth_of_a_second() -> None:
    batches = [Batch(clock_offset_ns=ms * MILLISECOND_NS) for ms in range(0, 400, 40)]
    async with watched(["ok", *batches, LOST]) as at:
        await at.until_connections(2)
        told = [news.offset_ns for news in at.news if isinstance(news, ClockOffset)]
        assert told == [0, 120 * MILLISECOND_NS, 240 * MILLISECOND_NS, 360 * MILLISECOND_NS]


async def test_a_driver_that_fails_in_close_is_trouble_of_that_reader_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with watched(["ok", "hang"], ["ok"]) as at:
        await at.until_connections(1)
        at.drivers[0].fault_in_close = ZeroDivisionError("oops")
        await within(lambda: at.shown[-2:] == ["silent", "online"])
    assert "dock: fault in its driver while it was closed" in caplog.text


async def test_a_driver_that_hangs_in_close_is_left_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.supervisor.CLOSE_TIMEOUT_S", 0.01)
    monkeypatch.setattr(ScriptedDriver, "close", lambda _: asyncio.Event().wait())
    at = Watched([LOST], ["ok"])
    task = asyncio.create_task(at.supervisor.run(DOCK))
    await within(lambda: at.shown[-1:] == ["online"])
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert at.shown == ["connecting", "offline", "online"]


async def test_a_driver_that_can_not_be_made_leaves_the_one_before_alone() -> None:
    async with watched([LOST]) as at:
        open_driver = at.supervisor._open_reader
        faults = [ZeroDivisionError("oops")] * 2

        def fail_at_first(settings: ReaderSettings, clock: Callable[[], int]) -> Driver:
            if at.drivers and faults:
                raise faults.pop()
            return open_driver(settings, clock)

        at.supervisor._open_reader = fail_at_first
        await at.until_connections(2)


async def test_a_driver_that_ignores_its_end_is_silent_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.watches.OVERDUE_S", 0.01)
    monkeypatch.setattr("gateway.supervisor.LOOK_S", 0.01)
    async with watched(["ok", "deaf"], ["ok"]) as at:
        looking = asyncio.create_task(at.supervisor.watch_silence())
        await within(lambda: at.shown[-1:] == ["silent"])
        assert at.drivers[0].closed == 0
        at.drivers[0].let_go.set()
        await at.until_connections(2)
        looking.cancel()


async def test_a_driver_that_makes_an_error_of_its_cancellation_is_not_opened_again() -> None:
    at = Watched(["ok", "deaf"])
    task = asyncio.create_task(at.supervisor.run(DOCK))
    await within(lambda: at.states[-1:] == [("next", "online")])
    at.drivers[0].let_go.set()
    task.cancel()
    async with asyncio.timeout(SOON_S):
        with pytest.raises(asyncio.CancelledError):
            await task
    assert (len(at.drivers), at.drivers[0].closed) == (1, 1)


async def test_noise_is_counted_and_is_no_sign_of_life() -> None:
    noise = [Batch(bad={"noise": 2}, alive=False)] * 3
    async with watched(["ok", *noise, "hang"]) as at:
        await within(lambda: at.shown[-1:] == ["silent"])
        assert at.supervisor.watches["dock"].bad == {"noise": 6}


async def test_endless_noise_does_not_keep_a_reader_online() -> None:
    class Noisy(ScriptedDriver):
        async def next_batch(self) -> Batch:
            await asyncio.sleep(self.silent_after_s / 10)
            return Batch(bad={"noise": 1}, alive=False)

    at = Watched()
    at.supervisor._open_reader = lambda *_: Noisy(["ok"], lambda _: None)
    task = asyncio.create_task(at.supervisor.run(DOCK))
    await within(lambda: "silent" in at.shown)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert at.supervisor.watches["dock"].bad["noise"] > 1
