"""What tells where people are goes sooner than the rest, a little at a time."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from history.private_ages import (
    ASSETS_A_TURN,
    DAY_NS,
    ROWS_A_TURN,
    PrivateAges,
    expire_private,
    private_tags,
)
from history.settings import HistorySettings
from history.sightings import Sighting, SightingBatch
from history.sqlite_sightings import SqliteSightings
from history.state import open_in_memory

NOW_NS = 100 * DAY_NS
BADGES = PrivateAges(("badge", "person"), 30)


@pytest.fixture
def state() -> Iterator[sqlite3.Connection]:
    connection = open_in_memory()
    yield connection
    connection.close()


def add_asset(state: sqlite3.Connection, n: int, category: str) -> str:
    asset = f"{category}-{n}"
    state.execute(
        "INSERT INTO assets VALUES (?, ?, 1, '', ?, '', '', '', '', '', '', '')",
        (asset, n, category),
    )
    state.execute("INSERT INTO bindings VALUES (?, ?, 0, NULL)", (f"tag of {asset}", asset))
    return asset


def move(state: sqlite3.Connection, seq: int, asset: str, days_ago: float) -> None:
    at_ns = NOW_NS - round(days_ago * DAY_NS)
    state.execute(
        "INSERT INTO movements (seq, id, time_ns, decided_ns, tag, asset, kind, late)"
        " VALUES (?, ?, ?, ?, 't', ?, 'moved', 0)",
        (seq, f"m{seq}", at_ns, at_ns, asset),
    )
    state.execute(
        "INSERT INTO visits (seq, tag, asset, zone, from_ns, to_ns) VALUES (?, 't', ?, 'z', ?, ?)",
        (seq, asset, at_ns, at_ns),
    )


def left(state: sqlite3.Connection) -> list[int]:
    return [seq for (seq,) in state.execute("SELECT seq FROM movements ORDER BY seq")]


def test_only_what_is_private_and_old_goes(state: sqlite3.Connection) -> None:
    badge, cart = add_asset(state, 1, "badge"), add_asset(state, 2, "cart")
    for seq, (asset, days) in enumerate(
        [(badge, 31), (badge, 29), (cart, 31), (cart, 99), (cart, 1)], start=1
    ):
        move(state, seq, asset, days)
    assert expire_private(state, BADGES, NOW_NS, turn=0) == 2
    assert left(state) == [2, 3, 4, 5]
    assert [seq for (seq,) in state.execute("SELECT seq FROM visits")] == [2, 3, 4, 5]
    assert expire_private(state, BADGES, NOW_NS, turn=0) == 0


def test_without_a_setting_nothing_goes(state: sqlite3.Connection) -> None:
    move(state, 1, add_asset(state, 1, "badge"), 99)
    assert expire_private(state, HistorySettings().private, NOW_NS, turn=0) == 0


def test_a_turn_is_bounded_and_the_next_goes_on(state: sqlite3.Connection) -> None:
    badge = add_asset(state, 1, "badge")
    for seq in range(1, ROWS_A_TURN + 11):
        move(state, seq, badge, 40)
    assert expire_private(state, BADGES, NOW_NS, turn=0) == 2 * ROWS_A_TURN
    assert len(left(state)) == 10
    expire_private(state, BADGES, NOW_NS, turn=0)
    assert left(state) == []


def test_every_asset_has_its_turn(state: sqlite3.Connection) -> None:
    badges = [add_asset(state, n, "badge") for n in range(1, 2 * ASSETS_A_TURN + 2)]
    for seq, badge in enumerate(badges, start=1):
        move(state, seq, badge, 40)
    for turn in range(30):
        expire_private(state, BADGES, NOW_NS, turn)
    assert left(state) == []


def test_the_tags_are_those_of_private_assets(state: sqlite3.Connection) -> None:
    add_asset(state, 1, "badge")
    add_asset(state, 2, "cart")
    assert private_tags(state, BADGES.categories) == ["tag of badge-1"]


@pytest.mark.parametrize("half", [{"private_keep_days": 30}, {"private_categories": ("badge",)}])
def test_categories_and_age_go_together(half: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="go together"):
        HistorySettings.model_validate(half)


def test_what_was_heard_of_a_private_tag_goes_with_the_day(tmp_path: Path) -> None:
    store = SqliteSightings(tmp_path)
    heard = [
        Sighting(tag=tag, reader="dock", antenna=1, slot_s=slot_s, first_ns=1, last_ns=1, count=1)
        for tag in ("private", "other")
        for slot_s in (60 * 86_400, 90 * 86_400)
    ]
    store.append([SightingBatch(1, heard)])
    assert store.expire_tags({"private": "code:erased-1"}, 30, NOW_NS) == 1
    assert store.expire_tags({"private": "code:erased-2"}, 30, NOW_NS) == 0
    assert len(store.of_tag("private", 0, NOW_NS, 9)) == 1
    assert len(store.of_tag("other", 0, NOW_NS, 9)) == 2
    store.close()
