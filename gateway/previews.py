"""Previews that are asked for over HTTP: one at a time, each in a process that steps back."""

import asyncio
import contextlib
import logging
import os
import secrets
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from api.desk import JournalFullError
from api.site_edits import SiteEdit, SiteRefusedError
from gateway.preview_work import Asked, Told
from gateway.site import Site
from tags.times import SECOND_NS, format_time

DAY_NS = 86_400 * SECOND_NS
KEPT_MAX = 5
KEPT_NS = 600 * SECOND_NS
"""So long after its end one can still be asked for."""
LINE_BYTES_MAX = 16 << 20
COMMAND = (
    sys.executable,
    "-P",
    "-c",
    "from gateway.preview_work import main; raise SystemExit(main())",
)
ROOT = Path(__file__).parents[1]

Imagine = Callable[[Sequence[SiteEdit]], Awaitable[Site]]
Count = Callable[[str], None]
log = logging.getLogger("tagwarden")


class Preview(msgspec.Struct):
    """One that was begun; two of one `cause` ask the same."""

    name: str
    cause: tuple[str, str, int | None]
    by: str
    begun_ns: int
    told: Told
    ended_ns: int | None = None
    reason: str = ""

    def shown(self) -> dict[str, Any]:
        """As the API shows it."""
        done = self.told.result is not None
        state = "running" if self.ended_ns is None else "done" if done else "failed"
        return {
            "id": self.name,
            "state": state,
            "by": self.by,
            "begun": format_time(self.begun_ns),
            "ended": None if self.ended_ns is None else format_time(self.ended_ns),
            "progress": 1.0 if state == "done" else round(self.told.progress, 3),
            "from": format_time(self.told.from_ns),
            "until": format_time(self.told.until_ns),
            "reads": self.told.reads,
            "reason": self.reason,
            "result": self.told.result if state == "done" else None,
        }


class GatewayPreviews:
    """Fulfils `api.previewing.Previews`; `count` is told what became of each."""

    def __init__(
        self,
        state: Path,
        site: Callable[[], Site],
        imagine: Imagine,
        clock: Callable[[], int],
        count: Count,
    ) -> None:
        self._state = state
        self._site = site
        self._imagine = imagine
        self._clock = clock
        self._count = count
        self._kept: dict[str, Preview] = {}
        self._lock = asyncio.Lock()
        self._group: asyncio.TaskGroup | None = None
        self._running: tuple[Preview, asyncio.Task[None]] | None = None

    def open(self, group: asyncio.TaskGroup) -> None:
        """Work them out within a group from now on."""
        self._group = group

    async def close(self) -> None:
        """Work out none any more; the one that is being worked out ends."""
        async with self._lock:
            self._group = None
            if self._running is not None:
                await self._stop(*self._running)

    async def begin(
        self, edits: Sequence[SiteEdit], since_ns: int | None, by: str
    ) -> dict[str, Any]:
        """Begin one. Raises SiteRefusedError, JournalFullError."""
        async with self._lock:
            if self._group is None:
                raise JournalFullError("the gateway is starting or stopping")
            # Sites are thought out one at a time, too: that is work for a processor.
            now = self._site()
            then = await self._imagine(edits)
            cause = (now.version, then.version, since_ns)
            same = self._same(cause)
            if same is not None:
                return same.shown()
            if self._running is not None:
                name = self._running[0].name
                detail = f"Another preview is worked out now ({name}); end it, or wait for it."
                raise SiteRefusedError("conflict", detail)
            return self._begun(self._group, cause, by, (now, then)).shown()

    def shown(self, name: str) -> dict[str, Any] | None:
        """One as it is now."""
        self._forget_old()
        found = self._kept.get(name)
        return None if found is None else found.shown()

    async def end(self, name: str) -> bool:
        """End one and forget it."""
        async with self._lock:
            if self._running is not None and self._running[0].name == name:
                await self._stop(*self._running)
            return self._kept.pop(name, None) is not None

    def _same(self, cause: tuple[str, str, int | None]) -> Preview | None:
        self._forget_old()
        found = (each for each in self._kept.values() if each.cause == cause and not each.reason)
        return next(found, None)

    def _begun(
        self,
        group: asyncio.TaskGroup,
        cause: tuple[str, str, int | None],
        by: str,
        sites: tuple[Site, Site],
    ) -> Preview:
        now_ns = self._clock()
        since_ns = now_ns - DAY_NS if cause[2] is None else cause[2]
        asked = Asked(str(self._state), sites[0].text, sites[1].text, since_ns, now_ns)
        preview = Preview(secrets.token_hex(8), cause, by, now_ns, Told(0.0, since_ns, now_ns, 0))
        self._kept[preview.name] = preview
        self._forget_old()
        task = group.create_task(self._work_out(preview, asked), name="preview")
        self._running = (preview, task)
        return preview

    async def _stop(self, preview: Preview, task: asyncio.Task[None]) -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        if preview.ended_ns is None:
            self._settle(preview, "it was ended", "ended")

    async def _work_out(self, preview: Preview, asked: Asked) -> None:
        try:
            reason = await self._worked_out(preview, asked)
        except (OSError, ValueError, msgspec.DecodeError) as error:
            reason = f"it could not be worked out: {error}"
        self._settle(preview, reason, "failed" if reason else "done")

    def _settle(self, preview: Preview, reason: str, result: str) -> None:
        preview.ended_ns, preview.reason = self._clock(), reason
        self._running = None
        self._count(result)
        if result == "failed":
            log.warning("preview %s failed: %s", preview.name, reason)

    async def _worked_out(self, preview: Preview, asked: Asked) -> str:
        """Let a process do it and follow it; why there is no result, if so."""
        process = await asyncio.create_subprocess_exec(
            *COMMAND,
            cwd="/",
            env=_environment(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=LINE_BYTES_MAX,
        )
        try:
            await _ask(process, asked)
            await _follow(process, preview)
            code = await process.wait()
        finally:
            await _ended(process)
        if preview.told.result is not None:
            return ""
        return preview.told.fault or _words_of(code)

    def _forget_old(self) -> None:
        oldest_ns = self._clock() - KEPT_NS
        for name, each in list(self._kept.items()):
            ended_ns = each.ended_ns
            if ended_ns is not None and (ended_ns < oldest_ns or len(self._kept) > KEPT_MAX):
                del self._kept[name]


def _environment() -> dict[str, str]:
    """Nothing of what the gateway was given for its own: no secrets."""
    return {"PYTHONPATH": os.fspath(ROOT), "PATH": os.defpath}


async def _ask(process: asyncio.subprocess.Process, asked: Asked) -> None:
    if process.stdin is None:
        return
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(msgspec.json.encode(asked))
        await process.stdin.drain()
    process.stdin.close()


async def _follow(process: asyncio.subprocess.Process, preview: Preview) -> None:
    decoder = msgspec.json.Decoder(Told)
    while process.stdout is not None and (line := await process.stdout.readline()):
        preview.told = decoder.decode(line)


async def _ended(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await asyncio.shield(process.wait())


def _words_of(code: int) -> str:
    if code == -signal.SIGKILL:
        return "the system ended it, perhaps for want of memory"
    return f"its process ended with code {code}"
