"""Pictures of floors: those that were sent, under names made here, and those beside the site file.

A floor names its picture by `plan`. One that was sent is named `plan-` and 32 hex digits of its
SHA-256, and lies in the data folder; so a version of the site file that comes back has its
picture back, too. Any other name is that of a file beside the site file.
"""

import hashlib
import os
import re
from pathlib import Path

from api.pictures import MEDIA_TYPES, PICTURE_BYTES_MAX, PictureError, media_type_of
from api.site_edits import Picture, SiteRefusedError

_OURS = re.compile(r"plan-[0-9a-f]{32}\.png")
_UNREADABLE = "The plan of this floor can not be read."


class PlanFolder:
    """The pictures in a folder of the data folder."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @staticmethod
    def name_of(png: bytes) -> str:
        """The name that this picture has."""
        return f"plan-{hashlib.sha256(png).hexdigest()[:32]}.png"

    def keep(self, png: bytes) -> None:
        """Keep a picture, so that it outlives a power cut. Raises SiteRefusedError."""
        path = self._path / self.name_of(png)
        temporary = path.with_suffix(".part")
        try:
            self._path.mkdir(mode=0o700, exist_ok=True)
            if path.exists():
                return
            with temporary.open("wb") as file:
                file.write(png)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            detail = f"The plan can not be kept: {error.strerror}."
            raise SiteRefusedError("conflict", detail) from error

    def picture(self, named: str, beside: Path | None) -> Picture | None:
        """The picture that a floor names; None where there is no such file.

        `beside` is the folder of the site file: nothing outside of it is ever opened.
        Raises SiteRefusedError for a file that is no picture.
        """
        if _OURS.fullmatch(named) and (self._path / named).is_file():
            return _shown(self._path / named)
        if beside is None or "\0" in named:
            return None
        path = (beside / named).resolve()
        if not path.is_relative_to(beside.resolve()) or path.suffix.lower() not in MEDIA_TYPES:
            raise SiteRefusedError("conflict", _UNREADABLE)
        return _shown(path) if path.is_file() else None


def _shown(path: Path) -> Picture:
    try:
        with path.open("rb") as file:
            content = file.read(PICTURE_BYTES_MAX + 1)
        version = hashlib.sha256(content).hexdigest()[:32]
        return Picture(content, media_type_of(content), version)
    except (OSError, PictureError) as error:
        raise SiteRefusedError("conflict", _UNREADABLE) from error
