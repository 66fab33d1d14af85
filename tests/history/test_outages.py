"""What nobody could hear, as it is told by the health of readers."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from history.outages import outages_of, record_stop
from history.outputs import Numbered, Output, ReadersRemoved
from history.record import record_outputs
from history.state import open_in_memory
from readers.health import HealthState, ReaderHealth
from readers.maintenance import Maintenance, Target

FAR = 10_000


class Book:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._seq = 0

    def tell(self, output: Output, now_ns: int = 0) -> None:
        self._seq += 1
        record_outputs(self.connection, [Numbered(self._seq, output)], now_ns)

    def spans(self) -> list[tuple[str, int, str, int, int | None]]:
        found = outages_of(self.connection, ["gate-1"], 0, FAR)
        return [(each.reader, each.antenna, each.state, each.from_ns, each.to_ns) for each in found]


@pytest.fixture
def book() -> Iterator[Book]:
    with closing(open_in_memory()) as connection:
        yield Book(connection)


def health(state: HealthState, since_ns: int, reason: str = "") -> ReaderHealth:
    return ReaderHealth(reader="gate-1", state=state, since_ns=since_ns, reason=reason)


def test_a_reader_that_is_called_again_and_again_has_one_outage(book: Book) -> None:
    book.tell(health("connecting", 10))
    book.tell(health("offline", 20, "refused"))
    book.tell(health("connecting", 30))
    assert book.spans() == [("gate-1", 0, "offline", 10, None)]
    book.tell(health("online", 40))
    assert book.spans() == [("gate-1", 0, "offline", 10, 40)]
    book.tell(health("silent", 50))
    assert book.spans()[1:] == [("gate-1", 0, "silent", 50, None)]


def test_an_antenna_has_outages_of_its_own(book: Book) -> None:
    lacking = ReaderHealth(
        reader="gate-1", state="online", since_ns=10, antennas={1: "connected", 2: "disconnected"}
    )
    book.tell(lacking)
    book.tell(ReaderHealth(reader="gate-1", state="online", since_ns=30, antennas={2: "connected"}))
    assert book.spans() == [("gate-1", 2, "disconnected", 10, 30)]


def test_a_maintenance_ends_when_it_is_known_to_be_over(book: Book) -> None:
    work = Maintenance(
        target=Target("reader", "gate-1"),
        since_ns=20,
        until_ns=60,
        reason="cabling",
        by="somebody",
        points=(("gate-1", 0),),
    )
    book.tell(
        ReaderHealth(reader="gate-1", state="online", since_ns=5, maintenance=(work,)), now_ns=20
    )
    book.tell(health("online", 5), now_ns=45)
    assert book.spans() == [("gate-1", 0, "maintenance", 20, 45)]


def test_a_reader_that_is_taken_out_of_the_site_file_is_not_missed_any_more(book: Book) -> None:
    book.tell(health("offline", 10))
    book.tell(ReadersRemoved(("gate-1",), 25))
    assert book.spans() == [("gate-1", 0, "offline", 10, 25)]
    book.tell(health("connecting", 80))
    assert book.spans()[1:] == [("gate-1", 0, "connecting", 80, None)]


def test_the_time_without_a_gateway_is_an_outage_of_all(book: Book) -> None:
    record_stop(book.connection, 10, 30)
    record_stop(book.connection, 40, 40)
    assert book.spans() == [("", 0, "down", 10, 30)]
