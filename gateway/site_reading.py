"""The site file as it stands on disk, and what may be shown of it."""

import hashlib
import json
import os
import secrets
from collections.abc import Iterable
from difflib import unified_diff
from pathlib import Path
from time import time_ns
from typing import NamedTuple

from api.site_edits import SiteProblem, SiteRefusedError, SiteVersion
from gateway.site import Site, SiteError, load_site, parse_site
from gateway.site_edit import SiteEditError
from gateway.site_problems import Problem
from gateway.site_secrets import holds_secrets, masked_text, without_secrets
from gateway.site_values import Value
from gateway.site_versions import KeptVersion
from gateway.site_yaml import TEXT_BYTES_MAX, YamlFaultError, read_yaml

_KEY = secrets.token_bytes(32)
"""What tells the ETags of secrets apart from those that somebody computes by guessing."""

_UNREADABLE = "can not be read, so its secrets can not be told apart"


class Standing(NamedTuple):
    """What stands in the file; `version` is that of `text`, and `text` has no byte-order mark."""

    path: Path
    raw: bytes
    text: str
    version: str


def read_standing(path: Path) -> Standing:
    """Read the file. Raises SiteRefusedError where it can not be read."""
    try:
        with path.open("rb") as file:
            raw = file.read(TEXT_BYTES_MAX + 4)
        text = raw.decode().removeprefix("\ufeff")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "is not UTF-8 text"
        detail = f"The site file {path.name} can not be read: {reason}."
        raise SiteRefusedError("conflict", detail) from error
    return Standing(path, raw, text, version_of(text))


def version_of(text: str) -> str:
    """The name of a text, as `Site.version`."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def judged(text: str, file: Path | str) -> Site | tuple[Problem, ...]:
    """The site that a text says, or what is wrong with it."""
    try:
        return parse_site(text, str(file), os.environ, time_ns())
    except SiteError as error:
        return error.problems


def reloaded(path: Path) -> Site | tuple[Problem, ...]:
    """The same of what stands in a file."""
    try:
        return load_site(path)
    except SiteError as error:
        return error.problems


def data_of(text: str) -> dict[str, Value]:
    """What a text says. Raises SiteRefusedError."""
    try:
        tree, faults = read_yaml(text)
    except YamlFaultError as error:
        raise SiteRefusedError("conflict", f"The site file {_UNREADABLE}.") from error
    data = tree.plain()
    if faults or not isinstance(data, dict):
        raise SiteRefusedError("conflict", f"The site file {_UNREADABLE}.")
    return data


def version_of_entry(value: Value) -> str:
    """A name for what stands in the file, for ETags.

    It is the same after a restart, unless secrets stand in it.
    """
    key = _KEY if holds_secrets(value) else b""
    text = json.dumps(value, sort_keys=True).encode(errors="replace")
    return hashlib.blake2b(text, key=key, digest_size=8).hexdigest()


def shown_problems(problems: Iterable[Problem]) -> tuple[SiteProblem, ...]:
    """Problems without what they quote of secrets."""
    return tuple(
        SiteProblem(each.line, each.key, without_secrets(each.message, each.path), each.severity)
        for each in problems
    )


def problems_of(standing: Standing, site: Site) -> tuple[SiteProblem, ...]:
    """What is wrong with what stands in the file, or what to live with."""
    if standing.version == site.version:
        return shown_problems(site.warnings)
    found = judged(standing.text, standing.path.name)
    return shown_problems(found.warnings if isinstance(found, Site) else found)


def shown_text(text: str) -> str | None:
    """A text with its secrets masked; None where they can not be told apart."""
    try:
        return masked_text(text)
    except SiteEditError:
        return None


def changes_between(old: str, new: str, names: tuple[str, str]) -> str:
    """A unified diff of two texts, their secrets masked."""
    before, after = shown_text(old), shown_text(new)
    if before is None or after is None:
        return ""
    lines = unified_diff(before.splitlines(), after.splitlines(), *names, lineterm="")
    return "".join(f"{line}\n" for line in lines)


def shown_version(kept: KeptVersion, before: KeptVersion | None) -> SiteVersion:
    """A version as it may be shown, with what it changed of the one before."""
    old, name = ("", "nothing") if before is None else (before.text, f"version {before.number}")
    changes = changes_between(old or "{}", kept.text, (name, f"version {kept.number}"))
    return SiteVersion(kept.number, kept.version, shown_text(kept.text) or "", changes)
