"""Drivers that break their contract, under the supervisor."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import pytest

from readers.driver import Batch, Driver
from readers.settings import ReaderSettings
from tests.gateway.made import within
from tests.gateway.supervised import DOCK, LOST, SOON_S, ScriptedDriver, Watched, watched


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

    async def hang(_driver: ScriptedDriver) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(ScriptedDriver, "close", hang)
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


def nobody_looks(_asked: str) -> None:
    """How a reader is shown does not matter."""


async def test_endless_noise_does_not_keep_a_reader_online() -> None:
    class Noisy(ScriptedDriver):
        async def next_batch(self) -> Batch:
            await asyncio.sleep(self.silent_after_s / 10)
            return Batch(bad={"noise": 1}, alive=False)

    at = Watched()
    at.supervisor._open_reader = lambda _settings, _clock: Noisy(["ok"], nobody_looks)
    task = asyncio.create_task(at.supervisor.run(DOCK))
    await within(lambda: "silent" in at.shown)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert at.supervisor.watches["dock"].bad["noise"] > 1
