"""The site file as a whole: shown, checked, replaced, patched, and brought back."""

from typing import Annotated, Any

from fastapi import Path
from starlette.responses import Response

from api.bodies import media_type, parse_json, read_body, read_json_text
from api.conditions import conditions_of, etag_of
from api.lists import Listed, NewestFirst, accepts, answer_list, json_response
from api.problems import ProblemError, not_found
from api.site_asking import (
    DryRun,
    Why,
    edit_once,
    problem_rows,
    refused,
    shown_once,
    terms_of,
)
from api.site_edits import (
    Restored,
    SiteEdit,
    SiteRefusedError,
    SiteVersion,
    WholePatch,
    WholeText,
)
from api.surroundings import Here, Surroundings

YAML = "application/yaml"
TEXT_BYTES_MAX = 1 << 20
VERSION_COLUMNS = ("number", "version", "at", "by", "why")
_YAML_TYPES = {YAML, "application/x-yaml", "text/yaml", "text/x-yaml", "text/plain"}
Number = Annotated[int, Path(ge=1, le=2**31)]


async def show_site(here: Here) -> Response:
    """How the site file stands, and its text by `Accept: application/yaml`.

    Secrets that stand in the text are masked (`********`); sent back like that they stay as
    they are. What stands in the file and is not valid is not in force: `problems` says why.
    """
    state = await _asked(here)
    if accepts(here.request, YAML):
        if state.text is None:
            raise ProblemError(409, "What stands in the file is no YAML; see `problems`.")
        headers = {"etag": etag_of(state.file_version), "vary": "Accept"}
        if state.file_version in conditions_of(here.request).none_match:
            return Response(status_code=304, headers=headers)
        return Response(state.text, headers=headers, media_type=YAML)
    body = state._asdict() | {"problems": problem_rows(state.problems)}
    del body["text"]
    return shown_once(here, body, state.file_version)


async def put_site(here: Here, why: Why = "", dry_run: DryRun = False) -> Response:  # noqa: FBT002 -- FastAPI reads flags of the query so
    """Replace the whole text of the site file, with `If-Match`; it is in force with the answer."""
    text = await _yaml_of(here)
    terms = terms_of(here, why, dry_run=dry_run)
    return await edit_once(here, text, WholeText(_decoded(text)), terms)


async def patch_site(here: Here, why: Why = "", dry_run: DryRun = False) -> Response:  # noqa: FBT002 -- as above
    """Change parts of the site file by a JSON Merge Patch, with `If-Match`.

    For `site`, `history`, `server`, `limits` and whatever is no list of entries with names. The
    comments of all that is not changed stay.
    """
    text = await read_json_text(here.request)
    terms = terms_of(here, why, dry_run=dry_run)
    return await edit_once(here, text, WholePatch(_object(parse_json(text))), terms)


async def check_site(here: Here) -> Response:
    """Say what is wrong with a text (YAML) or a merge patch (JSON); nothing is changed."""
    edit: SiteEdit
    if media_type(here.request) in _YAML_TYPES:
        edit = WholeText(_decoded(await _yaml_of(here)))
    else:
        edit = WholePatch(_object(parse_json(await read_json_text(here.request))))
    try:
        problems = await here.desk.site_edits.check(edit)
    except SiteRefusedError as error:
        raise refused(error) from error
    valid = all(problem.severity == "warning" for problem in problems)
    return json_response({"valid": valid, "problems": problem_rows(problems)})


async def list_site_versions(here: Here, page: NewestFirst) -> Response:
    """Versions of the site file: since when each was in force, by whom and why."""
    found = await here.desk.site_edits.versions(page)
    return await answer_list(here, page, Listed(lambda _: found, VERSION_COLUMNS))


async def show_site_version(number: Number, here: Here) -> Response:
    """The text of a version, secrets masked."""
    found = await _version(here, number)
    return Response(found.text, headers={"etag": etag_of(found.version)}, media_type=YAML)


async def show_site_changes(number: Number, here: Here) -> Response:
    """What a version changed of the one before, as a unified diff, secrets masked."""
    return Response((await _version(here, number)).changes, media_type="text/plain")


async def restore_site(
    number: Number,
    here: Here,
    why: Why = "",
    dry_run: DryRun = False,  # noqa: FBT002 -- as above
) -> Response:
    """Bring the text of a version back, with `If-Match`; it comes into force as a new number."""
    terms = terms_of(here, why, dry_run=dry_run)
    return await edit_once(here, b"", Restored(number), terms)


async def _asked(here: Surroundings) -> Any:  # noqa: ANN401 -- a SiteState, whose fields are shown
    try:
        return await here.desk.site_edits.state()
    except SiteRefusedError as error:
        raise refused(error) from error


async def _version(here: Surroundings, number: int) -> SiteVersion:
    found = await here.desk.site_edits.version(number)
    if found is None:
        raise not_found("version", str(number))
    return found


async def _yaml_of(here: Surroundings) -> bytes:
    if media_type(here.request) not in _YAML_TYPES:
        raise ProblemError(415, f"Send {YAML}.")
    return await read_body(here.request, TEXT_BYTES_MAX)


def _decoded(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        raise ProblemError(400, "The body is not UTF-8 text.") from error


def _object(body: object) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise ProblemError(422, "The body must be an object.")
    return body
