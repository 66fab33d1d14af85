"""Positions are remembered, and never longer than they are true."""

import pytest

from api.whereabouts import KEPT_MAX, KEPT_S, Place, Whereabouts
from history.outputs import AssetStored, Audited, Numbered, Output
from inventory.assets import Asset
from zones.movements import Movement


class Table:
    """What the table says, and how often it was asked."""

    def __init__(self) -> None:
        self.zone: str | None = "hall"
        self.asked = 0

    async def look(self) -> Place | None:
        self.asked += 1
        return None if self.zone is None else {"zone": self.zone}


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def moved(asset: str | None) -> Output:
    return Movement(
        id="m", time_ns=1, decided_ns=1, tag="30", kind="moved", from_zone="a", to_zone="b",
        asset=asset,
    )  # fmt: skip


def noted(*outputs: Output) -> list[Numbered]:
    return [Numbered(1, output) for output in outputs]


async def test_the_table_is_asked_once_while_nothing_happens() -> None:
    known, table = Whereabouts(Clock()), Table()
    assert [await known.of("A", table.look) for _ in range(3)] == [{"zone": "hall"}] * 3
    assert table.asked == 1


@pytest.mark.parametrize(
    ("output", "asks"),
    [
        (moved("A"), 2),
        (moved("B"), 1),
        (moved(None), 1),
        (AssetStored(asset=Asset(id="Z"), at_ns=1), 2),
        (Audited(at_ns=1, actor="x", action="drill.start", target=""), 1),
    ],
    ids=["it moved", "another moved", "an unbound tag moved", "the register changed", "a drill"],
)
async def test_what_is_decided_about_it_is_asked_for_anew(output: Output, asks: int) -> None:
    known, table = Whereabouts(Clock()), Table()
    await known.of("A", table.look)
    known.note(noted(output))
    table.zone = "yard" if asks > 1 else table.zone
    assert await known.of("A", table.look) == {"zone": table.zone}
    assert table.asked == asks


async def test_an_answer_from_before_a_decision_is_given_once_and_not_kept() -> None:
    known, table = Whereabouts(Clock()), Table()

    async def late() -> Place | None:
        before = await table.look()
        known.note(noted(moved("A")))
        table.zone = "yard"
        return before

    assert await known.of("A", late) == {"zone": "hall"}
    assert await known.of("A", table.look) == {"zone": "yard"}


async def test_what_changes_by_itself_is_seen_after_some_seconds() -> None:
    clock, table = Clock(), Table()
    known = Whereabouts(clock)
    await known.of("A", table.look)
    table.zone = "yard"
    clock.now_s = KEPT_S
    assert await known.of("A", table.look) == {"zone": "yard"}


async def test_what_is_nowhere_is_not_remembered() -> None:
    known, table = Whereabouts(Clock()), Table()
    table.zone = None
    assert [await known.of("A", table.look) for _ in range(2)] == [None, None]
    assert table.asked == 2


async def test_no_more_are_kept_than_may_be() -> None:
    known, table = Whereabouts(Clock()), Table()
    for number in range(KEPT_MAX + 1):
        await known.of(str(number), table.look)
    await known.of("0", table.look)
    assert table.asked == KEPT_MAX + 2


async def test_what_was_rewritten_is_asked_for_anew() -> None:
    known, table = Whereabouts(Clock()), Table()
    await known.of("A", table.look)
    known.clear()
    table.zone = "yard"
    assert await known.of("A", table.look) == {"zone": "yard"}
