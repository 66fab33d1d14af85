"""A whole gateway that ships its history: alerts wait for nobody, and people are told."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path

import pytest

from gateway.shipping import Shipper
from gateway.site import load_site
from gateway.site_desk import Told
from history.set_aside import Refused
from history.store import StoreRefusedError
from tests.delivery.receiver import Receiver, listening
from tests.gateway.copies import Copy, away
from tests.gateway.depot import Depot, depot, hook, site_text
from tests.gateway.made import within

INFLUXDB = "history: {store: influxdb, url: http://127.0.0.1:1}\n"


@pytest.fixture
def copy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Copy]:
    """What the gateway ships to."""
    copy = Copy()

    def open_copy(_settings: object, put_aside: Callable[[Sequence[Refused]], None]) -> Copy:
        copy.put_aside = put_aside
        return copy

    monkeypatch.setattr("gateway.copying.open_influxdb", open_copy)
    monkeypatch.setattr("history.day_shipping.SETTLE_S", -5)
    monkeypatch.setattr("gateway.shipping.REST_S", 0.01)
    monkeypatch.setattr("gateway.shipping.BACK_OFF_S", 0.01)
    yield copy
    copy.closed.wait(5)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with listening() as receiver:
        yield receiver


def bodies(receiver: Receiver, *words: bytes) -> list[bytes]:
    """What was told that has all these words in it."""
    told = [post.body.replace(b": ", b":") for post in receiver.posts]
    return [body for body in told if all(word in body for word in words)]


def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.self_watch.HISTORY_AFTER_S", 0.0)
    monkeypatch.setattr("gateway.self_watch.LOOK_S", 0.01)


async def test_an_alert_goes_out_while_the_other_store_hangs(
    tmp_path: Path, copy: Copy, receiver: Receiver
) -> None:
    hangs, goes_on = threading.Event(), threading.Event()

    def hang(_number: int) -> None:
        hangs.set()
        goes_on.wait(20)

    copy.fails = hang
    async with depot(tmp_path, site_text(hook(receiver), "guards") + INFLUXDB) as found:
        await found.walk_out(0)
        assert await asyncio.to_thread(hangs.wait, 10)
        await found.walk_out(1)
        await within(lambda: bodies(receiver, b'"asset":"L1"'))
        assert not copy.outputs
        goes_on.set()
        await within(lambda: len(copy.alerts) == 2)
        await within(lambda: copy.reads == 602)


async def test_what_was_heard_and_decided_is_there_and_here(
    tmp_path: Path, copy: Copy, receiver: Receiver
) -> None:
    async with depot(tmp_path, site_text(hook(receiver), "guards") + INFLUXDB) as found:
        for laptop in range(5):
            await found.walk_out(laptop)
        await within(lambda: copy.reads == 5 * 301)
        await within(lambda: len(copy.alerts) == 5)
        shipper = await shipper_of(found)
        await within(lambda: shipper.backlog == 0)
        assert {zone for (_, _, _, antenna), zone in copy.zones.items() if antenna == 2} == {"gate"}
        shown = await metrics(found)
        assert 'tagwarden_history_backlog_items{store="influxdb"} 0.0' in shown
        assert 'tagwarden_history_lag_seconds{store="influxdb"} 0.0' in shown
        assert 'tagwarden_history_set_aside_total{store="influxdb"} 0.0' in shown


async def metrics(found: Depot) -> str:
    async with found.client() as client:
        return (await client.get("/metrics")).text


async def test_a_store_that_refuses_us_is_said_to_people_until_it_takes_us(
    tmp_path: Path, copy: Copy, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch)
    copy.fails = away("influxdb: 401: its token is wrong", StoreRefusedError)
    site = site_text(hook(receiver), "guards", "guards") + INFLUXDB
    async with depot(tmp_path, site) as found, found.client() as client:
        await found.walk_out(0)
        await within(lambda: bodies(receiver, b"alert.raised", b"its token is wrong"))
        # Requests are answered from the gateway's own files, so it is as ready as before.
        assert (await client.get("/readyz")).status_code == 200
        copy.fails = lambda _number: None
        await within(lambda: bodies(receiver, b"alert.cleared", b"its token is wrong"))


async def test_another_site_file_ends_shipping_and_begins_it_anew(
    tmp_path: Path, copy: Copy, receiver: Receiver
) -> None:
    site = site_text(hook(receiver), "guards")
    async with depot(tmp_path / "data", site + INFLUXDB) as found:
        gateway = found.gateway
        await found.walk_out(0)
        await within(lambda: copy.outputs)
        path = tmp_path / "site.yaml"
        await asyncio.to_thread(path.write_text, site)
        await gateway._put_in_force(await asyncio.to_thread(load_site, path), Told())
        assert gateway._archive.copying.shipper is None
        assert await asyncio.to_thread(copy.closed.wait, 5)
        await found.walk_out(1)
        await asyncio.to_thread(path.write_text, site + INFLUXDB)
        await gateway._put_in_force(await asyncio.to_thread(load_site, path), Told())
        await within(lambda: len(copy.alerts) == 2)


async def test_lines_that_were_refused_are_told_and_can_be_sent_again(
    tmp_path: Path, copy: Copy, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch)
    copy.refuses = lambda each: each.antenna == 2
    site = site_text(hook(receiver), "guards", "guards") + INFLUXDB
    async with depot(tmp_path, site) as found:
        await found.walk_out(1)
        shipper = await shipper_of(found)
        await within(lambda: shipper.set_aside == 1)
        await within(lambda: bodies(receiver, b"alert.raised", b"set aside"))
        assert await shipper.retry() == (1, 0)
        assert len(copy.sent) == 1


async def shipper_of(found: Depot) -> Shipper:
    await within(lambda: found.gateway._archive.copying.shipper)
    shipper = found.gateway._archive.copying.shipper
    assert shipper is not None
    return shipper
