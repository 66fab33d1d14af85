from collections.abc import Sequence
from typing import ClassVar

import pytest

from gateway.entries import Entry
from gateway.watches import REMEDY_WAITING, STRANGERS_MAX, Watches
from readers.driver import Batch, DeviceNews
from readers.health import ReaderHealth
from readers.settings import AntennaSettings, DeviceSettings, ReaderSettings
from tags.reads import Read
from tests.gateway.made import NOON_NS, TAGS, read


class LinkSettings(ReaderSettings):
    has_devices: ClassVar[bool] = True


class Board:
    """Watches with clocks that stand still until they are moved."""

    def __init__(self, **devices: DeviceSettings) -> None:
        self.now_s = 0.0
        self.told: list[Entry] = []
        self.watches = Watches(self.told.append, self._clock, lambda: self.now_s)
        self.watches.begin(LinkSettings(name="link", driver="mqtt", devices=dict(devices)))

    def _clock(self) -> int:
        return NOON_NS + round(self.now_s * 1e9)

    def connect(self, *, passive: bool = False) -> None:
        self.watches.note_connected("link", passive=passive, silent_after_s=10.0)

    def hear(self, *devices: str, reads: Sequence[Read] = ()) -> None:
        news = {device: DeviceNews() for device in devices}
        self.watches.note_batch("link", Batch(devices=news, reads=list(reads)))

    def wait(self, seconds: float) -> None:
        self.now_s += seconds
        self.watches.look_for_silence()

    def state(self, name: str = "link") -> str:
        return self.watches.by_name[name].health.state


@pytest.fixture
def board() -> Board:
    return Board(fx=DeviceSettings(zone="hall", antennas={1: AntennaSettings()}))


def test_a_source_that_only_speaks_at_times_is_not_online_before_it_did(board: Board) -> None:
    board.connect(passive=True)
    assert board.state() == "connecting"
    assert board.watches.by_name["link"].last_message_ns is None
    board.hear()
    assert board.state() == "online"
    assert board.watches.by_name["link"].last_message_ns == NOON_NS


def test_a_silent_source_is_said_to_be_silent_and_is_online_again_when_it_speaks(
    board: Board,
) -> None:
    board.connect(passive=True)
    board.hear()
    board.wait(9.9)
    assert board.state() == "online"
    board.wait(0.2)
    assert board.state() == "silent"
    board.hear()
    assert board.state() == "online"


def test_a_device_has_a_health_of_its_own(board: Board) -> None:
    board.connect()
    assert (board.state(), board.state("link:fx")) == ("online", "connecting")
    board.hear("fx")
    assert board.state("link:fx") == "online"
    board.wait(10.0)
    board.hear()
    board.wait(5.1)
    assert (board.state(), board.state("link:fx")) == ("online", "silent")


def test_a_device_may_be_silent_for_as_long_as_its_entry_says() -> None:
    board = Board(fx=DeviceSettings(silent_after_s=60.0))
    board.connect()
    board.hear("fx")
    board.wait(59.0)
    assert board.state("link:fx") == "online"


def test_what_is_behind_a_dead_link_is_offline(board: Board) -> None:
    board.connect()
    board.hear("fx")
    board.watches.note_end("link", "offline", "link: gone", "Check it.")
    health = board.watches.by_name["link:fx"].health
    assert (health.state, health.reason) == ("offline", "its link link is offline")
    board.connect()
    assert board.state("link:fx") == "connecting"


def test_a_last_will_takes_a_device_offline_until_it_speaks(board: Board) -> None:
    board.connect()
    board.hear("fx")
    board.watches.note_batch("link", Batch(devices={"fx": DeviceNews(lost="its last will")}))
    assert board.state("link:fx") == "offline"
    board.wait(100.0)
    assert board.state("link:fx") == "offline"
    board.hear("fx")
    assert board.state("link:fx") == "online"


def test_reads_count_for_the_device_that_made_them(board: Board) -> None:
    board.connect()
    board.hear("fx", reads=[read(TAGS[0], 0, reader="link:fx")])
    assert board.watches.by_name["link:fx"].reads == 1
    assert board.watches.by_name["link"].reads == 0


def test_a_device_that_is_not_listed_is_shown_but_not_told(board: Board) -> None:
    board.connect()
    board.told.clear()
    board.hear("stranger")
    watch = board.watches.by_name["link:stranger"]
    assert (watch.listed, watch.health.state) == (False, "online")
    assert board.told == []
    assert [
        entry.reader for entry in board.watches.restate() if isinstance(entry, ReaderHealth)
    ] == [
        "link",
        "link:fx",
    ]


def test_a_device_that_is_not_listed_is_silent_after_what_its_links_entry_says() -> None:
    board = Board()
    board.connect()
    board.hear("stranger")
    board.wait(14.9)
    assert board.state("link:stranger") == "online"
    board.wait(0.2)
    assert board.state("link:stranger") == "silent"


def test_what_has_not_spoken_yet_is_told_what_to_do(board: Board) -> None:
    board.connect()
    assert board.watches.by_name["link:fx"].health.remedy == REMEDY_WAITING


def test_only_so_many_strangers_are_remembered(board: Board) -> None:
    board.connect()
    board.hear(*(f"s{n}" for n in range(STRANGERS_MAX + 3)))
    assert len(board.watches.by_name) == 2 + STRANGERS_MAX
    assert board.watches.by_name["link"].bad == {"unknown_device": 3}


def test_antennas_of_a_device_are_told(board: Board) -> None:
    board.connect()
    news = DeviceNews(antennas={1: "disconnected"})
    board.watches.note_batch("link", Batch(devices={"fx": news}))
    told = board.told[-1]
    assert isinstance(told, ReaderHealth)
    assert (told.reader, told.antennas) == ("link:fx", {1: "disconnected"})
    assert not told.hears(1)


def test_a_reader_that_is_held_back_for_too_long_is_not_called_online(board: Board) -> None:
    board.connect()
    board.hear()
    board.watches.hold_back("link", waits=True)
    board.wait(10.1)
    assert board.state() == "silent"
    board.watches.hold_back("link", waits=False)
    board.hear()
    assert board.state() == "online"


def test_a_forgotten_link_takes_its_devices_along(board: Board) -> None:
    board.connect()
    board.hear("stranger")
    board.watches.forget("link")
    assert board.watches.by_name == {}
