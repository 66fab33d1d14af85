"""Looks whether the files of the data folder are as they were written, and tells of reports.

A check reads a whole file, so it runs in a thread of its own that lets all others go first.
What it finds in a day file is mended at once; a damaged state.db is salvaged by the next start.
"""

import asyncio
import logging
import os
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Literal

from alerts.changes import GatewayFault
from gateway.collector import Collector
from gateway.data_folder import DataFolder
from gateway.self_watch import broken_parts
from history.day_salvage import REPORT
from history.integrity import FileCheck
from history.state_salvage import SUSPECT

LOOK_S = 10.0
CHECK_EVERY_S = 86_400.0
CHECK_AFTER_S = 60.0
NICENESS = 19
DETAIL_MAX = 1_000
_OURS = (".damaged-", ".lost-", SUSPECT)

Kind = Literal["store", "history"]
log = logging.getLogger("tagwarden.history")


def is_report(name: str) -> bool:
    """Whether a fault of this name is what a file in the data folder tells of."""
    return any(sign in name for sign in _OURS)


class FileWatch:
    """Checks each file soon after the start and daily; tells of reports until they are removed.

    `damaged` counts by file what was reported since the start. `suspect` is told of each day
    (`2026-01-31`) whose file is damaged.
    """

    def __init__(
        self,
        folder: DataFolder,
        collector: Collector,
        clock: Callable[[], int],
        suspect: Callable[[str], None],
    ) -> None:
        self._folder = folder
        self._collector = collector
        self._clock = clock
        self._suspect = suspect
        self._thread = ThreadPoolExecutor(
            max_workers=1, thread_name_prefix="check", initializer=_let_others_go_first
        )
        self._check = FileCheck()
        self.damaged = Counter[str]()
        self._told: dict[str, Kind] = {
            name: kind
            for kind in _KINDS.values()
            for name in broken_parts(collector, kind)
            if is_report(name)
        }

    async def run(self) -> None:
        """Look until cancelled."""
        loop = asyncio.get_running_loop()
        check_at_s = loop.time() + CHECK_AFTER_S
        checking: asyncio.Future[None] | None = None
        while True:
            await self.tell()
            if loop.time() >= check_at_s and (checking is None or checking.done()):
                check_at_s = loop.time() + CHECK_EVERY_S
                checking = loop.run_in_executor(self._thread, self.check)
            await asyncio.sleep(LOOK_S)

    async def tell(self) -> None:
        """Tell of reports that are new, and of those that were removed."""
        reports = await asyncio.to_thread(self._reports)
        for name in [name for name in self._told if name not in reports]:
            self._put(self._told.pop(name), name, None)
        for name, (kind, text) in reports.items():
            if name not in self._told:
                self._told[name] = kind
                self.damaged[_file_of(name)] += 1
                self._put(kind, name, text)

    def check(self) -> None:
        """Read all files; a day file that is damaged is suspect from then on."""
        state = self._folder.state
        for path in (state, *sorted(self._folder.sightings.glob("????-??-??.db"), reverse=True)):
            try:
                wrong = self._check(path)
            except (OSError, sqlite3.Error) as error:
                log.warning("%s can not be checked: %s", path, error)
                continue
            if wrong is None:
                continue
            log.error("%s is damaged: %s", path, wrong)
            if path == state:
                state.with_name(state.name + SUSPECT).write_text(wrong, "utf-8")
            else:
                self._suspect(path.stem)

    def close(self) -> None:
        """Break off a check and end."""
        self._check.stop()
        self._thread.shutdown()

    def _reports(self) -> dict[str, tuple[Kind, str]]:
        """Name, kind and text of each report that lies in the folder."""
        found: dict[str, tuple[Kind, str]] = {}
        suspect = self._folder.state.with_name(self._folder.state.name + SUSPECT)
        for kind, folder in (("store", self._folder.path), ("history", self._folder.sightings)):
            for path in sorted(folder.glob(f"*{REPORT}")):
                found[path.name.removesuffix(REPORT)] = _KINDS[kind], _text(path)
        if suspect.exists():
            text = f"{_text(suspect)}; the next start salvages what can be read"
            found[suspect.name] = "store", text
        return found

    def _put(self, kind: Kind, name: str, detail: str | None) -> None:
        self._collector.put(
            GatewayFault(
                arrival_ns=self._clock(),
                kind=kind,
                name=name,
                broken=detail is not None,
                detail=detail or "",
            )
        )


_KINDS: dict[str, Kind] = {"store": "store", "history": "history"}


def _text(path: Path) -> str:
    with suppress(OSError, UnicodeDecodeError):
        return path.read_text("utf-8").strip()[:DETAIL_MAX]
    return "it can not be read"


def _file_of(name: str) -> str:
    """The damaged file that a report is about."""
    return next((name.partition(sign)[0] for sign in _OURS if sign in name), name)


def _let_others_go_first() -> None:
    # On Linux each thread has a niceness of its own.
    with suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
