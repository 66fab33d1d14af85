"""What an edit makes of the text of a site file, before it is said whether that is valid."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from api.site_edits import (
    EntryEdit,
    Part,
    PartEdit,
    SiteEdit,
    SiteProblem,
    SiteRefusedError,
    WholePatch,
    WholeText,
)
from gateway.site_edit import SiteEditError
from gateway.site_problems import Fault, Path, Problem
from gateway.site_rewrite import rewritten
from gateway.site_secrets import unmasked, unmasked_text
from gateway.site_values import Value, value_at

WITH_HISTORY: tuple[Part, ...] = ("zones", "readers")
"""Parts whose entries have a `was`, so that what is renamed keeps its history."""

_KINDS: dict[Part, str] = {
    "floors": "floor",
    "zones": "zone",
    "readers": "reader",
    "portals": "portal",
    "rules": "rule",
    "channels": "channel",
}
Data = dict[str, Value]


class Renaming(NamedTuple):
    """An entry that has got another name."""

    part: Part
    old: str
    new: str


class Changed(NamedTuple):
    """What the file is to say after an edit. `name` is that of the entry that was edited."""

    data: Data
    name: str | None = None
    created: bool = False
    renamed: Renaming | None = None


class Amended(NamedTuple):
    """The new text. `name` is that of the entry that was edited; `faults` forbid it already."""

    text: str
    name: str | None = None
    created: bool = False
    renamed: tuple[Renaming, ...] = ()
    faults: tuple[Fault, ...] = ()
    data: Data | None = None


def amended(text: str, data: Data, edit: SiteEdit) -> Amended:
    """Make the edit on a text that says `data`. Raises SiteRefusedError."""
    if isinstance(edit, WholeText):
        return _text_amended(edit.text.removeprefix("\ufeff"), data)
    changed = changed_by(data, edit)
    made = said(text, data, changed.data)
    renamed = () if changed.renamed is None else (changed.renamed,)
    return made._replace(name=changed.name, created=changed.created, renamed=renamed)


def changed_by(data: Data, edit: SiteEdit) -> Changed:
    """What an edit makes of `data`, before it is written. Raises SiteRefusedError."""
    match edit:
        case EntryEdit():
            return _entry_changed(data, edit)
        case PartEdit(part=part, entries=entries):
            listed: Data = {**data, part: [*entries] or None}
            return Changed(listed if entries or part in data else data)
        case WholePatch(patch=patch):
            return Changed(_patched_file(data, patch))
        case _:
            raise TypeError(edit)


def _text_amended(text: str, data: Data) -> Amended:
    try:
        filled, faults = unmasked_text(text, data)
    except SiteEditError as error:
        raise SiteRefusedError("invalid", f"The text {error}.") from error
    return Amended(filled, faults=tuple(faults))


def said(text: str, old: Data, new: Data) -> Amended:
    """The text of `old` made to say `new`, with the secrets of `old` where that is masked."""
    filled, faults = unmasked(new, old)
    return Amended(_rewritten(text, filled), faults=tuple(faults), data=filled)


def _rewritten(text: str, data: Data) -> str:
    try:
        return rewritten(text, data)
    except (SiteEditError, ValueError, RecursionError) as error:
        detail = f"The site file {error}; edit it as a whole (PUT /api/v1/site)."
        raise SiteRefusedError("conflict", detail) from error


def _entry_changed(data: Data, edit: EntryEdit) -> Changed:
    entries = entries_of(data, edit.part)
    place = place_of(entries, edit.name)
    if edit.value is None:
        if place is None:
            raise _unknown(edit)
        left = [*entries[:place], *entries[place + 1 :]]
        return Changed({**data, edit.part: left or None})
    old = None if place is None else entries[place]
    wanted, name = _wanted(edit, old)
    value: Data = unmasked(wanted, old, (edit.part, place or 0))[0]
    if name != edit.name and place_of(entries, name) is not None:
        raise SiteRefusedError("exists", f"There is a {_KINDS[edit.part]} {name!r} already.")
    renamed = None
    if edit.name is not None and place is not None and name != edit.name:
        renamed = Renaming(edit.part, edit.name, name)
        value = _with_former(value, renamed)
    new: list[Value] = [*entries]
    at = len(new) if place is None else place
    new[at : at + 1] = [value]
    return Changed({**data, edit.part: new}, name, place is None, renamed)


def _wanted(edit: EntryEdit, old: Value) -> tuple[dict[str, Value], str]:
    """What the entry is to say, and its name."""
    value: dict[str, Value] = edit.value or {}
    if edit.merge:
        if not isinstance(old, dict):
            raise _unknown(edit)
        merged = merge_patched(old, value)
        value = merged if isinstance(merged, dict) else {}
    if edit.name is not None and "name" not in value:
        value = {"name": edit.name, **value}
    name = value.get("name")
    if not isinstance(name, str) or not name:
        problem = SiteProblem(0, "name", "must be text, and not empty", "error")
        raise SiteRefusedError("invalid", "The entry needs a name.", [problem])
    if edit.name is not None and old is None and name != edit.name:
        problem = SiteProblem(0, "name", "is not the name in the address", "error")
        raise SiteRefusedError("invalid", "A new entry has the name in its address.", [problem])
    return value, name


def _with_former(value: dict[str, Value], renamed: Renaming) -> dict[str, Value]:
    if renamed.part not in WITH_HISTORY:
        return value
    rest = {key: below for key, below in value.items() if key not in {"name", "was"}}
    return {"name": renamed.new, "was": renamed.old, **rest}


def follow_renaming(made: Amended, problems: tuple[Problem, ...]) -> Amended | None:
    """Name entries by their new names wherever the file still says the old ones.

    None where no problem says that something still names one so.
    """
    if not made.renamed or made.data is None:
        return None
    data: Value = made.data
    for problem in problems:
        for renamed in made.renamed:
            data = _renamed_at(data, problem, renamed)
    if data is made.data or not isinstance(data, dict):
        return None
    return made._replace(text=_rewritten(made.text, data), data=data)


def _renamed_at(data: Value, problem: Problem, renamed: Renaming) -> Value:
    said = value_at(data, problem.path)
    missing = f"there is no {_KINDS[renamed.part]} '{renamed.old}"
    if not isinstance(said, str) or not problem.message.startswith(missing):
        return data
    rest = said.removeprefix(renamed.old)
    if rest == said or rest[:1] not in {"", "/", ":"}:
        return data
    return _replaced(data, problem.path, renamed.new + rest)


def _replaced(value: Value, path: Path, new: Value) -> Value:
    if not path:
        return new
    step = path[0]
    if isinstance(value, dict):
        return {**value, str(step): _replaced(value.get(str(step)), path[1:], new)}
    entries = value if isinstance(value, list) else []
    return [_replaced(v, path[1:], new) if at == step else v for at, v in enumerate(entries)]


def entries_of(data: Mapping[str, Value], part: Part) -> list[Value]:
    """The entries of a list; none where it is not there. Raises SiteRefusedError."""
    entries = data.get(part)
    if entries is None:
        return []
    if not isinstance(entries, list):
        raise SiteRefusedError("conflict", f"In the site file {part} is no list.")
    return entries


def place_of(entries: list[Value], name: str | None) -> int | None:
    """Where the entry of this name stands in its list."""
    for place, entry in enumerate(entries):
        if isinstance(entry, dict) and name is not None and entry.get("name") == name:
            return place
    return None


def merge_patched(old: Value, patch: Value) -> Value:
    """RFC 7396."""
    if not isinstance(patch, dict):
        return patch
    members: dict[str, Value] = dict(old) if isinstance(old, dict) else {}
    for name, below in patch.items():
        if below is None:
            members.pop(name, None)
        else:
            members[name] = merge_patched(members.get(name), below)
    return members


def _patched_file(data: Data, patch: dict[str, Any]) -> Data:
    merged = merge_patched(data, patch)
    return merged if isinstance(merged, dict) else data


def _unknown(edit: EntryEdit) -> SiteRefusedError:
    return SiteRefusedError("unknown", f"There is no {_KINDS[edit.part]} {edit.name!r}.")
