"""Entries of the site file, edited where they are shown: zones, readers, rules and the rest."""

from typing import Any

from starlette.responses import Response

from api.bodies import media_type, parse_json, read_json_text
from api.conditions import etag_of
from api.problems import ProblemError, invalid, not_found
from api.site_asking import DryRun, Why, edit_once, shown_once, terms_of
from api.site_edits import EntryEdit, Part, PartEdit
from api.site_features import GEOJSON, Drawing
from api.surroundings import Here, Surroundings

Entry = dict[str, Any]


class Editing:
    """Answers the edits of one part of the site file; `kind` is what an entry of it is called."""

    def __init__(self, part: Part, kind: str) -> None:
        self._part: Part = part
        self._kind = kind

    async def add(self, here: Here, why: Why = "", dry_run: DryRun = False) -> Response:  # noqa: FBT002 -- FastAPI reads flags of the query so
        """Add an entry to the site file, as it is written there; in force with the answer.

        409 where there is one of this name.
        """
        text, entry = await _sent(here, self._part)
        edit = EntryEdit(self._part, None, entry)
        return await edit_once(here, text, edit, terms_of(here, why, dry_run=dry_run))

    async def put(
        self,
        name: str,
        here: Here,
        why: Why = "",
        dry_run: DryRun = False,  # noqa: FBT002 -- as above
    ) -> Response:
        """Write an entry into the site file: 201 when it is new, else `If-Match` is needed.

        The body is the entry as it is written there. With another `name` it is renamed, and all
        that names it in the file follows.
        """
        text, entry = await _sent(here, self._part, name)
        edit = EntryEdit(self._part, name, entry)
        return await edit_once(here, text, edit, terms_of(here, why, dry_run=dry_run))

    async def patch(
        self,
        name: str,
        here: Here,
        why: Why = "",
        dry_run: DryRun = False,  # noqa: FBT002 -- as above
    ) -> Response:
        """Change an entry of the site file by a JSON Merge Patch, with `If-Match`.

        Null takes a key out. Another `name` renames it, and all that names it in the file follows.
        """
        text = await read_json_text(here.request)
        edit = EntryEdit(self._part, name, _object(parse_json(text)), merge=True)
        return await edit_once(here, text, edit, terms_of(here, why, dry_run=dry_run))

    async def remove(
        self,
        name: str,
        here: Here,
        why: Why = "",
        dry_run: DryRun = False,  # noqa: FBT002 -- as above
    ) -> Response:
        """Take an entry out of the site file, with `If-Match`. Its history stays."""
        edit = EntryEdit(self._part, name, None)
        return await edit_once(here, b"", edit, terms_of(here, why, dry_run=dry_run))

    async def show(self, name: str, here: Here) -> Response:
        """The entry as it is written in the site file; secrets that stand there are masked."""
        entries = await here.desk.site_edits.entries(self._part)
        if name not in entries.settings:
            raise not_found(self._kind, name)
        return shown_once(here, entries.settings[name], entries.etags[name])


async def put_zones(here: Here, why: Why = "", dry_run: DryRun = False) -> Response:  # noqa: FBT002 -- as above
    """Write all zones at once, with the `If-Match` of the list; others are taken out.

    The body is a list of entries as they are written in the site file, or a FeatureCollection.
    """
    text = await read_json_text(here.request)
    body = parse_json(text)
    if media_type(here.request) == GEOJSON:
        entries = (await _drawing(here)).entries(body)
    elif isinstance(body, list):
        entries = [_object(each) for each in body]
    else:
        raise ProblemError(422, "The body must be a list of zones.")
    terms = terms_of(here, why, dry_run=dry_run)
    return await edit_once(here, text, PartEdit("zones", entries), terms)


async def _drawing(here: Surroundings) -> Drawing:
    settings = (await here.desk.site_edits.entries("zones")).settings
    return Drawing(settings, here.desk.zones(), here.desk.plan.georeference)


async def _sent(here: Surroundings, part: Part, name: str | None = None) -> tuple[bytes, Entry]:
    """The body, and the entry that it says."""
    text = await read_json_text(here.request)
    body = _object(parse_json(text))
    if media_type(here.request) == GEOJSON:
        if part != "zones":
            raise ProblemError(415, "Only zones can be sent as GeoJSON.")
        return text, (await _drawing(here)).entry(body, name)
    if "name" in body and not isinstance(body["name"], str):
        raise invalid("name", "must be text")
    return text, body


def _object(body: object) -> Entry:
    if not isinstance(body, dict):
        raise ProblemError(422, "The body must be an object.")
    return body


async def entry_headers(here: Surroundings, part: Part, name: str | None = None) -> dict[str, str]:
    """The ETag that edits of an entry ask for, or of the whole part.

    None is told to callers who see a part of the site: they can not edit it.
    """
    if not here.scope.is_everything:
        return {}
    known = await here.desk.site_edits.entries(part)
    version = known.etag if name is None else known.etags.get(name)
    return {} if version is None else {"etag": etag_of(version)}
