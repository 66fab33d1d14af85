"""`tagwarden audit`, on the data of a gateway that runs or does not."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from alerts.alert import Acknowledgement, AlertChange
from gateway.cli import main
from gateway.entries import SiteChanged
from gateway.journal import Group, SqliteJournal
from history.audit import read_audit
from history.expiry import Keep
from history.outputs import Numbered
from history.state import open_state
from tags.times import format_time
from tests.gateway.made import NOON_NS, SITE
from tests.history.made import T0_NS, alert, at, raised

KEEP = Keep(journal_since_ns=0, journal_bytes_max=1 << 20, events=1000, answers_since_ns=0)
TAKEN = AlertChange(
    "acknowledged",
    replace(alert(), acknowledged=Acknowledgement("ann", at(60), "seen\x1b[2J")),
    at(60),
    "ann",
)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """What a gateway wrote, which still has the file open."""
    with closing(open_state(tmp_path / "state.db")) as connection:
        entries = [SiteChanged(NOON_NS, "site file", "v1", SITE)]
        outputs = [Numbered(1, raised(alert())), Numbered(2, TAKEN)]
        SqliteJournal(connection).append([Group(1, NOON_NS, list(entries), outputs, 0)], KEEP)
        yield connection


def audit(tmp_path: Path, *words: str) -> int:
    return main(["audit", *words, "--data", str(tmp_path)])


def test_a_log_that_is_as_it_was_written_is_told_so(
    state: sqlite3.Connection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit(tmp_path, "head") == 0
    head = capsys.readouterr().out.strip()
    *_, last = read_audit(state)
    assert head == f"3:{last.hash.hex()}"
    assert audit(tmp_path, "verify") == 0
    assert capsys.readouterr().out == f"audit: 3 lines, each as it was written; head {head}\n"
    assert audit(tmp_path, "verify", "--head", head) == 0


def test_a_log_is_verified_while_it_is_written(
    state: sqlite3.Connection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = SqliteJournal(state)
    codes: list[int] = []
    verifying = threading.Thread(
        target=lambda: codes.extend(audit(tmp_path, "verify") for _ in range(10))
    )
    verifying.start()
    number = 2
    while verifying.is_alive():
        outputs = [
            Numbered(number + n, raised(alert(f"x{number + n}", f"y{n}", f"{number}")))
            for n in range(1, 6)
        ]
        number += 5
        journal.append([Group(number, NOON_NS, [], outputs, 0)], KEEP)
    verifying.join()
    assert codes == [0] * 10
    assert number > 2
    assert "each as it was written" in capsys.readouterr().out


def test_the_first_altered_line_is_named(
    state: sqlite3.Connection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state.execute("DROP TRIGGER audit_is_not_changed")
    state.execute("UPDATE audit SET actor = 'bob' WHERE actor = 'ann'")
    assert audit(tmp_path, "verify") == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == "audit: line 3 was altered: what it says does not give its hash\n"


def test_a_head_that_was_kept_and_does_not_fit_is_told(
    state: sqlite3.Connection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del state
    assert audit(tmp_path, "verify", "--head", "9:" + "0" * 64) == 1
    assert "line 4 is missing; the log ends before it, but had 9 lines" in capsys.readouterr().err
    assert audit(tmp_path, "verify", "--head", "2:" + "0" * 64) == 1
    assert "line 2 is not the line whose hash was kept" in capsys.readouterr().err
    assert audit(tmp_path, "verify", "--head", "two") == 1
    assert "LINES:HASH" in capsys.readouterr().err


def test_the_log_is_shown_in_words_that_are_safe_in_a_terminal(
    state: sqlite3.Connection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del state
    assert audit(tmp_path, "show") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[-4:] for line in lines] == [
        [format_time(NOON_NS), "site file", "site.changed", "v1"],
        [format_time(T0_NS), "gateway", "alert.raised", "al-1"],
        ["ann", "alert.acknowledged", "al-1", r"seen\x1b[2J"],
    ]


def test_the_log_is_narrowed_to_an_alert_and_a_time(
    state: sqlite3.Connection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del state
    assert audit(tmp_path, "show", "--alert", "al-1", "--json") == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["action"] for row in rows] == ["alert.raised", "alert.acknowledged"]
    assert rows[1]["detail"]["acknowledged"]["by"] == "ann"
    since, until = rows[1]["time"], rows[0]["time"]
    assert audit(tmp_path, "show", "--alert", "al-1", "--since", since) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1
    assert audit(tmp_path, "show", "--alert", "al-1", "--until", until) == 0
    assert capsys.readouterr().out == ""
    assert audit(tmp_path, "show", "--since", "yesterday") == 1
    assert capsys.readouterr().err.startswith("--since: ")


def test_where_no_gateway_was_nothing_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit(tmp_path / "none", "verify") == 1
    assert "no gateway" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_a_file_that_is_no_state_is_refused_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "state.db").write_bytes(b"not a database, but long enough to be one" * 100)
    assert audit(tmp_path, "verify") == 1
    assert "can not be read" in capsys.readouterr().err
