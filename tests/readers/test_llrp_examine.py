"""What `tagwarden doctor` is told about a reader."""

import time

from readers.driver import Examinable
from readers.llrp.driver import LlrpDriver
from simulators.llrp_models import MODELS
from simulators.llrp_reader import LlrpReader
from tests.readers.llrp_driving import connected, settings_of


async def test_a_healthy_reader_has_three_good_findings() -> None:
    async with (
        LlrpReader(capabilities=MODELS["impinj-r420"]) as reader,
        connected(reader, antennas={1: {}, 3: {}}) as driver,
    ):
        assert isinstance(driver, Examinable)
        findings = await driver.examine(1.0)
    assert [(found.step, found.ok, found.remedy) for found in findings] == [
        ("capabilities", True, ""),
        ("antennas", True, ""),
        ("rospec", True, ""),
    ]
    assert findings[0].detail == (
        "Impinj Speedway R420, firmware 5.14.0.240, antennas 1-4, 10 to 30 dBm, 4 inputs, 4 outputs"
    )
    assert findings[1].detail == "antennas 1, 3 connected"
    assert findings[2].detail == "runs as asked"


async def test_an_antenna_of_the_entry_that_is_not_connected_is_named() -> None:
    async with LlrpReader() as reader:
        await reader.set_antenna(3, connected=False)
        async with connected(reader, antennas={1: {}, 3: {}}) as driver:
            found = (await driver.examine(1.0))[1]
    assert (found.ok, found.detail) == (False, "antenna 3 not connected")
    assert found.remedy == "Check the cable of antenna 3, or take it out of the entry."


async def test_an_antenna_that_is_unplugged_later_is_named() -> None:
    async with LlrpReader() as reader, connected(reader, antennas={1: {}, 3: {}}) as driver:
        await driver.next_batch()
        await reader.set_antenna(1, connected=False)
        await driver.next_batch()
        assert (await driver.examine(1.0))[1].ok is False


async def test_antennas_that_nobody_listed_may_be_empty() -> None:
    async with LlrpReader() as reader:
        await reader.set_antenna(3, connected=False)
        async with connected(reader) as driver:
            found = (await driver.examine(1.0))[1]
            assert (found.ok, found.detail) == (True, "antennas 1, 2, 4 connected")
        for antenna in (1, 2, 4):
            await reader.set_antenna(antenna, connected=False)
        async with connected(reader) as driver:
            assert (await driver.examine(1.0))[1].ok is False


async def test_antennas_that_the_reader_does_not_speak_of_are_unknown() -> None:
    async with LlrpReader() as reader, connected(reader, antennas={1: {}}) as driver:
        driver._link.take()
        found = (await driver.examine(1.0))[1]
    assert found.ok is None


async def test_nothing_is_found_before_a_connection() -> None:
    assert await LlrpDriver(settings_of("h"), time.time_ns).examine(1.0) == []
