"""What the command line may ask: of the running gateway by its socket, else of the files."""

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from gateway import export_errands, key_errands, setup_errands
from gateway.entries import Change
from gateway.history_errands import HISTORY_ERRANDS
from gateway.key_errands import ACTOR
from gateway.shipping import Shipper
from inventory.assets import Asset
from inventory.changes import Outcome, StoreAssets
from inventory.csv_assets import parse_assets_csv

BLOCK = 1_000
"""Assets in one change: a commit for each would make a long import longer."""

T = TypeVar("T")


class Counter(Protocol):
    """Where errands are carried out: changes and other writes, each one committed."""

    async def submit(self, change: Change) -> Outcome:
        """Commit a change, or say why it is refused."""
        ...

    async def transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run other work as one transaction."""
        ...


_NOTES = {
    "create_key": key_errands.create,
    "setup_code": setup_errands.make,
    "note_export": export_errands.note,
}
"""What needs no more than a transaction and the time."""


class Errands:
    """Requests of the command line, answered."""

    def __init__(
        self,
        counter: Counter,
        clock: Callable[[], int],
        shipper: Callable[[], Shipper | None] = lambda: None,
        forget_key: Callable[[str], None] = lambda _key_id: None,
    ) -> None:
        self._counter = counter
        self._clock = clock
        self._shipper = shipper
        self._forget_key = forget_key

    async def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Carry one request out. `error` in the answer says what is wrong with it."""
        match request.get("do"):
            case str(do) if do in _NOTES:
                return await _NOTES[do](request, self._counter, self._clock())
            case "withdraw_key":
                now_ns, forget = self._clock(), self._forget_key
                return await key_errands.withdraw(request, self._counter, now_ns, forget)
            case "import_assets":
                return await self._import_assets(request)
            case str(do) if do in HISTORY_ERRANDS:
                return await HISTORY_ERRANDS[do](request, self._counter, self._shipper())
            case other:
                return {"error": f"unknown request {other!r}"}

    async def _import_assets(self, request: dict[str, Any]) -> dict[str, Any]:
        parsed = await asyncio.to_thread(parse_assets_csv, request["csv"], request["file"])
        problems = parsed.described()
        refused: list[str] = []
        if not request["dry_run"]:
            for first in range(0, len(parsed.assets), BLOCK):
                block = parsed.assets[first : first + BLOCK]
                refused += await self._store(block, rebind=request.get("rebind", False))
        problems += [f"{request['file']}: {problem}" for problem in refused]
        stored = 0 if request["dry_run"] else len(parsed.assets) - len(refused)
        return {"good": len(parsed.assets), "stored": stored, "problems": problems}

    async def _store(self, assets: tuple[Asset, ...], *, rebind: bool) -> list[str]:
        """Store assets in one change; if that is refused, one by one. What is wrong with each."""
        now_ns = self._clock()
        change = StoreAssets(arrival_ns=now_ns, by=ACTOR, assets=assets, rebind=rebind)
        outcome = await self._counter.submit(change)
        if outcome.refused is None:
            return []
        if len(assets) == 1:
            return [f"asset {assets[0].id}: {outcome.detail}"]
        return [
            problem for asset in assets for problem in await self._store((asset,), rebind=rebind)
        ]
