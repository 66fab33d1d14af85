"""A disk that fails at its n-th write or sync, or loses its power, under the real SQLite.

SQLite reaches its files through a VFS, a table of functions. Here a copy of the one in use is
made, in which writing, truncating and syncing go through Python first.
"""

import ctypes
import os
import random
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

SQLITE_OK, SQLITE_FULL, SQLITE_IOERR = 0, 13, 10
SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC = SQLITE_IOERR | 3 << 8, SQLITE_IOERR | 4 << 8
SECTOR = 512
_KEPT: list[object] = []
"""A connection that nobody closed is closed whenever Python finds it, and then needs its VFS."""

_Pointer, _Int, _Int64 = ctypes.c_void_p, ctypes.c_int, ctypes.c_int64
_WRITE = ctypes.CFUNCTYPE(_Int, _Pointer, _Pointer, _Int, _Int64)
_TRUNCATE = ctypes.CFUNCTYPE(_Int, _Pointer, _Int64)
_SYNC = ctypes.CFUNCTYPE(_Int, _Pointer, _Int)
# The name stays a pointer: what SQLite keeps behind its end is read as well.
_OPEN = ctypes.CFUNCTYPE(_Int, _Pointer, _Pointer, _Pointer, _Int, _Pointer)
_DELETE = ctypes.CFUNCTYPE(_Int, _Pointer, _Pointer, _Int)


class _Methods(ctypes.Structure):
    """`sqlite3_io_methods`, version 3."""

    _fields_ = (
        ("iVersion", _Int),
        ("xClose", _Pointer),
        ("xRead", _Pointer),
        ("xWrite", _Pointer),
        ("xTruncate", _Pointer),
        ("xSync", _Pointer),
        ("others", _Pointer * 13),
    )


class _File(ctypes.Structure):
    _fields_ = (("methods", ctypes.POINTER(_Methods)),)


class _Vfs(ctypes.Structure):
    """`sqlite3_vfs`, version 3."""

    _fields_ = (
        ("iVersion", _Int),
        ("szOsFile", _Int),
        ("mxPathname", _Int),
        ("pNext", _Pointer),
        ("zName", ctypes.c_char_p),
        ("pAppData", _Pointer),
        ("xOpen", _Pointer),
        ("xDelete", _Pointer),
        ("others", _Pointer * 14),
    )


class _Kept:
    """What of a file would outlive a power cut, and what was written since it was synced."""

    def __init__(self, durable: bytes) -> None:
        self.durable = durable
        self.pending: list[tuple[int, bytes | None]] = []

    def synced(self) -> None:
        content = bytearray(self.durable)
        for write in self.pending:
            _apply(content, *write)
        self.durable, self.pending = bytes(content), []

    def after_power_cut(self, rng: random.Random) -> bytes:
        """Of what was not synced any part may be there: the disk orders its writes as it likes."""
        content = bytearray(self.durable)
        likelihood = rng.choice([0.0, 0.5, 0.9, 1.0])
        for offset, data in self.pending:
            if rng.random() > likelihood:
                continue
            torn = data is not None and len(data) > SECTOR and rng.random() < 0.2
            part = data[: rng.randrange(len(data)) // SECTOR * SECTOR] if data and torn else data
            _apply(content, offset, part)
        return bytes(content)


def _apply(content: bytearray, offset: int, data: bytes | None) -> None:
    """Write at an offset; None cuts the file there."""
    if data is None:
        del content[offset:]
        content.extend(bytes(offset - len(content)))
        return
    content.extend(bytes(max(0, offset - len(content))))
    content[offset : offset + len(data)] = data


class FaultyDisk:
    """Counts writes and syncs of SQLite's files; the ones named in `fail_*` are refused.

    `error` is what SQLite is told of a write that is refused; a sync gives its own.
    """

    def __init__(self) -> None:
        self.writes = 0
        self.syncs = 0
        self.fail_writes: range = range(0)
        self.fail_syncs: range = range(0)
        self.error = SQLITE_IOERR_WRITE
        self._files: dict[Path, _Kept] = {}
        self._open: dict[int, Path] = {}
        self._library: Any = _sqlite()
        self._found: Any = ctypes.cast(self._library.sqlite3_vfs_find(None), ctypes.POINTER(_Vfs))
        self._original: dict[str, Any] = {}
        self._methods: dict[int, _Methods] = {}
        self._callbacks = (
            _WRITE(self._write),
            _TRUNCATE(self._truncate),
            _SYNC(self._sync),
            _OPEN(self._open_file),
            _DELETE(self._delete),
        )
        self._vfs = self._changed_vfs()
        _KEPT.append(self)

    def after_power_cut(self, rng: random.Random, folder: Path, to: Path) -> None:
        """Write down, in `to`, the files of `folder` as they might come back."""
        for path, kept in self._files.items():
            if path.is_relative_to(folder):
                target = to / path.relative_to(folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(kept.after_power_cut(rng))

    @contextmanager
    def installed(self, monkeypatch: pytest.MonkeyPatch) -> Generator["FaultyDisk"]:
        """Let every file that SQLite opens from now on lie on this disk."""
        monkeypatch.setattr(os, "fsync", self._fsync_by_hand(os.fsync))
        self._library.sqlite3_vfs_register(ctypes.byref(self._vfs), 1)
        try:
            yield self
        finally:
            self._library.sqlite3_vfs_unregister(ctypes.byref(self._vfs))
            self._files.clear()
            self._open.clear()

    def _changed_vfs(self) -> _Vfs:
        changed = _Vfs.from_buffer_copy(self._found.contents)
        changed.zName = b"faulty"
        self._original["open"] = _OPEN(changed.xOpen)
        self._original["delete"] = _DELETE(changed.xDelete)
        changed.xOpen, changed.xDelete = (
            ctypes.cast(callback, _Pointer).value for callback in self._callbacks[3:]
        )
        return changed

    def _open_file(self, *call: int) -> int:
        """`call` is the VFS, the address of the name, that of the file to fill, flags, answer."""
        _, name, file, flags, out = call
        path = Path(os.fsdecode(ctypes.string_at(name))) if name else None
        known = path.read_bytes() if path is not None and path.exists() else b""
        found = ctypes.addressof(self._found.contents)
        code: int = self._original["open"](found, name, file, flags, out)
        opened = ctypes.cast(file, ctypes.POINTER(_File))
        if code == SQLITE_OK and path is not None and opened.contents.methods:
            opened.contents.methods = ctypes.pointer(self._changed_methods(opened.contents.methods))
            self._open[file] = path
            self._files.setdefault(path, _Kept(known))
        return code

    def _delete(self, _vfs: int, name: int, sync: int) -> int:
        self._files.pop(Path(os.fsdecode(ctypes.string_at(name))), None)
        return int(self._original["delete"](ctypes.addressof(self._found.contents), name, sync))

    def _changed_methods(self, found: Any) -> _Methods:  # noqa: ANN401 - a ctypes pointer
        """The functions of an open file; SQLite has a table for each way of locking."""
        address = ctypes.addressof(found.contents)
        if address not in self._methods:
            methods = self._methods[address] = _Methods.from_buffer_copy(found.contents)
            # All tables write, truncate and sync in the same way.
            self._original["write"] = _WRITE(methods.xWrite)
            self._original["truncate"] = _TRUNCATE(methods.xTruncate)
            self._original["sync"] = _SYNC(methods.xSync)
            write, truncate, sync, *_ = self._callbacks
            methods.xWrite = ctypes.cast(write, _Pointer).value
            methods.xTruncate = ctypes.cast(truncate, _Pointer).value
            methods.xSync = ctypes.cast(sync, _Pointer).value
        return self._methods[address]

    def _write(self, file: int, data: int, size: int, offset: int) -> int:
        self.writes += 1
        if self.writes in self.fail_writes:
            # Half of it may well be on the disk.
            self._original["write"](file, data, size // 2, offset)
            self._note(file, offset, ctypes.string_at(data, size // 2))
            return self.error
        self._note(file, offset, ctypes.string_at(data, size))
        return int(self._original["write"](file, data, size, offset))

    def _truncate(self, file: int, size: int) -> int:
        self._note(file, size, None)
        return int(self._original["truncate"](file, size))

    def _sync(self, file: int, flags: int) -> int:
        self.syncs += 1
        if self.syncs in self.fail_syncs:
            return SQLITE_IOERR_FSYNC
        if (kept := self._kept(file)) is not None:
            kept.synced()
        return int(self._original["sync"](file, flags))

    def _note(self, file: int, offset: int, data: bytes | None) -> None:
        if (kept := self._kept(file)) is not None:
            kept.pending.append((offset, data))

    def _kept(self, file: int) -> _Kept | None:
        path = self._open.get(file)
        return None if path is None else self._files.get(path)

    def _fsync_by_hand(self, fsync: Any) -> Any:  # noqa: ANN401 - os.fsync
        def synced(descriptor: int) -> None:
            self.syncs += 1
            if self.syncs in self.fail_syncs:
                raise OSError(5, "Input/output error")
            fsync(descriptor)
            path = Path(f"/proc/self/fd/{descriptor}").resolve()
            if path in self._files:
                self._files[path].synced()

        return synced


def _sqlite() -> Any:  # noqa: ANN401 - a ctypes library
    """The library that Python's sqlite3 uses; skips where it can not be reached from outside."""
    import _sqlite3  # noqa: PLC0415 - built in where it has no file

    library = ctypes.CDLL(getattr(_sqlite3, "__file__", None))
    if not hasattr(library, "sqlite3_vfs_find"):
        pytest.skip("this Python has SQLite built in, so that its files can not be reached")
    library.sqlite3_vfs_find.restype = _Pointer
    library.sqlite3_vfs_find.argtypes = [ctypes.c_char_p]
    return library
