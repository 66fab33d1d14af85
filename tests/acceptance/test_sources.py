"""One gateway with a source of every kind: all that is said is committed, and whatever one of
them does, it is shown as it is and the others are heard."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.entries import Observed, ReadGroup
from simulators.mosquitto import Mosquitto
from tags.reads import Fix, Measurement
from tests.acceptance.aftermath import Committed, committed, copied
from tests.acceptance.running import Json, items, until
from tests.acceptance.works import FIGURES, HEARERS, PHONE, TAGS, Works, one_read, works
from tests.mosquitto import mosquitto


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path, persistent=True) as broker:
        yield broker


def left_behind(at: Works, copy: str) -> Committed:
    return committed(copied(at.data, at.folder / copy))


def reads_of(found: Committed) -> Counter[str]:
    counts: Counter[str] = Counter()
    for group in found.entries:
        for read in group.reads if isinstance(group, ReadGroup) else ():
            counts[read.reader] += read.count
    return counts


def observed_of(found: Committed) -> list[Fix | Measurement]:
    groups = [entry for entry in found.entries if isinstance(entry, Observed)]
    return [each for group in groups for each in (*group.fixes, *group.measurements)]


def sent(at: Works) -> dict[str, int]:
    return {
        "dock": at.dock.sent,
        "gate": at.gate.sent,
        "bench": at.bench.sent,
        "shelves": at.shelves.sent,
        "packing": at.scanner.sent,
        "radio:FX-1": at.radio.zebra.sent,
        "radio:kitchen": at.radio.heard_in_kitchen,
        "handhelds": 2 * len(at.pushed),
    }


async def hush(at: Works) -> None:
    """Let everybody finish the sentence."""
    at.speaking.clear()
    await asyncio.sleep(0.5)
    await at.radio.publisher.drain()


@pytest.mark.timeout(90)
async def test_all_that_every_kind_of_source_says_is_committed_and_shown(
    broker: Mosquitto, tmp_path: Path
) -> None:
    async with works(broker, tmp_path) as at:
        async with at.gateway():
            await register(at)
            await until(lambda: everything_is_in_its_zone(at), 15, "all tags are in their zones")
            await hush(at)
            await check_sensors_and_fix(at)
            await until(lambda: all_is_counted(at), 10, "all that was sent is counted")
            await at.running.kill()
        found = await asyncio.to_thread(left_behind, at, "copy")
        counts = reads_of(found)
        counts["shelves"] = counts.pop("shelves:1") + counts.pop("shelves:2")
        assert counts == sent(at)
        kinds = Counter(type(each).__name__ for each in observed_of(found))
        # Temperature, humidity, battery and link quality with each message of the sensor.
        assert kinds == {"Fix": at.radio.fixes, "Measurement": 4 * at.radio.thermometer.sent}


async def register(at: Works) -> None:
    assets: list[Json] = [{"id": f"in {zone}", "tags": [tag]} for zone, tag in TAGS.items()]
    assets.append({"id": "phone", "tags": [PHONE]})
    answer = await at.ask.post("assets", json=assets)
    assert answer.status_code == 200, answer.text


async def everything_is_in_its_zone(at: Works) -> bool:
    for zone in TAGS:
        there = await items(at.ask, f"zones/{zone}/assets")
        print(zone,there)
        if [each["asset"] for each in there] != [f"in {zone}"]:
            return False
    return True


async def check_sensors_and_fix(at: Works) -> None:
    values = {
        (each["sensor"], each["quantity"]): (each["value"], each["unit"])
        for each in await items(at.ask, "sensors")
    }
    assert values["radio:cold-store", "temperature"] == (4.5, "°C")
    assert values["radio:cold-store", "humidity"] == (50.0, "%")
    fix = (await at.ask.get("assets/phone/position")).json()["fix"]
    assert (fix["source"], fix["lat"], fix["lon"]) == ("radio:ann/phone", 52.5, 13.4)
    position = (await at.ask.get("assets/in yard/position")).json()
    assert (position["zone"], position["presence"]) == ("yard", "present")


async def all_is_counted(at: Works) -> bool:
    counters = await at.counters()
    counted = {name: count for (figure, name), count in counters.items() if figure == "reads"}
    counted["shelves"] = counted.pop("shelves:1") + counted.pop("shelves:2")
    return {name: counted[name] for name in sent(at)} == sent(at)
