"""What was acknowledged is not lost, whoever dies in between: the broker, or the gateway."""

import asyncio
from collections.abc import Awaitable, Iterator
from pathlib import Path

import pytest

from gateway.entries import ReadGroup
from simulators.mosquitto import Mosquitto
from tests.acceptance.aftermath import committed, copied, recovery_equals_replay
from tests.acceptance.running import Json, items, until
from tests.acceptance.works import Works, epc, works
from tests.mosquitto import mosquitto

TOOLS = {"drill": epc(0xC, 1), "saw": epc(0xC, 2)}
YARD, RAMP = 1, 2


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path, persistent=True) as broker:
        yield broker


@pytest.mark.timeout(120)
async def test_messages_and_pushes_outlive_the_broker_and_the_gateway_and_an_exit_is_one_alert(
    broker: Mosquitto, tmp_path: Path
) -> None:
    async with works(broker, tmp_path) as at:
        async with at.gateway("log-1"):
            await bring_tools(at)
            at.radio.spots[TOOLS["drill"]] = RAMP
            await restart_broker(at)
            await one_alert(at, "drill")
            await at.running.kill()
        # The gateway is dead; what the devices say now waits at the broker.
        at.radio.spots[TOOLS["saw"]] = RAMP
        said = len(at.radio.numbered)
        await until(lambda: has_said(at, said + 10), 10, "the device says ten things more")
        async with at.gateway("log-2"):
            await one_alert(at, "saw")
            await one_alert(at, "drill")
            await settle(at)
            await at.running.kill()
        await asyncio.to_thread(check_kept, at)


async def bring_tools(at: Works) -> None:
    assets = [{"id": name, "category": "tool", "tags": [tag]} for name, tag in TOOLS.items()]
    assert (await at.ask.post("assets", json=assets)).status_code == 200
    at.radio.spots = dict.fromkeys(TOOLS.values(), YARD)

    async def both_there() -> bool:
        there = await items(at.ask, "zones/yard/assets", limit=1000)
        return {each["asset"] for each in there} >= TOOLS.keys()

    await until(both_there, 15, "the tools are in the yard")


async def restart_broker(at: Works) -> None:
    """The link and all behind it are shown to be gone, and are back in 10 s."""
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(goes_offline(at))
        await asyncio.to_thread(at.broker.stop)
        await watching
    await asyncio.to_thread(at.broker.start)
    await until(at.all_online, 10, "everything is online again")


async def goes_offline(at: Works) -> None:
    async def look() -> Json | None:
        shown = await at.readers()
        states = {shown[name]["state"] for name in ("radio", "radio:FX-1", "radio:kitchen")}
        return shown["radio"] if states == {"offline"} else None

    shown = await until(look, 5, "the link and what is behind it are offline")
    assert shown["reason"]
    assert shown["remedy"]


async def one_alert(at: Works, tool: str) -> None:
    async def raised() -> list[Json]:
        return await items(at.ask, "alerts", rule="stay in", asset=tool)

    await until(lambda: _not_empty(raised()), 15, f"{tool} raises an alert")
    (alert,) = await raised()
    assert (alert["from"], alert["to"], alert["occurrences"]) == ("yard", "ramp", 1)


async def settle(at: Works) -> None:
    """Everything that was handed to the broker has arrived, and nothing more comes."""
    await at.hush()
    last = at.radio.numbered[-1]

    async def arrived() -> bool:
        there = await items(at.ask, "movements", tag=last)
        return bool(there)

    await until(arrived, 15, "the last message is committed")
    for tool in TOOLS:
        await one_alert(at, tool)


def check_kept(at: Works) -> None:
    state = copied(at.data, at.folder / "copy")
    tags = {
        read.tag
        for entry in committed(state).entries
        if isinstance(entry, ReadGroup)
        for read in entry.reads
    }
    assert set(at.radio.numbered) - tags == set(), "messages of QoS 1 are lost"
    assert set(at.pushed) - tags == set(), "answered pushes are lost"
    assert recovery_equals_replay(state)


async def has_said(at: Works, count: int) -> bool:
    return len(at.radio.numbered) >= count


async def _not_empty(asking: Awaitable[list[Json]]) -> bool:
    return bool(await asking)
