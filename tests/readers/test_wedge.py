import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.catalog import open_driver
from readers.driver import ReaderLostError
from readers.wedge import EVIOCGRAB, WedgeDriver, WedgeSettings
from readers.wire.evdev import EVENT, KeyMap, Typing, press, type_text

DEADLINE_S = 5.0
NOW_NS = 1_700_000_000_000_000_000
ENTER, LEFT_SHIFT, CAPS_LOCK, A, F1 = 28, 42, 58, 30, 59
SYNC_DROPPED = EVENT.pack(0, 0, 0, 3, 0)


class TestTyping:
    @pytest.mark.parametrize(
        ("keymap", "text"),
        [
            ("us", "]d20180614141123458216789"),
            ("us", "https://id.gs1.org/01/80614141123458/21/6789?17=271231&x=_~"),
            ("us", "01\x1d21"),
            ("de", "https://id.gs1.org/01/80614141123458/21/6789?17=271231&x=_~"),
            ("de", "Zählerstraße 7 [x] {y} a@b \\ €"),
        ],
    )
    def test_what_was_typed_is_read(self, keymap: KeyMap, text: str) -> None:
        assert Typing(keymap).feed(type_text(text, keymap)) == [text]

    def test_the_wrong_map_swaps_letters(self) -> None:
        assert Typing("de").feed(type_text("zy-", "us")) == ["yzß"]

    def test_caps_lock_swaps_letters_only(self) -> None:
        typing = Typing()
        typing.feed(press(CAPS_LOCK) + press(CAPS_LOCK, 0))
        assert typing.feed(type_text("aB1!")) == ["Ab1!"]

    def test_a_held_shift_ends_when_it_is_released(self) -> None:
        keys = press(LEFT_SHIFT) + press(A) + press(LEFT_SHIFT, 0) + press(A) + press(ENTER)
        assert Typing().feed(keys) == ["Aa"]

    def test_a_text_with_an_unknown_key_is_dropped_and_the_next_one_is_read(self) -> None:
        typing = Typing()
        assert typing.feed(press(A) + press(F1) + press(A) + press(ENTER)) == []
        assert typing.feed(type_text("next")) == ["next"]
        assert typing.bad == {"unknown_key": 1}

    def test_a_text_of_which_the_kernel_lost_keys_is_dropped(self) -> None:
        typing = Typing()
        assert typing.feed(press(A) + SYNC_DROPPED + press(A) + press(ENTER)) == []
        assert typing.bad == {"dropped_keys": 1}

    def test_a_key_that_is_held_down_for_ever_needs_no_memory(self) -> None:
        typing = Typing()
        for _ in range(100):
            typing.feed(press(A, 2) * 100)
            assert typing.waiting <= 4096
        assert typing.feed(press(ENTER)) == []
        assert typing.bad == {"long_line": 1}

    def test_a_pause_ends_a_text(self) -> None:
        typing = Typing()
        assert typing.feed(press(A) * 3) == []
        assert typing.pause() == ["aaa"]
        assert typing.pause() == []

    @given(st.text("abcXYZ0189-/:]", max_size=30), st.integers(1, 100))
    def test_any_split_of_the_events_gives_the_same_text(self, text: str, size: int) -> None:
        data = type_text(text) + type_text("end")
        typing = Typing()
        texts = [
            typed for at in range(0, len(data), size) for typed in typing.feed(data[at : at + size])
        ]
        assert texts == ([text] if text else []) + ["end"]

    @given(st.binary(max_size=500))
    def test_any_bytes_are_survived(self, data: bytes) -> None:
        typing = Typing("de")
        for text in typing.feed(data) + typing.pause():
            assert isinstance(text, str)

    def test_what_is_on_no_key_can_not_be_typed(self) -> None:
        with pytest.raises(ValueError, match="no key"):
            type_text("€")


class Device:
    """A named pipe in place of an input device."""

    def __init__(self, path: Path) -> None:
        self.path = path
        os.mkfifo(path)
        self._descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    def type(self, data: bytes) -> None:
        os.write(self._descriptor, data)

    def unplug(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


@pytest.fixture
async def device(tmp_path: Path) -> AsyncIterator[Device]:
    pipe = Device(tmp_path / "event-kbd")
    yield pipe
    pipe.unplug()


@asynccontextmanager
async def connected(device: Device, **entry: object) -> AsyncGenerator[WedgeDriver]:
    given_entry = {"name": "desk", "device": str(device.path), "grab": False, **entry}
    driver = WedgeDriver(WedgeSettings.model_validate(given_entry), lambda: NOW_NS)
    try:
        await driver.connect()
        yield driver
    finally:
        await driver.close()


class TestDriver:
    async def test_a_scan_is_a_read_at_its_arrival(self, device: Device) -> None:
        async with connected(device) as driver:
            device.type(type_text("]d20180614141123458216789"))
            batch = await asyncio.wait_for(driver.next_batch(), DEADLINE_S)
        (read,) = batch.reads
        assert read.tag == "code:(01)80614141123458(21)6789"
        assert (read.reader, read.antenna, read.arrival_ns) == ("desk", 1, NOW_NS)

    async def test_a_code_without_enter_ends_with_silence(self, device: Device) -> None:
        async with connected(device, silence_ms=50) as driver:
            device.type(press(A) * 4)
            batch = await asyncio.wait_for(driver.next_batch(), DEADLINE_S)
        assert [read.tag for read in batch.reads] == ["code:aaaa"]

    async def test_single_keys_are_no_code(self, device: Device) -> None:
        async with connected(device, silence_ms=50) as driver:
            device.type(press(A))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(driver.next_batch(), 0.2)
            device.type(type_text("A-1"))
            batch = await asyncio.wait_for(driver.next_batch(), DEADLINE_S)
        assert [read.tag for read in batch.reads] == ["code:A-1"]

    async def test_a_no_read_is_a_sign_of_life(self, device: Device) -> None:
        async with connected(device) as driver:
            device.type(type_text("NOREAD"))
            assert not (await asyncio.wait_for(driver.next_batch(), DEADLINE_S)).reads

    async def test_a_wrong_check_digit_is_counted(self, device: Device) -> None:
        async with connected(device) as driver:
            device.type(type_text("]E04006381333932"))
            batch = await asyncio.wait_for(driver.next_batch(), DEADLINE_S)
        assert batch.bad == {"check_digit": 1}

    async def test_unplugging_raises_after_what_was_counted(self, device: Device) -> None:
        async with connected(device) as driver:
            device.type(press(F1) + press(ENTER))
            waiting = asyncio.create_task(driver.next_batch())
            await asyncio.sleep(0.05)
            device.unplug()
            batch = await asyncio.wait_for(waiting, DEADLINE_S)
            assert batch.bad == {"unknown_key": 1}
            for _ in range(2):
                with pytest.raises(ReaderLostError, match="is gone"):
                    await driver.next_batch()

    async def test_a_device_that_is_not_there_says_where_to_look(self, tmp_path: Path) -> None:
        settings = WedgeSettings(name="desk", device=str(tmp_path / "absent"))
        with pytest.raises(ReaderLostError) as lost:
            await WedgeDriver(settings, lambda: 0).connect()
        assert "/dev/input/by-id" in lost.value.remedy

    async def test_a_device_that_can_not_be_taken_is_not_used(self, device: Device) -> None:
        with pytest.raises(ReaderLostError):
            async with connected(device, grab=True):
                pass

    async def test_the_device_is_taken_for_us_alone(
        self,
        device: Device,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        asked: list[tuple[int, int]] = []

        def note(_descriptor: int, what: int, how: int) -> None:
            asked.append((what, how))

        monkeypatch.setattr("readers.wedge.fcntl.ioctl", note)
        async with connected(device, grab=True):
            assert asked == [(EVIOCGRAB, 1)]

    async def test_a_closed_device_is_read_no_more(self, device: Device) -> None:
        async with connected(device) as driver:
            await driver.close()
            with pytest.raises(ReaderLostError):
                await driver.next_batch()

    def test_it_covers_no_zone(self) -> None:
        settings = WedgeSettings(name="desk", device="/dev/input/x")
        assert not settings.hearers()[0].covers
        assert open_driver(settings, lambda: 0).passive
