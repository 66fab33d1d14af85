"""An edit of the site file thought through: its conditions, its text, and whether that is valid."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from api.site_edits import (
    EditTerms,
    EntryEdit,
    Part,
    PartEdit,
    SiteEdit,
    SiteProblem,
    SiteRefusedError,
    WholeText,
)
from gateway.site import Site
from gateway.site_amending import (
    WITH_HISTORY,
    Amended,
    Changed,
    Data,
    Renaming,
    amended,
    changed_by,
    entries_of,
    follow_renaming,
    merge_patched,
    place_of,
    said,
)
from gateway.site_problems import Fault, Problem
from gateway.site_reading import (
    Standing,
    changes_between,
    data_of,
    judged,
    shown_problems,
    version_of_entry,
)
from gateway.site_secrets import masked
from gateway.site_values import PLACEHOLDER, Value
from gateway.site_words import key_text

OWN_NAMES = "TAGWARDEN_"
"""Names of the environment that begin so may be brought in over HTTP."""

_ROUNDS_MAX = 8
_ANY = "*"


class Plan(NamedTuple):
    """An edit that could be made: what stands now, the site that it makes, and how it is told."""

    standing: Standing
    site: Site
    created: bool
    name: str | None
    entry: dict[str, Any] | None
    etag: str | None
    changes: str
    warnings: tuple[SiteProblem, ...]


def plan_of(standing: Standing, edit: SiteEdit, terms: EditTerms) -> Plan:
    """What an edit makes of the file. Raises SiteRefusedError."""
    data = _data_before(standing, edit)
    _require_match(standing, data, edit, terms)
    made = amended(standing.text, data, edit)
    _require_sound(made)
    if not (isinstance(edit, WholeText) and edit.kept):
        _require_known_names(standing.text, made.text)
    made, site = _valid(made, standing)
    entry, etag = _entry_after(site, edit, made.name)
    return Plan(
        standing,
        site,
        made.created,
        made.name,
        None if entry is None else masked(entry),
        etag,
        changes_between(standing.text, site.text, ("before", "after")),
        (*shown_problems(site.warnings), *_undone_renames(data, site, edit)),
    )


def _undone_renames(before: Data, site: Site, edit: SiteEdit) -> Iterator[SiteProblem]:
    """What a version that comes back names as before, with its history under the other name."""
    if not (isinstance(edit, WholeText) and edit.kept):
        return
    after = data_of(site.text)
    for part in WITH_HISTORY:
        stated = _former_names(after, part)
        for name, was in _former_names(before, part).items():
            if was is None or name in stated or stated.get(was, name) == name:
                continue
            message = (
                f"was named '{name}' until now, and its history stays under that name; "
                f"write `was: {name}` into its entry to take it along"
            )
            yield SiteProblem(0, f"{part}[{was}]", message, "warning")


def _former_names(data: Data, part: Part) -> dict[str, str | None]:
    """The names in a list, each with the former one that it states."""
    entries = (entry for entry in entries_of(data, part) if isinstance(entry, dict))
    return {
        str(entry.get("name")): None if (was := entry.get("was")) is None else str(was)
        for entry in entries
    }


def _data_before(standing: Standing, edit: SiteEdit) -> Data:
    """What the file says; nothing where it can not be read and is to be replaced as a whole."""
    try:
        return data_of(standing.text)
    except SiteRefusedError:
        if isinstance(edit, WholeText):
            return {}
        raise


def _require_match(standing: Standing, data: Data, edit: SiteEdit, terms: EditTerms) -> None:
    """Raises SiteRefusedError where the file is not what the caller believes it to be."""
    there: Value = None
    if isinstance(edit, EntryEdit):
        entries = entries_of(data, edit.part)
        place = place_of(entries, edit.name)
        there = None if place is None else entries[place]
        etag = None if there is None else version_of_entry(there)
    elif isinstance(edit, PartEdit):
        etag = version_of_entry(entries_of(data, edit.part))
    else:
        etag = standing.version
    _compare(etag, edit, terms)


def _compare(etag: str | None, edit: SiteEdit, terms: EditTerms) -> None:
    if isinstance(edit, EntryEdit) and edit.name is None:
        return  # What is added has no state yet.
    if terms.new and etag is not None:
        raise SiteRefusedError("changed", "There is one already, and If-None-Match says *.")
    if terms.if_match is not None:
        if etag is None and isinstance(edit, EntryEdit) and (edit.merge or edit.value is None):
            return  # There is none; that is told as such.
        if etag is None or not ({_ANY, etag} & {*terms.if_match}):
            detail = "It was changed meanwhile: it has not the ETag that If-Match names."
            raise SiteRefusedError("changed", detail)
    elif etag is not None and not terms.dry_run:
        detail = "Say with If-Match which state is to be changed: the ETag that GET gives."
        raise SiteRefusedError("unconditional", detail)


def _require_sound(made: Amended) -> None:
    if made.faults:
        data = made.data or {}
        raise _invalid(tuple(_problem(fault, data) for fault in made.faults))


def _problem(fault: Fault, data: Value) -> SiteProblem:
    return SiteProblem(fault.line or 0, key_text(fault.path, data), fault.message, "error")


def _require_known_names(old: str, new: str) -> None:
    """Raises SiteRefusedError where an edit would read what the file did not read before.

    Whoever may edit over HTTP shall not be able to send other variables of the process away.
    """
    known = set(PLACEHOLDER.findall(old))
    strange = sorted(
        name for name in set(PLACEHOLDER.findall(new)) - known if not name.startswith(OWN_NAMES)
    )
    if strange:
        message = (
            f"${{{strange[0]}}} does not stand in the file yet; over HTTP only names that begin "
            f"with {OWN_NAMES} can be brought in"
        )
        raise _invalid(tuple(_where(new, strange[0], message)))


def _where(text: str, name: str, message: str) -> Iterator[SiteProblem]:
    line = 1 + text.count("\n", 0, text.index(f"${{{name}}}"))
    yield SiteProblem(line, f"${{{name}}}", message, "error")


def _valid(made: Amended, standing: Standing) -> tuple[Amended, Site]:
    """The site that the text says. Raises SiteRefusedError with all that is wrong."""
    found = judged(made.text, standing.path.name)
    for _ in range(_ROUNDS_MAX):
        followed = None if isinstance(found, Site) else follow_renaming(made, found)
        if followed is None:
            break
        made, found = followed, judged(followed.text, standing.path.name)
    if isinstance(found, Site):
        return made, found
    raise _invalid(shown_problems(_errors(found)))


def _errors(problems: tuple[Problem, ...]) -> Iterator[Problem]:
    return (problem for problem in problems if problem.severity == "error")


def _invalid(problems: tuple[SiteProblem, ...]) -> SiteRefusedError:
    return SiteRefusedError("invalid", "The site file would not be valid.", problems)


def _entry_after(
    site: Site, edit: SiteEdit, name: str | None
) -> tuple[dict[str, Any] | None, str | None]:
    """What was edited as it is now, and its ETag."""
    if isinstance(edit, EntryEdit):
        entries = entries_of(data_of(site.text), edit.part)
        place = place_of(entries, name)
        entry = None if place is None else entries[place]
        return (entry, version_of_entry(entry)) if isinstance(entry, dict) else (None, None)
    if isinstance(edit, PartEdit):
        return None, version_of_entry(entries_of(data_of(site.text), edit.part))
    return None, site.version


def site_after(standing: Standing, edits: Sequence[SiteEdit]) -> Site:
    """The site that several edits make together, valid at the end. Raises SiteRefusedError.

    An edit that merges into an entry that there is not adds it. The text is written once.
    """
    before = data = data_of(standing.text)
    renamed: list[Renaming] = []
    for edit in edits:
        changed = _changed_by(data, _adding(edit, data))
        data = changed.data
        renamed += [] if changed.renamed is None else [changed.renamed]
    made = said(standing.text, before, data)._replace(renamed=tuple(renamed))
    _require_sound(made)
    _require_known_names(standing.text, made.text)
    return _valid(made, standing)[1]


def _changed_by(data: Data, edit: SiteEdit) -> Changed:
    """The same as `changed_by`; what is refused says of which of many entries."""
    try:
        return changed_by(data, edit)
    except SiteRefusedError as error:
        where = f"{edit.part}[{edit.name}]." if isinstance(edit, EntryEdit) else ""
        problems = [each._replace(key=where + each.key) for each in error.problems]
        raise SiteRefusedError(error.refused, error.detail, problems) from error


def _adding(edit: SiteEdit, data: Data) -> SiteEdit:
    if not isinstance(edit, EntryEdit) or not edit.merge:
        return edit
    if place_of(entries_of(data, edit.part), edit.name) is not None:
        return edit
    added = merge_patched({}, edit.value)
    return edit._replace(value=added if isinstance(added, dict) else {}, merge=False)
