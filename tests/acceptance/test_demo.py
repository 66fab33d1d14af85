"""`tagwarden demo`: the same day for the same seed, nothing lost, a clean end."""

import asyncio
import re
import signal
import sqlite3
from collections import defaultdict
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway import demo as demo_command
from gateway.demo import Announcer
from tests.acceptance.running import Finished, started, tagwarden
from tests.history.made import crossing
from zones.movements import Direction, Movement

SUMMARY = re.compile(r"reads (\d+), movements (\d+), alerts (\d+), lost (\d+)\Z")


async def demo(data: Path) -> Finished:
    return await tagwarden("demo", "--for", "12", "--seed", "3", "--port", "0", "--data", data)


def moves(data: Path) -> dict[str, list[tuple[str, ...]]]:
    """Where each asset went, in order."""
    found = defaultdict(list)
    with closing(sqlite3.connect(data / "state.db")) as db:
        rows = db.execute(
            "SELECT asset, kind, from_zone, to_zone FROM movements"
            " WHERE asset IS NOT NULL ORDER BY time_ns, seq"
        )
        for asset, *move in rows:
            found[asset].append(tuple(move))
    return dict(found)


def alerts(data: Path) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(data / "state.db")) as db:
        return db.execute("SELECT id, rule, asset FROM alerts ORDER BY id").fetchall()


async def test_the_same_seed_gives_the_same_day(tmp_path: Path) -> None:
    first, second = await asyncio.gather(demo(tmp_path / "1"), demo(tmp_path / "2"))
    for ended in (first, second):
        assert ended.code == 0, ended.err
        summary = SUMMARY.fullmatch(ended.out.splitlines()[-1])
        assert summary is not None, ended.out
        reads, moved, raised, lost = map(int, summary.groups())
        assert lost == 0
        assert reads > 500
        assert moved >= 150
        assert raised >= 1
    assert moves(tmp_path / "1") == moves(tmp_path / "2")
    # Both floors have a drawn plan.
    assert len(list((tmp_path / "1" / "plans").glob("plan-*.png"))) == 2
    assert alerts(tmp_path / "1") == alerts(tmp_path / "2") != []


@pytest.mark.parametrize("built", [True, False])
def test_the_pages_are_said_first_where_they_are_built(
    built: bool,  # noqa: FBT001 - a case of the test
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(demo_command, "DIST", tmp_path)
    if built:
        (tmp_path / "index.html").touch()
    demo_command.say_where("http://127.0.0.1:8080", {"admin": "one", "guard": "two"})
    first, *_ = capsys.readouterr().out.splitlines()
    if built:
        assert first == "open  http://127.0.0.1:8080/  and log in as guard with two"
    else:
        assert first == "log in as guard with two"


async def test_ctrl_c_ends_the_demo_cleanly_with_its_summary(tmp_path: Path) -> None:
    async with started(tmp_path / "log", "demo", "--port", "0", "--seed", "1") as running:
        await running.hears("ALERT raised", within_s=40)
        code, took_s = await running.stop(signal.SIGINT)
        assert code == 0, running.said
        assert took_s < 10
        summary = SUMMARY.search(running.said.strip())
        assert summary is not None, running.said
        assert (int(summary[3]) >= 1, summary[4]) == (True, "0")
        assert "Traceback" not in running.said


def test_a_change_of_zone_is_said_once_for_all_tags_of_an_asset(
    capsys: pytest.CaptureFixture[str],
) -> None:
    say = Announcer()
    for tag, was, to in (("a", None, "hall"), ("b", None, "hall"), ("a", "hall", "gate")):
        say(moved(tag, was, to))
    say(moved("b", "hall", "gate"))
    say(moved("b", "gate", "hall"))
    say(moved("b", "hall", "gate"))
    say(moved("a", None, "yard"))
    ways = [line.split("cart-1")[1] for line in capsys.readouterr().out.splitlines()]
    assert ways == [
        ": nowhere → hall",
        ": hall → gate",
        ": gate → hall",
        ": hall → gate",
        " (tag a): nowhere → yard",
    ]


def moved(tag: str, was: str | None, to: str) -> Movement:
    return Movement(
        id="m",
        time_ns=1,
        decided_ns=1,
        tag=tag,
        kind="moved",
        from_zone=was,
        to_zone=to,
        asset="cart-1",
    )


def test_what_is_heard_for_the_first_time_and_what_trackers_say_is_not_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    say = Announcer()
    say(replace(moved("a", None, "hall"), kind="arrived"))
    say(moved("ble:e2419f070001", "hall", "gate"))
    assert capsys.readouterr().out == ""
    say(moved("a", "hall", "gate"))
    assert capsys.readouterr().out != ""


def test_a_crossing_is_said_with_how_sure_it_is_and_what_only_stands_there_is_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    say = Announcer()
    directions: tuple[Direction, ...] = ("outbound", "lingering", "unknown")
    for direction in directions:
        say(crossing("aa", "dock-door", 1, direction, "cart-1"))
    say(crossing("aa", "dock-door", 2, "inbound"))
    told = [line.split("Z ")[1] for line in capsys.readouterr().out.splitlines()]
    assert told == [
        "crossing dock-door outbound: cart-1 (88% sure)",
        "crossing dock-door inbound: aa (88% sure)",
    ]


async def test_a_demo_that_is_too_short_is_refused() -> None:
    ended = await tagwarden("demo", "--for", "3")
    assert (ended.code, ended.out) == (2, "")
    assert "at least 10 seconds" in ended.err
