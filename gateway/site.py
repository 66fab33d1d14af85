"""The site file: one YAML text that says what is installed, read and checked as a whole."""

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path as FilePath
from time import time_ns
from types import MappingProxyType

from pydantic import ValidationError

from gateway.site_checks import errors_between, warnings_between
from gateway.site_draft import Draft
from gateway.site_problems import Fault, Path, Problem, ProblemLevel, SiteError
from gateway.site_settings import AS_WRITTEN, LISTS, SiteSettings
from gateway.site_values import Value, expanded, without_open
from gateway.site_words import faults_of, key_text
from gateway.site_yaml import TEXT_BYTES_MAX, Node, YamlFaultError, read_yaml
from inventory.assets import Asset

__all__ = ["Problem", "Site", "SiteError", "SiteSettings", "load_site", "parse_site"]

Kept = Mapping[str, Sequence[int]]
"""For each list of the file the places of the entries that are valid."""

PROBLEMS_MAX = 500
"""More problems of one kind than this are not looked for."""

_TOO_LONG = f"is longer than {TEXT_BYTES_MAX >> 20} MiB"
_NO_ENV: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Site:
    """A site file that can be used.

    `text` is the file with `${NAME}` as written, and `version` names it: the
    first 16 hex digits of its SHA-256. `warnings` are problems to live with.
    """

    settings: SiteSettings
    version: str
    text: str
    warnings: tuple[Problem, ...] = ()


def load_site(path: str | os.PathLike[str], assets: Sequence[Asset] = ()) -> Site:
    """Read and check a site file, with `${NAME}` from the environment.

    Where `assets` of the register are given, rules that are for none of them are warnings.
    Raises SiteError, also for a file that can not be read.
    """
    file = os.fspath(path)
    try:
        with FilePath(path).open("rb") as stream:
            raw = stream.read(TEXT_BYTES_MAX + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise _refused(file, f"can not be read: {reason}") from error
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        if len(raw) > TEXT_BYTES_MAX:
            raise _refused(file, _TOO_LONG) from error
        line = raw.count(b"\n", 0, error.start) + 1
        raise _refused(file, "is not UTF-8 text", line) from error
    return parse_site(text, file, os.environ, time_ns(), assets)


def parse_site(
    text: str,
    file: str = "site.yaml",
    env: Mapping[str, str] | None = _NO_ENV,
    now_ns: int | None = None,
    assets: Sequence[Asset] = (),
) -> Site:
    """Check the text of a site file; `file` only names it in messages.

    At `now_ns`, what lies in the past is a warning; so is a rule for none of `assets`.

    `${NAME}` in a value is replaced from `env`. With `env=None` nothing is
    replaced, for reading journals and replaying recordings without secrets: a
    value that can not stand as it is counts as not stated, and a reader with
    such values has only what all readers have in common.
    Raises SiteError with every problem found.
    """
    text = text.removeprefix("\ufeff")
    data, tree, unclean = _data_of(text, file)
    values, unset = (_as_written(data), []) if env is None else expanded(data, env)
    settings, kept, invalid = _checked(values, data, AS_WRITTEN if env is None else None)
    draft = Draft(settings, kept, data if env is None else values, tree, now_ns, assets)
    faults = [*unclean, *unset, *invalid, *islice(errors_between(draft), PROBLEMS_MAX)]
    if faults:
        raise SiteError(_problems(faults, file, tree, data))
    version = hashlib.sha256(text.encode()).hexdigest()[:16]
    warnings = _problems(islice(warnings_between(draft), PROBLEMS_MAX), file, tree, data, "warning")
    return Site(settings, version, text, tuple(warnings))


def _data_of(text: str, file: str) -> tuple[dict[str, Value], Node, list[Fault]]:
    if len(text.encode(errors="replace")) > TEXT_BYTES_MAX:
        raise _refused(file, _TOO_LONG)
    try:
        tree, unclean = read_yaml(text)
    except YamlFaultError as error:
        raise SiteError(_problems(error.faults, file, None, None)) from error
    data = tree.plain()
    if data is None:
        raise _refused(file, "is empty")
    if not isinstance(data, dict):
        raise _refused(file, "must be a mapping with keys such as site: and zones:")
    # A list whose entries are all commented out is a list that is not there.
    return {key: value for key, value in data.items() if value is not None}, tree, unclean


def _as_written(data: dict[str, Value]) -> dict[str, Value]:
    """Leave out the values that hold `${NAME}` and can not be valid like that."""
    values: Value = data
    try:
        SiteSettings.model_validate(data, context=AS_WRITTEN)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            values = without_open(values, detail["loc"])
    return values if isinstance(values, dict) else data


def _refused(file: str, message: str, line: int = 1) -> SiteError:
    return SiteError([Problem(file, line, "file", message, path=("file",))])


def _checked(
    values: dict[str, Value],
    data: dict[str, Value],
    context: dict[str, object] | None,
) -> tuple[SiteSettings, Kept, list[Fault]]:
    """Return the valid part of `values`, its places, and what is wrong with the rest."""
    try:
        settings = SiteSettings.model_validate(values, context=context)
    except ValidationError as error:
        details = error.errors(include_url=False)
        kept, sound = _sound(values, {detail["loc"][:2] for detail in details})
        valid = SiteSettings.model_validate(sound, context=context)
        return valid, kept, faults_of(details[:PROBLEMS_MAX], data)
    return settings, {part: range(len(_entries(values, part))) for part in LISTS}, []


def _sound(values: dict[str, Value], broken: set[Path]) -> tuple[Kept, dict[str, Value]]:
    """Return `values` without what is broken, and the places that stay in each list."""
    parts = {path[0] for path in broken}
    kept = {
        part: [n for n in range(len(_entries(values, part))) if not broken & {(part,), (part, n)}]
        for part in LISTS
    }
    lists: dict[str, Value] = {
        part: [_entries(values, part)[n] for n in kept[part]] for part in LISTS
    }
    others = {key: value for key, value in values.items() if key not in parts and key not in LISTS}
    return kept, {"site": {"name": "-"}, **lists, **others}


def _entries(values: dict[str, Value], part: str) -> list[Value]:
    entries = values.get(part)
    return entries if isinstance(entries, list) else []


def _problems(
    faults: Iterable[Fault],
    file: str,
    tree: Node | None,
    data: Value,
    severity: ProblemLevel = "error",
) -> list[Problem]:
    """Put faults in the order of the file, one for each place: what follows from one is none."""
    problems: dict[tuple[Path, str], Problem] = {}
    for path, message, line in faults:
        at = line or (tree.line_of(path) if tree else 1)
        problem = Problem(file, at, key_text(path, data), message, severity, path)
        problems.setdefault((path, message if severity == "warning" else ""), problem)
    return sorted(problems.values(), key=lambda problem: problem.line)
