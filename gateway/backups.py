"""Backups that are asked for over HTTP: one at a time, in a thread, each in a folder of its own."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from api.running import BackupRefusedError
from gateway.backup import make_backup
from gateway.backup_files import BackupError
from gateway.backup_folder import BackupFolder, Found, clear_left, new_name
from gateway.backup_settings import BackupSettings
from gateway.data_folder import DataFolder
from gateway.loose_tasks import ended
from gateway.loose_thread import call_loosely
from tags.times import format_time

FAILED_MAX = 20
"""So many that failed are remembered until the next start."""
STOPPED = "the gateway stopped meanwhile"
PATIENCE_S = 3.0
"""Who asks about a disk that answers nothing is told after so long that nobody knows."""
GIVE_UP_S = 10.0
"""So long a backup has to notice that the gateway stops."""

Audit = Callable[[str, str, str, dict[str, Any]], Awaitable[None]]
"""Writes a line of the audit log: action, target, by whom, detail."""
Count = Callable[[str], None]
Look = tuple[Path, list[Found]]
log = logging.getLogger("tagwarden")


class Attempt(msgspec.Struct):
    """A backup that was begun since the start; `note` says what is wrong beside it."""

    name: str
    where: Path
    by: str
    begun_ns: int
    progress: float = 0.0
    ended_ns: int | None = None
    fault: str = ""
    note: str = ""

    @property
    def state(self) -> str:
        """`running`, `done` or `failed`."""
        if self.ended_ns is None:
            return "running"
        return "failed" if self.fault else "done"


class GatewayBackups:
    """Fulfils `api.running.Backups` for a data folder that this gateway writes.

    `count` is told what became of each.
    """

    def __init__(
        self,
        folder: DataFolder,
        settings: Callable[[], BackupSettings],
        clock: Callable[[], int],
        audit: Audit,
        count: Count,
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._clock = clock
        self._audit = audit
        self._count = count
        self._there = BackupFolder()
        self._attempts: dict[str, Attempt] = {}
        self._running: asyncio.Task[None] | None = None
        self._group: asyncio.TaskGroup | None = None
        self._busy = False
        self._stopping = False
        self._look: asyncio.Task[Look] | None = None
        self._next_look: asyncio.Task[Look] | None = None
        self._seen: Look = (Path(), [])

    @property
    def place(self) -> Path:
        """Where they lie."""
        named = self._settings().folder
        return self._folder.backups if named is None else Path(named)

    def open(self, group: asyncio.TaskGroup) -> None:
        """Make backups within a group from now on."""
        self._group = group

    async def close(self) -> None:
        """Make none any more; the one that is being made is given up."""
        self._stopping, self._group = True, None
        if self._running is not None:
            await asyncio.wait([self._running], timeout=GIVE_UP_S)
            await ended([self._running])

    async def begin(self, by: str) -> dict[str, Any]:
        """Begin a backup and tell of it. Raises BackupRefusedError."""
        if self._busy:
            raise BackupRefusedError("Another backup is being made.")
        self._required_group()
        self._busy = True
        try:
            return await self._begun(by)
        except BaseException:
            self._busy = False
            raise

    async def _begun(self, by: str) -> dict[str, Any]:
        begun_ns, place = self._clock(), self.place
        named = self._settings().folder is not None
        prepared = partial(_prepared, place, begun_ns, make=not named)
        name = await call_loosely("backup", prepared)
        await self._audit("backup.begin", name, by, {"where": str(place / name)})
        group = self._required_group()
        attempt = self._attempts[name] = Attempt(name, place / name, by, begun_ns)
        self._forget_old()
        self._running = group.create_task(self._make(attempt), name="backup")
        return _row_of(attempt)

    def _required_group(self) -> asyncio.TaskGroup:
        if self._group is None:
            raise BackupRefusedError("The gateway is starting or stopping.")
        return self._group

    async def listed(self) -> list[dict[str, Any]]:
        """All that there are and the one that is being made, the newest last."""
        place, found = await self._found()
        rows = [self._row(each, place) for each in found]
        known = {each.name for each in found}
        others = [each for each in self._attempts.values() if each.name not in known]
        # What was done and has gone was too old.
        rows += [_row_of(each) for each in others if each.state != "done"]
        return sorted(rows, key=lambda row: str(row["begun"] or row["ended"] or ""))

    async def _found(self) -> Look:
        """Where they are, and which. All who ask during a look share the next one.

        A disk that hangs holds one thread like this, however many ask.
        """
        if self._next_look is None:
            self._next_look = asyncio.create_task(self._looked(self._look), name="backups")
        look = self._next_look
        done, _ = await asyncio.wait([look], timeout=PATIENCE_S)
        if done:
            return look.result()
        log.warning("nobody knows which backups there are now: their disk does not answer")
        return self._seen if self._seen[0] == self.place else (self.place, [])

    async def _looked(self, before: asyncio.Task[Look] | None) -> Look:
        if before is not None:
            await asyncio.wait([before])
        self._look, self._next_look = self._next_look, None
        place = self.place
        try:
            self._seen = place, await call_loosely("backups", partial(self._there.found, place))
        except OSError as error:
            log.warning("nobody knows which backups there are: %s", error)
            return place, []
        return self._seen

    async def _make(self, attempt: Attempt) -> None:
        detail: dict[str, Any] = {"where": str(attempt.where)}
        try:
            await call_loosely("backup", partial(self._copy, attempt))
        except (BackupError, OSError) as error:
            attempt.fault = STOPPED if self._stopping else str(error)
            log.error("backup %s failed: %s", attempt.name, attempt.fault)  # noqa: TRY400 - the text is all that helps
            detail["reason"] = attempt.fault
        else:
            detail["removed"] = await self._thinned_out(attempt)
        finally:
            self._busy = False
            attempt.ended_ns = self._clock()
        self._count(attempt.state)
        action = "backup.fail" if attempt.fault else "backup.end"
        await self._audit(action, attempt.name, attempt.by, detail)

    async def _thinned_out(self, attempt: Attempt) -> list[str]:
        """Remove those that are too old; which these were. One that stays harms no other."""
        place, keep = attempt.where.parent, self._settings().keep
        try:
            thinned_out = partial(self._there.thin_out, place, attempt.name, keep)
            return await call_loosely("backup", thinned_out)
        except OSError as error:
            attempt.note = f"older ones could not be removed: {error}"
            log.warning("backup %s: %s", attempt.name, attempt.note)
            return []

    def _copy(self, attempt: Attempt) -> None:
        """Make it, in a thread."""
        place = attempt.where.parent

        def note(done: int, total: int) -> None:
            if self._stopping:
                raise BackupError(STOPPED)
            attempt.progress = min(1.0, done / total) if total else 0.0

        make_backup(self._folder, attempt.where, self._there.newest_whole(place), note)

    def _forget_old(self) -> None:
        while len(self._attempts) > FAILED_MAX:
            del self._attempts[next(iter(self._attempts))]

    def _row(self, found: Found, place: Path) -> dict[str, Any]:
        """A backup that lies there, with what is remembered of its making."""
        attempt = self._attempts.get(found.name)
        backup = found.backup
        told: dict[str, Any] = {
            "id": found.name,
            "state": "failed" if backup is None else "done",
            "begun": None,
            "ended": found.made or None,
            "by": None,
            "progress": 1.0,
            "bytes": None if backup is None else backup.bytes,
            "days": found.days,
            "version": None if backup is None else backup.version,
            "site": None if backup is None else backup.site,
            "reason": found.fault,
            "where": str(place / found.name),
        }
        if backup is not None and backup.left_out:
            lacks = ", ".join(f"{left.name} ({left.reason})" for left in backup.left_out)
            told["reason"] = f"left out: {lacks}"
        if attempt is None:
            return told
        own = _row_of(attempt)
        same = ("begun", "by", "state", "progress", "ended")
        return (
            told | {name: own[name] for name in same} | {"reason": own["reason"] or told["reason"]}
        )


def _prepared(place: Path, now_ns: int, *, make: bool) -> str:
    """Have the folder ready, and find a name for another backup in it."""
    try:
        if make:
            place.mkdir(mode=0o700, exist_ok=True)
        elif not place.is_dir():
            raise BackupRefusedError(
                f"There is no folder {place}: make it, or mount its disk, or name another one in"
                " the site file (backup.folder)."
            )
        clear_left(place)
        return new_name(place, now_ns)
    except OSError as error:
        raise BackupRefusedError(f"{place} can not be used: {error.strerror}.") from error


def _row_of(attempt: Attempt) -> dict[str, Any]:
    return {
        "id": attempt.name,
        "state": attempt.state,
        "begun": format_time(attempt.begun_ns),
        "ended": None if attempt.ended_ns is None else format_time(attempt.ended_ns),
        "by": attempt.by,
        "progress": 1.0 if attempt.state == "done" else round(attempt.progress, 3),
        **dict.fromkeys(("bytes", "days", "version", "site")),
        "reason": attempt.fault or attempt.note,
        "where": str(attempt.where),
    }
