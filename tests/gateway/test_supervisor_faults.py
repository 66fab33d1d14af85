"""Drivers that break their contract, under the supervisor."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import ClassVar

import pytest

from readers.driver import Batch, DeviceNews, Driver
from readers.settings import DeviceSettings, ReaderSettings
from tests.gateway.made import NOON_NS, TAGS, read, within
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

    def open_noisy(_settings: ReaderSettings, _clock: Callable[[], int]) -> Driver:
        return Noisy(["ok"], nobody_looks)

    at = Watched()
    at.supervisor._open_reader = open_noisy
    task = asyncio.create_task(at.supervisor.run(DOCK))
    await within(lambda: "silent" in at.shown)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert at.supervisor.watches["dock"].bad["noise"] > 1


class LinkSettings(ReaderSettings):
    has_devices: ClassVar[bool] = True


def link(name: str) -> LinkSettings:
    devices = {"fx": DeviceSettings(zone="hall")}
    return LinkSettings(name=name, driver="mqtt", devices=devices, silent_after_s=0.02)


async def never(*_: object) -> None:
    await asyncio.Event().wait()


async def test_a_link_that_is_renamed_while_it_is_held_back_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard = Batch(
        reads=[read(TAGS[0], NOON_NS)], devices={"fx": DeviceNews(), "stranger": DeviceNews()}
    )

    at = Watched(["ok", heard], ["ok"])
    monkeypatch.setattr(at, "put_reads", never)
    supervisor = at.supervisor
    former = asyncio.create_task(supervisor.run(link("old")))
    await within(lambda: len(supervisor.watches) == 3)
    looking = asyncio.create_task(supervisor.watch_silence())
    await within(lambda: {at.health(name).state for name in supervisor.watches} == {"silent"})
    former.cancel()
    await asyncio.wait([former])
    supervisor.forget("old")
    assert (supervisor.watches, supervisor.drivers) == ({}, {})
    latter = asyncio.create_task(supervisor.run(link("new")))
    await within(lambda: set(supervisor.watches) == {"new", "new:fx"})
    await within(lambda: at.health("new").state == "online")
    assert at.health("new:fx").state == "connecting"
    for task in (looking, latter):
        task.cancel()
    await asyncio.wait([looking, latter])
