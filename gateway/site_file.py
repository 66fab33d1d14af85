"""A site file on disk that is to be changed: read once, replaced as a whole or not at all."""

import os
from contextlib import suppress
from pathlib import Path
from shutil import copymode
from typing import NamedTuple

from gateway.command_files import CommandError, reason_of, unreadable
from gateway.site import Site, parse_site

_BOM = "\ufeff"


class SiteFileChangedError(CommandError):
    """The file is not any more what it was when it was read."""


class SiteFile(NamedTuple):
    """What stood in the file when it was read."""

    path: Path
    raw: bytes
    site: Site


def open_site_file(path: Path, *, to_write: bool) -> SiteFile:
    """Read a site file; its secrets need not be set. Raises CommandError or SiteError.

    `to_write` asks beforehand whether it could be replaced, before hours of work are lost.
    """
    path = path.resolve()
    try:
        raw = path.read_bytes()
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise CommandError(f"{path}: is not UTF-8 text") from error
    except OSError as error:
        raise CommandError(unreadable(error, path)) from error
    if to_write and not is_writable(path):
        raise CommandError(f"{path}: is read-only; --dry-run says what would be written")
    return SiteFile(path, raw, parse_site(text, str(path), env=None))


def replace_site_file(file: SiteFile, text: str) -> None:
    """Put a new text in its place, by a temporary file that is renamed. Raises CommandError.

    Nothing is written where the file is not any more what it was when it was read
    (SiteFileChangedError). Once it returns, the new text outlives a power cut.
    """
    if file.raw.startswith(_BOM.encode()):
        text = _BOM + text
    temporary = file.path.with_name(f".{file.path.name}.{os.getpid()}.part")
    try:
        _write(temporary, text.encode())
        copymode(file.path, temporary)
        _keep_owner(file.path, temporary)
        if file.path.read_bytes() != file.raw:
            raise SiteFileChangedError(
                f"{file.path}: was changed meanwhile; nothing is written, run again"
            )
        temporary.replace(file.path)
        _sync_folder(file.path.parent)
    except OSError as error:
        raise CommandError(f"{file.path}: can not be written: {reason_of(error)}") from error
    finally:
        temporary.unlink(missing_ok=True)


def _write(path: Path, raw: bytes) -> None:
    with path.open("wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())


def _keep_owner(path: Path, temporary: Path) -> None:
    """Whose file it is stays, where that is in our power."""
    status = path.stat()
    with suppress(PermissionError):
        os.chown(temporary, status.st_uid, status.st_gid)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_writable(path: Path) -> bool:
    """Whether the file could be replaced."""
    return bool(path.stat().st_mode & 0o222) and os.access(path, os.W_OK) and _holds(path.parent)


def _holds(folder: Path) -> bool:
    """Whether a new file can be made beside it."""
    return os.access(folder, os.W_OK | os.X_OK)
