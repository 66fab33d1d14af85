"""Erasing as the fake gateway has it: nothing is forgotten, but it is written down."""

import asyncio
import sqlite3

from api.desk import JournalFullError
from api.erasing import ErasureAsked
from history.erasure import Erasure, finish_erasures, store_erasure
from inventory.changes import Outcome


class FakeErasing:
    """`known` are those of whom something is kept; `refusal` is what is said instead."""

    def __init__(self, state: sqlite3.Connection, now_ns: int) -> None:
        self.known = {"badge-12", "Ann"}
        self.refusal: Outcome | None = None
        self.full = False
        self.asked: list[tuple[ErasureAsked, str]] = []
        self._state = state
        self._now_ns = now_ns

    async def erase(self, asked: ErasureAsked, by: str) -> Erasure | Outcome:
        self.asked.append((asked, by))
        if self.full:
            raise JournalFullError
        if asked.name not in self.known:
            return Outcome("unknown", f"nothing is kept of the {asked.kind} {asked.name!r}")
        if self.refusal is not None:
            return self.refusal
        return await asyncio.to_thread(self._store, asked, by)

    def _store(self, asked: ErasureAsked, by: str) -> Erasure:
        made = Erasure(
            id=f"er_{len(self.asked)}",
            kind=asked.kind,
            mode=asked.mode,
            pseudonym="erased-0123",
            reason=asked.reason,
            by=by,
            asked_ns=self._now_ns,
            rows={"movements": 3},
            remains=("the audit log, until its own age",),
        )
        with self._state:
            self._state.execute("BEGIN IMMEDIATE")
            stored = store_erasure(self._state, made)
            finish_erasures(self._state, self._now_ns)
        return stored
