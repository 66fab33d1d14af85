"""The plans of floors in a backup: pictures that are named by what they hold, and never change."""

import hashlib
from pathlib import Path

from api.pictures import PICTURE_BYTES_MAX
from gateway.backup_files import PLANS, BackupFile, Origin, sync, told

_NAMES = f"plan-{'[0-9a-f]' * 32}.png"


class PlanLostError(Exception):
    """A plan can not be read, or is not what its name says; the text says why."""


def plans_in(folder: Path) -> list[Path]:
    """The plans in a folder, in order; links, and what is named otherwise, are none."""
    return sorted(path for path in folder.glob(_NAMES) if path.is_file() and not path.is_symlink())


def copy_plan(source: Path, target: Path, origin: Origin | None) -> BackupFile:
    """Copy a plan so that it outlives a power cut. Raises PlanLostError; OSError of the target."""
    content = _content_of(source)
    sha256 = hashlib.sha256(content).hexdigest()
    if not source.stem.endswith(sha256[:32]):
        raise PlanLostError("it is damaged: it is not the plan that its name says")
    target.touch(mode=0o600)
    target.write_bytes(content)
    sync(target)
    return BackupFile(f"{PLANS}/{source.name}", len(content), sha256, 0, origin)


def _content_of(source: Path) -> bytes:
    try:
        with source.open("rb") as file:
            content = file.read(PICTURE_BYTES_MAX + 1)
    except OSError as error:
        raise PlanLostError(told(error)) from error
    if len(content) > PICTURE_BYTES_MAX:
        raise PlanLostError("it is larger than any plan that was sent")
    return content
