"""The data folder: state.db, sightings, the lock and the socket of the running gateway."""

import fcntl
import logging
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from gateway.restoring import settle

log = logging.getLogger("tagwarden")


class DataFolderBusyError(Exception):
    """Another gateway uses the folder; the text says which and what to do."""


class DataFolder:
    """A folder that one process at a time may write; a context manager that holds its lock."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: int | None = None

    @property
    def state(self) -> Path:
        """The database of the gateway."""
        return self.path / "state.db"

    @property
    def sightings(self) -> Path:
        """The folder of the day files."""
        return self.path / "sightings"

    @property
    def plans(self) -> Path:
        """The folder of the floor plans that were sent."""
        return self.path / "plans"

    @property
    def backups(self) -> Path:
        """The folder of backups, where the site file names no other one."""
        return self.path / "backups"

    @property
    def socket(self) -> Path:
        """Where the running gateway listens to the command line."""
        return self.path / "control.sock"

    def __enter__(self) -> Self:
        """Take the lock, and bring a restore to its end that was interrupted.

        Raises DataFolderBusyError, or OSError where it can not be made.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except FileExistsError as error:
            raise NotADirectoryError(f"{self.path}: is a file, not a folder") from error
        lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            owner = os.pread(lock, 32, 0).decode(errors="replace").strip() or "unknown"
            os.close(lock)
            raise DataFolderBusyError(
                f"{self.path} is used by another gateway (process {owner}); "
                "stop that one, or name another folder with --data",
            ) from error
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        self._lock = lock
        self._settle()
        return self

    def _settle(self) -> None:
        try:
            settled = settle(self.path)
        except BaseException:
            self._release()
            raise
        if settled is not None:
            log.warning("%s", settled)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the lock back."""
        self._release()

    def _release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
