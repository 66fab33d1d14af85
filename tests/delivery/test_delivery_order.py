import asyncio
import random
from collections.abc import Callable

import pytest

from delivery.attempt import DONE, Attempt, Delivery
from tests.delivery.made import T0_NS, Clock, Counts, Store, change, state_db
from tests.delivery.running import running, scripted


class Fickle:
    """A sender that answers anything, after a while or at once, and notes the order."""

    _answers = (DONE, DONE, Attempt("retry"), Attempt("retry"), Attempt("refused"))

    def __init__(self, rng: random.Random, note: Callable[[str, int, str], None]) -> None:
        self._rng = rng
        self._note = note

    async def send(self, delivery: Delivery, now_ns: int) -> Attempt:
        del now_ns
        self._note(delivery.alert, delivery.ordinal, delivery.id)
        for _ in range(self._rng.randint(0, 30)):
            await asyncio.sleep(0)
        return self._rng.choice(self._answers)


@pytest.mark.parametrize("seed", range(12))
async def test_order_holds_through_failures_restarts_and_full_disks(seed: int) -> None:
    rng, counts, store = random.Random(seed), Counts(), Store(state_db())
    sent: dict[str, list[int]] = {}
    ids: dict[tuple[str, int], set[str]] = {}

    def note(alert: str, ordinal: int, id_: str) -> None:
        sent.setdefault(alert, []).append(ordinal)
        ids.setdefault((alert, ordinal), set()).add(id_)

    clock = Clock(T0_NS)
    for ordinal in range(1, 5):
        await store.add(*(change(f"a{n}", ordinal) for n in range(6)), now_ns=clock())
        async with running(scripted({"guards": Fickle(rng, note)}, store, counts, clock)):
            await asyncio.sleep(rng.random() * 0.01)
            store.failing = rng.randint(0, 2)
    store.failing = 0
    one = scripted({"guards": Fickle(rng, note)}, store, counts, clock)
    async with running(one):
        while any(state == "waiting" for _, state, _ in await store.rows()):
            clock.called_for.clear()
            one.wake()
            await clock.called_for.wait()
    store.close()
    assert all(ordinals == sorted(ordinals) for ordinals in sent.values())
    assert len(ids) == 24
    assert all(len(found) == 1 for found in ids.values())
