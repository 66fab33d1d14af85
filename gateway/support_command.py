"""`tagwarden support-bundle`: what somebody needs who is asked for help, and no secrets.

No reads, no names of people, no keys; literal secrets of the site file are masked.
"""

import argparse
import io
import json
import os
import platform
import re
import sqlite3
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from importlib.metadata import distributions, version
from pathlib import Path
from time import time_ns
from typing import Any

from gateway.control import ControlError, ask
from gateway.data_folder import DataFolder
from gateway.site import SiteError, parse_site
from gateway.site_edit import SiteEditError
from gateway.site_secrets import masked_text
from gateway.terminal import say, warn
from history.state import StateRefusedError, open_reader
from tags.times import format_time

_COMMENT = re.compile(r"(?m)(^|\s)#.*$")
"""Former passwords are found in comments. A text with ` #` in quotes is cut short, too."""

_ABOUT = """\
Made by `tagwarden support-bundle` for somebody who helps. Look at it before you send it.

about.json    versions, the machine, packages
site.yaml     the site file without its comments; literal secrets are masked
check.txt     what `tagwarden check` says of it
gateway.json  how the running gateway does: readiness, readers, channels
metrics.txt   its metrics
data.json     sizes of files, rows of tables; nothing of what stands in them
"""


def support_bundle_command(chosen: argparse.Namespace) -> int:
    """`tagwarden support-bundle`."""
    try:
        size = write_bundle(chosen.out, dict(_parts(chosen.data, chosen.site)))
    except OSError as error:
        warn(f"tagwarden support-bundle: {chosen.out}: {error.strerror or error}", "red")
        return 1
    say(f"{chosen.out}: {size / 1000:.0f} kB, without secrets; look at it before you send it")
    return 0


def write_bundle(path: Path, parts: Mapping[str, str]) -> int:
    """Write the parts as a ZIP file that only its owner may read; its size (bytes).

    Raises FileExistsError, OSError.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, text in parts.items():
            bundle.writestr(name, text)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        return file.write(packed.getvalue())


def _parts(data: Path, site: Path | None) -> Iterator[tuple[str, str]]:
    yield "README.txt", _ABOUT
    yield "about.json", _json(_machine())
    yield from _site(site, data)
    told = _gateway(data)
    metrics = told.pop("metrics", None)
    yield "gateway.json", _json(told)
    if metrics is not None:
        yield "metrics.txt", metrics
    yield "data.json", _json(_data(data))


def _machine() -> dict[str, Any]:
    return {
        "tagwarden": version("tagwarden"),
        "made": format_time(time_ns()),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "packages": {
            each.metadata["Name"]: each.version
            for each in sorted(distributions(), key=lambda each: each.metadata["Name"].lower())
        },
    }


def _site(path: Path | None, data: Path) -> Iterator[tuple[str, str]]:
    """The site file that is named, else the one that was in force last."""
    try:
        text = _stored_text(data) if path is None else path.read_text("utf-8")
    except (OSError, UnicodeDecodeError, sqlite3.Error, StateRefusedError) as error:
        yield "check.txt", f"The site file can not be read: {error}\n"
        return
    if text is None:
        yield "check.txt", "No site file is known here; name one with --site.\n"
        return
    try:
        yield "site.yaml", _COMMENT.sub(r"\1#", masked_text(text))
    except SiteEditError as error:
        yield "check.txt", f"Left out, since nobody can say what is secret in it: {error}\n"
        return
    yield "check.txt", _checked(text)


def _stored_text(data: Path) -> str | None:
    with closing(open_reader(DataFolder(data).state)) as state:
        row = state.execute(
            "SELECT text FROM site_versions ORDER BY accepted_ns DESC, rowid DESC LIMIT 1"
        ).fetchone()
    return None if row is None else str(row[0])


def _checked(text: str) -> str:
    """What is wrong with it, by line and key; messages may quote values, so they stay away."""
    try:
        problems = parse_site(text, env=None).warnings
    except SiteError as error:
        problems = tuple(error.problems)
    lines = [
        f"{problem.file}:{problem.line}: {problem.key}: {problem.severity}\n"
        for problem in problems
    ]
    return "".join(lines) or "fine\n"


def _gateway(data: Path) -> dict[str, Any]:
    try:
        told = ask(DataFolder(data).socket, {"do": "support"})
    except (ControlError, OSError) as error:
        return {"error": str(error)}
    return {"error": "no gateway runs on this folder"} if told is None else told


def _data(data: Path) -> dict[str, Any]:
    found: dict[str, Any] = {
        "files": {
            str(file.relative_to(data)): file.stat().st_size
            for file in sorted(data.rglob("*"))
            if file.is_file()
        }
    }
    try:
        with closing(open_reader(DataFolder(data).state)) as state:
            found |= _tables(state)
    except (sqlite3.Error, StateRefusedError, OSError) as error:
        found["error"] = str(error)
    return found


def _tables(state: sqlite3.Connection) -> dict[str, Any]:
    names = [
        row[0]
        for row in state.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1")
    ]
    counted = {
        name: state.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608 - names of our own tables
        for name in names
    }
    (schema,) = state.execute("PRAGMA user_version").fetchone()
    return {"schema": schema, "rows": counted}


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n"
