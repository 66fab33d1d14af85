"""`tagwarden keys`: made once, listed without secrets, withdrawn; also while the gateway runs."""

import asyncio
import re
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import pytest

from gateway.cli import main
from gateway.key_errands import KeyRequestError, create, end_of, withdraw
from history.audit import read_audit
from history.callers import Caller, Scope
from history.keys import check_key, create_key, note_uses
from history.state import open_reader, open_state
from tags.times import SECOND_NS, parse_time

T = TypeVar("T")
NOW_NS = parse_time("2026-11-23T00:00:00Z")
DAY_NS = 86_400 * SECOND_NS


def run(data: Path, *words: str) -> int:
    """The exit code of `tagwarden keys …`."""
    return main(["keys", *words, "--data", str(data)])


def known(data: Path, key: str) -> Caller | None:
    with closing(open_reader(data / "state.db")) as state:
        return check_key(state, key)


def test_a_key_stands_alone_on_its_line_and_opens_what_was_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["create", "erp", "--role", "guard", "--zones", "hall, dock", "--groups", "tools"]
    assert run(tmp_path, *words, "--rights", "look,custody", "--expires", "90d") == 0
    shown = capsys.readouterr().out
    assert re.fullmatch(r"tw_[0-9a-f]{8}_[A-Za-z0-9_-]{43}\n", shown)
    caller = known(tmp_path, shown.strip())
    assert caller is not None
    assert (caller.name, caller.role) == ("erp", "guard")
    assert caller.scope == Scope(("hall", "dock"), ("tools",))
    assert caller.rights == frozenset({"look", "custody"})
    assert caller.expires_ns is not None
    assert abs(caller.expires_ns - time.time_ns() - 90 * DAY_NS) < 600 * SECOND_NS


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--rights", "keys"], "the role viewer has no right to 'keys'; it has look, self"),
        (["--rights", ""], "rights must be names"),
        (["--zones", "hall,,gate"], "zones must be names, separated by commas"),
        (["--expires", "soon"], "must be such as 90d, 12h or"),
        (["--expires", "2020-01-01T00:00:00Z"], "is past"),
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "create", "erp", "--role", "viewer", *words) == 1
    shown = capsys.readouterr()
    assert said in shown.err
    assert shown.out == ""
    assert run(tmp_path, "list") == 0
    assert "erp" not in capsys.readouterr().out


def test_keys_are_listed_without_their_secrets(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(open_state(tmp_path / "state.db")) as state:
        state.execute("BEGIN")
        office = create_key(state, "office\x1b[31m", "operator", NOW_NS)
        note_uses(state, {office[3:11]: NOW_NS})
        state.execute("COMMIT")
    assert run(tmp_path, "create", "erp", "--role", "viewer", "--zones", "hall") == 0
    erp = capsys.readouterr().out.strip()
    assert run(tmp_path, "list") == 0
    shown = capsys.readouterr().out
    lines = [re.split(r"  +", line) for line in shown.splitlines()]
    assert lines == [
        ["name", "id", "role", "limited to", "expires", "last used"],
        [r"office\x1b[31m", office[3:11], "operator", "-", "never", "2026-11-23T00:00:00Z"],
        ["erp", erp[3:11], "viewer", "zones hall", "never", "never"],
    ]
    assert erp[12:] not in shown


def test_a_withdrawn_key_is_unknown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "create", "erp", "--role", "admin") == 0
    key = capsys.readouterr().out.strip()
    assert run(tmp_path, "withdraw", "erp") == 0
    assert known(tmp_path, key) is None
    assert run(tmp_path, "withdraw", "erp") == 1
    assert "there is no key named 'erp'" in capsys.readouterr().err
    with closing(open_reader(tmp_path / "state.db")) as state:
        told = [(line.actor, line.action, line.target) for line in read_audit(state)]
    assert told == [
        ("command line", "key.create", "erp"),
        ("command line", "key.withdraw", "erp"),
    ]


def test_where_nothing_is_kept_there_is_nothing_to_list(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "none", "list") == 1
    assert "no gateway has kept anything here" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("text", "lasts_s"),
    [("30m", 1_800), ("12h", 43_200), ("90d", 7_776_000), (" 4w ", 2_419_200)],
)
def test_a_span_is_counted_from_now(text: str, lasts_s: int) -> None:
    assert end_of(text, NOW_NS) == NOW_NS + lasts_s * SECOND_NS


def test_a_time_is_taken_as_it_is() -> None:
    assert end_of("2026-12-24T18:00:00+01:00", NOW_NS) == parse_time("2026-12-24T17:00:00Z")


@pytest.mark.parametrize("text", ["", "0d", "-1d", "90", "d", "1y", "123456d", "2026-12-24"])
def test_what_is_no_span_and_no_time_is_refused(text: str) -> None:
    with pytest.raises(KeyRequestError):
        end_of(text, NOW_NS)


class Counter:
    """A `state.db` of a running gateway."""

    def __init__(self, path: Path) -> None:
        self.state = open_state(path)

    async def transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await asyncio.to_thread(self._run, work)

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        self.state.execute("BEGIN IMMEDIATE")
        try:
            return work(self.state)
        finally:
            self.state.execute("COMMIT")


async def test_the_running_gateway_forgets_a_withdrawn_key_at_once(tmp_path: Path) -> None:
    counter = await asyncio.to_thread(Counter, tmp_path / "state.db")
    forgotten: list[str] = []
    made = await create({"name": "erp", "role": "viewer"}, counter, NOW_NS)
    answer = await withdraw({"name": "erp"}, counter, NOW_NS, forgotten.append)
    assert answer == {"withdrawn": made["key"][3:11]}
    assert forgotten == [made["key"][3:11]]
    await asyncio.to_thread(counter.state.close)


async def test_a_role_that_there_is_not_is_refused(tmp_path: Path) -> None:
    counter = await asyncio.to_thread(Counter, tmp_path / "state.db")
    answer = await create({"name": "erp", "role": "root"}, counter, NOW_NS)
    assert "role" in answer["error"]
    await asyncio.to_thread(counter.state.close)
