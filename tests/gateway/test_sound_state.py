"""A gateway starts from what can be read, and numbers what comes behind what others have had."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gateway.journal import Group
from gateway.sound_state import note_lost_groups, open_sound_journal
from history.expiry import Keep
from history.outputs import Numbered
from history.state_salvage import StateLostError
from tests.history.made import as_killed, at, movement

KEEP = Keep(journal_since_ns=0, journal_bytes_max=1 << 30, events=1 << 30, answers_since_ns=0)
PAGE = 4096


def groups(first: int, last: int) -> list[Group]:
    return [
        Group(n, at(n), [], [Numbered(n, movement(f"tag-{n}", None, "hall", at(n)))], 0)
        for n in range(first, last + 1)
    ]


def movements(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM movements").fetchone()[0])


def test_a_sound_file_is_opened_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with closing(open_sound_journal(path).connection):
        pass
    with closing(open_sound_journal(path).connection):
        assert sorted(file.name for file in tmp_path.iterdir() if "damaged" in file.name) == []


def test_a_damaged_file_is_salvaged_set_aside_and_told(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    journal = open_sound_journal(path)
    journal.append(groups(1, 300), KEEP)
    journal.connection.close()
    with closing(sqlite3.connect(path)) as connection:
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'followers'"
        ).fetchone()
    content = bytearray(path.read_bytes())
    content[(page - 1) * PAGE : page * PAGE] = b"\xff" * PAGE
    path.write_bytes(content)
    with closing(open_sound_journal(path).connection) as connection:
        assert movements(connection) == 300
    assert (tmp_path / "state.db.damaged-1").read_bytes() == bytes(content)
    assert "followers are lost" in (tmp_path / "state.db.damaged-1.report").read_text()


def test_the_log_of_a_damaged_file_is_salvaged_with_it(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    journal = open_sound_journal(path)
    journal.append(groups(1, 50), KEEP)
    killed = as_killed(path, tmp_path / "killed")
    journal.connection.close()
    killed.with_name("state.db.suspect").write_text("a check found it damaged")
    was = {side: killed.with_name(killed.name + side).read_bytes() for side in ("", "-wal")}
    with closing(open_sound_journal(killed).connection) as connection:
        assert movements(connection) == 50
    for side, content in was.items():
        assert killed.with_name(f"state.db.damaged-1{side}").read_bytes() == content
    with closing(open_sound_journal(killed).connection):
        assert not killed.with_name("state.db.damaged-2").exists()


def test_a_file_of_which_nothing_is_left_is_refused_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(b"no database" * 999)
    with pytest.raises(StateLostError, match="restore"):
        open_sound_journal(path)
    assert path.read_bytes() == b"no database" * 999


@pytest.mark.parametrize("cut", [1, 100, 4096, 9000])
def test_groups_that_were_cut_off_are_counted_and_their_numbers_not_used_again(
    cut: int, tmp_path: Path
) -> None:
    path = tmp_path / "state.db"
    journal = open_sound_journal(path)
    for group in groups(1, 20):
        journal.append([group], KEEP)
    killed = as_killed(path, tmp_path / "killed")
    journal.connection.close()
    log = killed.with_name("state.db-wal")
    log.write_bytes(log.read_bytes()[:-cut])
    with closing(open_sound_journal(killed).connection) as connection:
        left = movements(connection)
    journal = open_sound_journal(killed)
    assert left == journal.last_position() < 20
    assert note_lost_groups(journal, killed, {"2026-09-21": 20}) == 20 - left
    assert journal.last_position() == 20
    assert note_lost_groups(journal, killed, {"2026-09-21": 20}) == 0
    journal.connection.close()
    assert f"{20 - left} groups" in killed.with_name("state.db.lost-1.report").read_text()
