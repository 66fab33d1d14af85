"""How much the data takes, and how long the disk lasts. Waits for the disk: for threads."""

import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from gateway.backup import MARK
from gateway.backup_files import MANIFEST
from gateway.data_folder import DataFolder

_DAY = re.compile(r"\d{4}-\d\d-\d\d\.db")
DAYS_MEAN = 7
"""So many whole days tell how much a day takes."""


class Storage(NamedTuple):
    """Bytes of the disk, of each part of the data, and how many days of history there are."""

    free_bytes: int
    total_bytes: int
    state_bytes: int
    history_bytes: int
    plans_bytes: int
    backups_bytes: int
    days: int
    day_bytes: int | None

    def days_until_full(self, keep_days: int) -> int | None:
        """How many days the disk lasts, as the last days went.

        None where it lasts until the oldest days make room for new ones, and where there is no
        whole day yet.
        """
        if not self.day_bytes:
            return None
        lasts = self.free_bytes // self.day_bytes
        return lasts if lasts < keep_days - self.days else None


def storage_of(folder: DataFolder, backups: Path) -> Storage:
    """Look at the folder of the data and at that of the backups. Raises OSError."""
    disk = shutil.disk_usage(folder.path)
    days = sorted(path for path in folder.sightings.glob("*.db") if _DAY.fullmatch(path.name))
    lengths = [_bytes_of([path]) for path in days]
    return Storage(
        free_bytes=disk.free,
        total_bytes=disk.total,
        state_bytes=_bytes_of(sorted(folder.path.glob("state.db*"))),
        history_bytes=_bytes_below(folder.sightings),
        plans_bytes=_bytes_below(folder.plans),
        backups_bytes=_bytes_of(_files_of_backups(backups)),
        days=len(days),
        day_bytes=_mean(lengths[:-1][-DAYS_MEAN:]),
    )


def _mean(lengths: Sequence[int]) -> int | None:
    return sum(lengths) // len(lengths) if lengths else None


def _bytes_below(folder: Path) -> int:
    return _bytes_of(sorted(folder.rglob("*")))


def _files_of_backups(folder: Path) -> list[Path]:
    """The files of all backups in a folder, unfinished ones too, and of nothing else in it."""
    marks = [path for name in (MANIFEST, MARK) for path in folder.glob(f"*/{name}")]
    return [path for root in sorted({mark.parent for mark in marks}) for path in root.rglob("*")]


def _bytes_of(paths: Sequence[Path]) -> int:
    """What files take together: nothing for one that has just gone, once for one linked twice."""
    sizes: dict[tuple[int, int], int] = {}
    for path in paths:
        try:
            known = path.lstat()
        except FileNotFoundError:
            continue
        if path.is_file():
            sizes[known.st_dev, known.st_ino] = known.st_size
    return sum(sizes.values())
