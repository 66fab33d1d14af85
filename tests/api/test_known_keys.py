"""Which keys are right: what is remembered, for how long, and what a flood of guesses does."""

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest

from api.known_keys import KEY_KEPT_S, KnownKeys, StoredKeys
from history.callers import Caller

SECRET = "x" * 43
ANN = Caller("0000000a", "ann", "viewer")


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Table:
    """Keys by token, and how often they were looked up."""

    def __init__(self) -> None:
        self.keys = {f"tw_0000000a_{SECRET}": ANN}
        self.asked: list[str] = []

    def __call__(self, token: str, /) -> Caller | None:
        self.asked.append(token)
        return self.keys.get(token)


ANNS = f"tw_0000000a_{SECRET}"


async def test_a_checked_key_is_not_looked_up_again_for_a_while() -> None:
    table, clock = Table(), Clock()
    keys = KnownKeys(table, clock)
    for _ in range(3):
        assert await keys.caller(ANNS) == ANN
        assert await keys.caller("tw_guess_guess") is None
        clock.now_s += 1.0
    assert table.asked == [ANNS, "tw_guess_guess"]


async def test_a_withdrawn_key_ends_within_five_seconds(
    state_path: Path,
    keys: dict[str, str],
) -> None:
    clock = Clock()
    known = KnownKeys(StoredKeys(state_path), clock)
    assert (await known.caller(keys["guard"])) is not None
    with sqlite3.connect(state_path) as state:
        state.execute("DELETE FROM api_keys WHERE role = 'guard'")
    state.close()
    clock.now_s += KEY_KEPT_S
    assert await known.caller(keys["guard"]) is None


async def test_a_key_that_is_used_all_the_time_is_never_older_than_five_seconds() -> None:
    table, clock = Table(), Clock()
    keys = KnownKeys(table, clock)
    assert await keys.caller(ANNS) == ANN
    table.keys.clear()
    told = []
    for _ in range(51):
        told.append(await keys.caller(ANNS))
        clock.now_s += 0.1
    assert told[-1] is None


async def test_a_key_is_looked_up_anew_once_it_is_forgotten() -> None:
    table = Table()
    keys = KnownKeys(table, lambda: 100.0)
    assert await keys.caller(ANNS) == ANN
    table.keys.clear()
    assert await keys.caller(ANNS) == ANN
    keys.forget("0000000b")
    assert await keys.caller(ANNS) == ANN
    keys.forget(ANN.id)
    assert await keys.caller(ANNS) is None


async def test_what_was_withdrawn_while_it_was_looked_up_is_not_remembered() -> None:
    asked, answer = threading.Event(), threading.Event()
    callers: list[Caller | None] = [ANN, None]

    def check(_token: str, /) -> Caller | None:
        found = callers.pop(0)
        asked.set()
        assert answer.wait(10)
        return found

    keys = KnownKeys(check, lambda: 100.0)
    first = asyncio.create_task(keys.caller(ANNS))
    assert await asyncio.to_thread(asked.wait, 10)
    keys.forget(ANN.id)
    answer.set()
    assert await first == ANN
    assert await keys.caller(ANNS) is None


async def test_guesses_do_not_fill_the_memory_and_push_no_right_key_out() -> None:
    table = Table()
    keys = KnownKeys(table, lambda: 100.0)
    assert await keys.caller(ANNS) == ANN
    for guess in range(1_000):
        assert await keys.caller(f"tw_guess_{guess:08}") is None
    assert len(keys) == 257
    assert await keys.caller(ANNS) == ANN
    assert table.asked.count(ANNS) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tw_",
        "tw_short",
        "tw_" + "x" * 201,
        "tw_00000000_" + "\N{LATIN SMALL LETTER SHARP S}" * 43,
        "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJhZG1pbiJ9.",
    ],
)
async def test_what_does_not_look_like_a_key_is_not_looked_up(text: str) -> None:
    table = Table()
    assert await KnownKeys(table, lambda: 100.0).caller(text) is None
    assert table.asked == []


async def test_a_key_may_be_right_if_there_is_one_with_its_id(
    state_path: Path, keys: dict[str, str]
) -> None:
    known = KnownKeys(StoredKeys(state_path), lambda: 100.0)
    assert await known.may_be_right(keys["guard"])
    assert await known.may_be_right(keys["guard"][:12] + SECRET)
    assert not await known.may_be_right(f"tw_00000000_{SECRET}")
    assert not await known.may_be_right("tw_guess_guess")


async def test_a_key_that_was_just_made_may_be_right(
    state_path: Path, keys: dict[str, str]
) -> None:
    stored = StoredKeys(state_path)
    known = KnownKeys(stored, lambda: 100.0)
    assert await known.may_be_right(keys["guard"])
    with sqlite3.connect(state_path) as state:
        state.execute("UPDATE api_keys SET id = '0000000a' WHERE role = 'viewer'")
    state.close()
    assert not await known.may_be_right(ANNS)
    known.forget("0000000a")
    assert await known.may_be_right(ANNS)


async def test_a_gateway_without_keys_lets_nobody_in(state_path: Path) -> None:
    known = KnownKeys(StoredKeys(state_path), lambda: 100.0)
    assert await known.caller(f"tw_00000000_{SECRET}") is None
