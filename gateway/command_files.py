"""The files that commands are given and write, and what is said where that fails."""

import os
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from gateway.site import Site, parse_site
from gateway.terminal import standard_output
from inventory.assets import Asset
from inventory.csv_assets import parse_assets_csv
from tags.times import parse_time

TEXT_BYTES_MAX = 60_000_000
"""Half a million assets; more does not fit into a request to a running gateway."""


class CommandError(Exception):
    """What was asked can not be done; the text says why."""


def recorded_site(path: Path) -> Site:
    """A site file for replay: its secrets need not be set."""
    return parse_site(text_of(path), str(path), env=None)


def assets_of(path: Path | None) -> tuple[tuple[Asset, ...], list[str]]:
    """The assets of a CSV, if there is one, and what is wrong in it. Raises CommandError."""
    if path is None:
        return (), []
    parsed = parse_assets_csv(text_of(path), str(path))
    return parsed.assets, parsed.described()


def until_ns_of(text: str, option: str = "--until") -> int:
    """The time that an option names. Raises CommandError."""
    try:
        return parse_time(text)
    except ValueError as error:
        raise CommandError(f"{option}: {error}") from error


@contextmanager
def whole_file(path: Path | None) -> Generator[TextIO]:
    """What `--out` names: a file that appears once it is whole, else standard output."""
    if path is None:
        yield standard_output()
        return
    path = path.resolve()
    # A device or a pipe is written as it is; a file appears once it is whole.
    whole = path.is_file() or not path.exists()
    target = path.with_name(f"{path.name}.{os.getpid()}.part") if whole else path
    try:
        out = target.open("w", encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{path}: can not be written: {reason_of(error)}") from error
    try:
        with out:
            yield out
        if whole:
            target.replace(path)
    finally:
        if whole:
            target.unlink(missing_ok=True)


def refuse_input(out: Path, inputs: Iterable[Path | None], option: str = "--out") -> None:
    """Raise CommandError where `out` is one of the files to be read, whatever it is called."""
    for path in inputs:
        if path is not None and path.exists() and out.exists() and path.samefile(out):
            raise CommandError(f"{option} {out}: is the file {path} that is read; name another one")


def text_of(path: Path) -> str:
    """The text of a file of at most 60 MB. Raises CommandError."""
    try:
        with path.open("rb") as file:
            raw = file.read(TEXT_BYTES_MAX + 1)
        if len(raw) > TEXT_BYTES_MAX:
            raise CommandError(f"{path}: is larger than {TEXT_BYTES_MAX // 1_000_000} MB; split it")
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CommandError(f"{path}: is not UTF-8 text") from error
    except OSError as error:
        raise CommandError(unreadable(error, path)) from error


def unreadable(error: OSError, path: Path) -> str:
    """Why a file can not be read."""
    return f"{error.filename or path}: can not be read: {reason_of(error)}"


def reason_of(error: OSError) -> str:
    """What went wrong, in plain words."""
    if isinstance(error, FileNotFoundError):
        return "no such file"
    return (error.strerror or str(error)).lower()
