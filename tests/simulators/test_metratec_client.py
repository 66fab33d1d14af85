"""Metratec's own client drives the simulated reader."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from metratec_rfid.pulsar_lr import PulsarLR
from metratec_rfid.pulsar_mx import PulsarMX

from simulators import metratec as simulated
from simulators.llrp_reader import make_tags
from simulators.metratec import Language, MetratecReader
from simulators.metratec_answers import AtAnswers
from simulators.serial_port import SerialPort
from simulators.tcp_port import TcpPort
from tags.reads import Read

DEADLINE_S = 10.0
TAGS = make_tags(5)


@pytest.fixture(params=["PulsarLR over tcp", "PulsarLR over serial", "PulsarMX over tcp"])
async def pair(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[tuple[MetratecReader, Any]]:
    monkeypatch.setattr(simulated, "ROUND_S", 0.02)
    model, _, line = str(request.param).partition(" over ")
    port = TcpPort() if line == "tcp" else SerialPort()
    language: Language = "at" if model == "PulsarLR" else "ascii"
    async with MetratecReader(port, language) as module:
        client = client_of(model, port)
        try:
            await client.connect(timeout=DEADLINE_S)
            yield module, client
        finally:
            await client.disconnect()
            await asyncio.sleep(0)


def client_of(model: str, port: SerialPort | TcpPort) -> Any:  # noqa: ANN401 -- it has no types
    makes: dict[str, Callable[..., Any]] = {"PulsarLR": PulsarLR, "PulsarMX": PulsarMX}
    if isinstance(port, SerialPort):
        return makes[model]("peer", port.path)
    host, _, number = port.address.rpartition(":")
    return makes[model]("peer", host, int(number))


def reads() -> list[Read]:
    return [Read(tag, "", 1, 0, 0, -51.0) for tag in TAGS]


async def test_it_connects_and_asks_for_one_round(pair: tuple[MetratecReader, Any]) -> None:
    module, client = pair
    assert client.is_running()
    if isinstance(module.answers, AtAnswers):
        await client.set_inventory_settings(with_rssi=True)
    await module.report(reads())
    found = await client.get_inventory()
    assert {(tag.get_epc().lower(), tag.get_rssi()) for tag in found} == {(t, -51) for t in TAGS}


async def test_it_hears_an_inventory_without_end(pair: tuple[MetratecReader, Any]) -> None:
    module, client = pair
    await client.start_inventory()
    await asyncio.wait_for(module.inventorying.wait(), DEADLINE_S)
    await module.report(reads())
    found: set[str] = set()
    async with asyncio.timeout(DEADLINE_S):
        while len(found) < len(TAGS):
            heard = await client.fetch_inventory(wait_for_tags=True)
            found |= {tag.get_epc().lower() for tag in heard}
    assert found == set(TAGS)
    await client.stop_inventory()
    assert not module.inventorying.is_set()


async def test_it_sets_the_power_and_is_refused_too_much(pair: tuple[MetratecReader, Any]) -> None:
    module, client = pair
    await client.set_power(12)
    assert module.answers.power_dbm == 12
    with pytest.raises(Exception, match="range"):
        await client.set_power(99)
