"""The contract of the journal: all or nothing, replay from anywhere, whole checkpoints only."""

import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from gateway.entries import Tick
from gateway.journal import Group, SqliteJournal
from history.expiry import Keep
from history.outputs import Numbered
from history.state import last_seq, open_state
from readers.health import ReaderHealth
from tests.gateway.made import NOON_NS

KEEP = Keep(journal_since_ns=0, journal_bytes_max=1 << 40, events=1 << 40, answers_since_ns=0)


def group(position: int, *seqs: int) -> Group:
    health = ReaderHealth(reader="dock", state="online", since_ns=NOON_NS)
    outputs = [Numbered(seq, health) for seq in seqs]
    return Group(position, NOON_NS, [Tick(NOON_NS + position)], outputs, 0)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqliteJournal]:
    with closing(open_state(tmp_path / "state.db")) as connection:
        yield SqliteJournal(connection)


def test_groups_come_back_as_they_went_in(journal: SqliteJournal) -> None:
    journal.append([group(1, 1), group(2)], KEEP)
    journal.append([group(3, 2, 3)], KEEP)
    assert list(journal.replay(0)) == [(n, [Tick(NOON_NS + n)]) for n in (1, 2, 3)]
    assert (journal.last_position(), last_seq(journal.connection)) == (3, 3)


@pytest.mark.parametrize("after", range(5))
def test_replay_begins_behind_any_position(after: int, journal: SqliteJournal) -> None:
    journal.append([group(n) for n in range(1, 5)], KEEP)
    assert [position for position, _ in journal.replay(after)] == list(range(after + 1, 5))


@pytest.mark.parametrize("wrong", [group(2, 1), group(1)])
def test_groups_are_appended_all_or_none(wrong: Group, journal: SqliteJournal) -> None:
    journal.append([group(1, 1)], KEEP)
    with pytest.raises(sqlite3.IntegrityError):
        journal.append([group(2, 2), wrong], KEEP)
    assert [position for position, _ in journal.replay(0)] == [1]
    assert last_seq(journal.connection) == 1
    journal.append([group(2, 2)], KEEP)
    assert journal.last_position() == 2


def test_a_refused_transaction_leaves_nothing_open(journal: SqliteJournal) -> None:
    def work(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO followers VALUES ('x', 1)")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        journal.transact(work)
    assert not journal.connection.in_transaction
    assert journal.connection.execute("SELECT * FROM followers").fetchall() == []


class DyingJournal(SqliteJournal):
    """Dies at the n-th transaction."""

    def __init__(self, connection: sqlite3.Connection, lives: int) -> None:
        super().__init__(connection)
        self.lives = lives

    @contextmanager
    def transaction(self) -> Generator[sqlite3.Connection]:
        self.lives -= 1
        if self.lives < 0:
            raise sqlite3.OperationalError("power cut")
        with super().transaction() as connection:
            yield connection


@pytest.mark.parametrize("new_position", [5, 7])
@pytest.mark.parametrize("lives", range(8))
def test_a_checkpoint_is_the_old_one_or_the_new_one_wherever_it_dies(
    lives: int,
    new_position: int,
    journal: SqliteJournal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.journal.SLICE_BYTES", 10)
    old, new = b"o" * 45, b"n" * 35
    journal.keep_checkpoint(5, 1, old)
    dying = DyingJournal(journal.connection, lives)
    try:
        dying.keep_checkpoint(new_position, 1, new)
    except sqlite3.OperationalError:
        assert journal.load_checkpoint(1) in [(5, old), (new_position, new)]
        journal.keep_checkpoint(new_position, 1, new)
    assert journal.load_checkpoint(1) in [(new_position, old), (new_position, new)]


def test_a_smaller_checkpoint_of_the_same_position_is_not_mixed_with_the_larger_one(
    journal: SqliteJournal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The state shrinks while nothing comes: bins close, and nothing has to be journalled.
    monkeypatch.setattr("gateway.journal.SLICE_BYTES", 10)
    journal.keep_checkpoint(5, 1, b"o" * 35)
    journal.keep_checkpoint(5, 1, b"n" * 15)
    assert journal.load_checkpoint(1) == (5, b"o" * 35)


def test_the_newest_checkpoint_and_the_one_before_it_are_kept(journal: SqliteJournal) -> None:
    journal.keep_checkpoint(1, 1, b"one")
    journal.keep_checkpoint(2, 1, b"two")
    journal.keep_checkpoint(3, 1, b"three")
    assert [position for position, _ in journal.checkpoints(1)] == [3, 2]
    kept = journal.connection.execute("SELECT position FROM checkpoints").fetchall()
    assert kept == [(2,), (3,)]


def test_a_checkpoint_of_another_format_is_not_read(journal: SqliteJournal) -> None:
    journal.keep_checkpoint(1, 1, b"one")
    assert journal.load_checkpoint(2) is None
