"""A site file of the fake gateway, edited by the real desk; what comes into force is the text."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import TypeVar, cast

from gateway.collector import Collector
from gateway.entries import SiteChanged
from gateway.site import Site, parse_site
from gateway.site_desk import SiteDesk, Told
from gateway.site_plans import PlanFolder
from gateway.site_versions import note_site_change
from history.audit import append_audit
from history.questions import StateQuestions
from history.state import open_reader, open_state
from inventory.changes import DONE, Outcome

T = TypeVar("T")
TEXT = """\
site: {name: depot}
floors: [{name: ground, size_m: [60, 40]}]
zones:
  - {name: hall, floor: ground, polygon: [[0, 0], [4, 0], [4, 4], [0, 4]]}
  - {name: hall/shelf, floor: ground, parent: hall, polygon: [[0, 0], [4, 0], [4, 4], [0, 4]]}
  - {name: gate, floor: ground, role: exit}
readers:
  - name: gate-1
    driver: llrp
    address: 127.0.0.1:9
    antennas: {1: {zone: hall}, 2: {zone: gate}}
  - {name: handhelds, driver: http, zone: hall}
portals: [{name: dock door/left, inside: [gate-1/1], outside: [gate-1/2]}]
rules: [{name: laptops stay in, fence: [hall], notify: [guards]}]
channels: [{name: guards, kind: log}]
"""
_SITE = parse_site(TEXT)


class FakeSite(SiteDesk):
    """Edits a file beside the `state.db` at this path; what it says is told to nobody."""

    def __init__(self, state: Path) -> None:
        self.file = state.with_name("site.yaml")
        self.file.write_text(TEXT, encoding="utf-8")
        self.site = _SITE
        self._state = state
        self._keep(self.site, Told())
        station = SimpleNamespace(full=False, fault=None)
        collector = cast("Collector", SimpleNamespace(station=station, degraded=None))
        questions = cast("StateQuestions", _Questions(state))
        plans = PlanFolder(state.with_name("plans"))
        super().__init__(self.file, lambda: self.site, collector, questions, self._take, plans)
        self.open()

    async def _take(self, site: Site, told: Told) -> asyncio.Future[Outcome]:
        self.site = site
        await asyncio.to_thread(self._keep, site, told)
        done: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        done.set_result(DONE)
        return done

    def _keep(self, site: Site, told: Told) -> None:
        with closing(open_state(self._state)) as state, state:
            state.execute("BEGIN IMMEDIATE")
            state.execute(
                "INSERT OR IGNORE INTO site_versions VALUES (?, ?, 0, ?)",
                (site.version, site.text, told.by),
            )
            changed = SiteChanged(0, told.by, site.version, site.text, told.why, told.what)
            append_audit(state, note_site_change(state, changed))


class _Questions:
    """Asks with a connection of its own each time, so that none is left."""

    def __init__(self, state: Path) -> None:
        self._state = state

    def answer(self, question: Callable[[sqlite3.Connection], T]) -> T:
        with closing(open_reader(self._state)) as reader:
            return question(reader)
