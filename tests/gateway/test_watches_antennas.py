"""What is said of the antennas of a source that was silent, lost or connected afresh."""

from readers.driver import Batch, DeviceNews
from readers.settings import AntennaSettings, DeviceSettings
from tests.gateway.test_watches import Board

OUT = DeviceNews(antennas={1: "disconnected"})


def a_board() -> Board:
    board = Board(fx=DeviceSettings(zone="hall", antennas={1: AntennaSettings()}))
    board.connect()
    board.watches.note_batch("link", Batch(devices={"fx": OUT}, antennas={2: "disconnected"}))
    return board


def antennas(board: Board, name: str) -> dict[int, str]:
    return dict(board.watches.by_name[name].health.antennas)


def test_an_antenna_that_was_unplugged_is_so_after_a_silence() -> None:
    board = a_board()
    board.watches.hold_back("link", waits=True)
    board.wait(20)
    assert (board.state("link"), antennas(board, "link")) == ("silent", {2: "unknown"})
    assert (board.state("link:fx"), antennas(board, "link:fx")) == ("silent", {1: "unknown"})
    board.hear("fx")
    assert (board.state("link"), antennas(board, "link")) == ("online", {2: "disconnected"})
    assert (board.state("link:fx"), antennas(board, "link:fx")) == ("online", {1: "disconnected"})


def test_of_a_device_that_was_lost_the_antennas_are_unknown_until_it_tells() -> None:
    board = a_board()
    lost = DeviceNews(lost="its last will was published")
    board.watches.note_batch("link", Batch(devices={"fx": lost}))
    board.hear("fx")
    assert antennas(board, "link:fx") == {1: "unknown"}
    board.watches.note_batch("link", Batch(devices={"fx": OUT}))
    assert antennas(board, "link:fx") == {1: "disconnected"}


def test_after_a_new_connection_antennas_are_unknown_until_they_are_told() -> None:
    board = a_board()
    board.watches.note_end("link", "offline", "gone", "")
    board.connect()
    board.hear("fx")
    assert (antennas(board, "link"), antennas(board, "link:fx")) == ({2: "unknown"}, {1: "unknown"})
