"""What the routes that edit the site file have in common: terms, refusals and answers."""

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import Query
from pydantic import Field
from starlette.responses import Response

from api.conditions import conditions_of, etag_of
from api.lists import json_response
from api.once import Told, answer_once, told_json
from api.problems import FieldError, ProblemError
from api.site_edits import (
    EditTerms,
    SiteEdit,
    SiteEdited,
    SiteProblem,
    SiteRefusal,
    SiteRefusedError,
)
from api.surroundings import Surroundings
from api.words import Line

WHY_CHARS_MAX = 500
STATUS: dict[SiteRefusal, int] = {
    "unknown": 404,
    "exists": 409,
    "conflict": 409,
    "changed": 412,
    "invalid": 422,
    "unconditional": 428,
}
Why = Annotated[
    Annotated[Line, Field(max_length=WHY_CHARS_MAX)],
    Query(description="Why; it stands in the audit log and in the list of versions."),
]
DryRun = Annotated[bool, Query(description="Answer what would change, and change nothing.")]


def terms_of(here: Surroundings, why: str, *, dry_run: bool) -> EditTerms:
    """Who edits, why, and under which condition. 422 for a condition that can not be read."""
    asked = conditions_of(here.request)
    return EditTerms(here.caller.name, why, asked.match, new=asked.only_new, dry_run=dry_run)


async def edit_once(here: Surroundings, body: bytes, edit: SiteEdit, terms: EditTerms) -> Response:
    """Make an edit and tell what it changed: 201 for a new entry, else 200."""

    async def act() -> Told:
        try:
            edited = await here.desk.site_edits.edit(edit, terms)
        except SiteRefusedError as error:
            raise refused(error) from error
        return told(edited, dry_run=terms.dry_run)

    return await answer_once(here, body, act)


def told(edited: SiteEdited, *, dry_run: bool) -> Told:
    """What became of an edit."""
    body = {
        "version": edited.version,
        "number": edited.number,
        "dry_run": dry_run,
        "name": edited.name,
        "settings": edited.entry,
        "changes": edited.changes,
        "warnings": [problem._asdict() for problem in edited.warnings],
    }
    etag = "" if edited.etag is None or dry_run else etag_of(edited.etag)
    return told_json(201 if edited.created and not dry_run else 200, body, etag)


def refused(error: SiteRefusedError) -> ProblemError:
    """The refusal in terms of HTTP, with what is wrong by key."""
    errors = [FieldError(each.key, said_of(each)) for each in error.problems]
    return ProblemError(STATUS[error.refused], error.detail, errors)


def said_of(problem: SiteProblem) -> str:
    """The message of a problem, and where in the file it would be."""
    return f"line {problem.line}: {problem.message}" if problem.line else problem.message


def shown_once(here: Surroundings, body: object, version: str) -> Response:
    """A JSON answer with its ETag; 304 where the caller has it already."""
    headers = {"etag": etag_of(version)}
    if version in conditions_of(here.request).none_match:
        return Response(status_code=304, headers=headers)
    return json_response(body, headers=headers)


def problem_rows(problems: Iterable[SiteProblem]) -> list[dict[str, Any]]:
    """Problems as they are shown."""
    return [problem._asdict() for problem in problems]
