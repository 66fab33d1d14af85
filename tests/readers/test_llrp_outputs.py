"""Inputs become measurements; outputs never stay on because somebody forgot them."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from readers.driver import (
    Batch,
    ReaderLostError,
    ReaderMisconfiguredError,
    ReadsOutputs,
    SwitchesOutputs,
)
from readers.llrp.driver import LlrpDriver
from simulators.llrp_reader import LlrpReader
from tests.readers.llrp_driving import (
    DEADLINE_S,
    batches_until,
    connected,
    settings_of,
    the_end,
    until,
)

pytestmark = pytest.mark.timeout(60)
OUTPUTS = {1: {"name": "lamp", "on_s_max": 0.2}, 2: {"name": "siren", "on_s_max": 60}}


@pytest.fixture
async def reader() -> AsyncIterator[LlrpReader]:
    async with LlrpReader() as simulated:
        yield simulated


async def until_output(reader: LlrpReader, port: int, *, high: bool) -> None:
    await asyncio.wait_for(reader.until_output(port, high=high), DEADLINE_S)


class TestInputs:
    async def test_an_input_that_changes_is_a_measurement(self, reader: LlrpReader) -> None:
        async with connected(reader) as driver:
            await driver.next_batch()
            for high in (True, False):
                await reader.set_input(3, high=high)
                batch = (await batches_until(driver, lambda b: bool(b.measurements)))[-1]
                (measured,) = batch.measurements
                assert (measured.sensor, measured.quantity) == ("r1", "gpi/3")
                assert (measured.value, measured.unit) == (float(high), "")
                assert 0 <= measured.arrival_ns - measured.time_ns < 10**9

    async def test_the_state_at_the_connection_is_told(self, reader: LlrpReader) -> None:
        await reader.set_input(2, high=True)
        async with connected(reader) as driver:
            batch = (await batches_until(driver, lambda b: bool(b.measurements)))[-1]
        states = {m.quantity: m.value for m in batch.measurements}
        assert states == {"gpi/1": 0.0, "gpi/2": 1.0, "gpi/3": 0.0, "gpi/4": 0.0}

    async def test_the_antennas_at_the_connection_are_told(self, reader: LlrpReader) -> None:
        await reader.set_antenna(2, connected=False)
        async with connected(reader) as driver:
            batch = (await batches_until(driver, lambda b: bool(b.antennas)))[-1]
        assert batch.antennas == {
            1: "connected",
            2: "disconnected",
            3: "connected",
            4: "connected",
        }

    async def test_a_flood_of_changes_waits_in_the_reader(self, reader: LlrpReader) -> None:
        async with connected(reader, reads_waiting_max=100) as driver:
            flood = asyncio.create_task(toggle_for_ever(reader))
            await until(lambda: driver._link._paused)
            assert driver._link.inbox.waiting < 20_000
            flood.cancel()


async def toggle_for_ever(reader: LlrpReader) -> None:
    high = True
    while True:
        await reader.set_input(1, high=high)
        high = not high
        await asyncio.sleep(0)


class TestOutputs:
    async def test_the_driver_switches_outputs(self, reader: LlrpReader) -> None:
        async with connected(reader, outputs=OUTPUTS) as driver:
            assert isinstance(driver, SwitchesOutputs)
            await driver.switch_output(2, 30)
            assert reader.outputs[2]
            await driver.switch_output(2, None)
            assert not reader.outputs[2]

    async def test_the_reader_is_asked_how_an_output_is(self, reader: LlrpReader) -> None:
        async with connected(reader, outputs=OUTPUTS) as driver:
            assert isinstance(driver, ReadsOutputs)
            assert await driver.output_is_on(2) is False
            await driver.switch_output(2, 30)
            assert await driver.output_is_on(2) is True
            assert await driver.output_is_on(99) is None
        with pytest.raises(ReaderLostError):
            await driver.output_is_on(2)

    async def test_an_output_goes_off_by_itself_after_the_time_asked(
        self,
        reader: LlrpReader,
    ) -> None:
        async with connected(reader, outputs=OUTPUTS) as driver:
            await driver.switch_output(2, 0.1)
            assert reader.outputs[2]
            await until_output(reader, 2, high=False)

    async def test_no_output_stays_on_longer_than_its_largest_time(
        self,
        reader: LlrpReader,
    ) -> None:
        async with connected(reader, outputs=OUTPUTS) as driver:
            begun_s = time.monotonic()
            await driver.switch_output(1, 3600)
            await until_output(reader, 1, high=False)
            assert 0.2 <= time.monotonic() - begun_s < 2.0

    async def test_switching_on_again_starts_the_time_anew(self, reader: LlrpReader) -> None:
        async with connected(reader, outputs=OUTPUTS) as driver:
            await driver.switch_output(2, 0.05)
            await driver.switch_output(2, 30)
            await asyncio.sleep(0.1)
            assert reader.outputs[2]

    async def test_close_switches_off(self, reader: LlrpReader) -> None:
        async with connected(reader, outputs=OUTPUTS) as driver:
            await driver.switch_output(2, 30)
        assert not reader.outputs[2]

    async def test_connect_switches_off_what_a_lost_connection_left_on(
        self,
        reader: LlrpReader,
    ) -> None:
        async with connected(reader, outputs=OUTPUTS) as driver:
            await driver.switch_output(2, 30)
            reader.drop()
            await the_end(driver)
        assert reader.outputs[2]
        async with connected(reader, outputs=OUTPUTS):
            assert not reader.outputs[2]

    async def test_outputs_that_the_entry_does_not_list_are_left_alone(
        self,
        reader: LlrpReader,
    ) -> None:
        reader._answers.outputs[3] = True
        async with connected(reader, outputs=OUTPUTS) as driver:
            with pytest.raises(ReaderMisconfiguredError, match=r"output 3 .* \(listed: 1, 2\)"):
                await driver.switch_output(3, 1)
        assert reader.outputs[3]

    async def test_an_output_that_the_reader_refuses_is_told(self) -> None:
        async with (
            LlrpReader(refuse=["gpo"]) as reader,
            connected(reader, outputs=OUTPUTS) as driver,
        ):
            with pytest.raises(ReaderMisconfiguredError, match=r"refuses output 2: .*GPOWriteData"):
                await driver.switch_output(2, 1)

    async def test_a_reader_that_is_not_connected_takes_nothing(self) -> None:
        driver = LlrpDriver(settings_of("127.0.0.1:1", outputs=OUTPUTS), time.time_ns)
        with pytest.raises(ReaderLostError, match="r1: not connected"):
            await driver.switch_output(1, 1)

    async def test_a_reader_that_does_not_answer_is_lost_and_the_rest_counted(
        self,
        reader: LlrpReader,
    ) -> None:
        async with connected(reader, outputs=OUTPUTS, connect_timeout_s=0.3) as driver:
            await driver.next_batch()
            reader.go_silent()
            with pytest.raises(ReaderLostError, match="no answer to SET_READER_CONFIG"):
                await driver.switch_output(2, 0.05)

            def left_on(batch: Batch) -> bool:
                return "output_left_on" in batch.bad

            await batches_until(driver, left_on)
