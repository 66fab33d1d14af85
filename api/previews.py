"""Previews: what the rules would have said over the last day with a change that is not saved."""

from typing import Any, get_args

from starlette.responses import Response

from api.bodies import parse_json, read_json_text
from api.lists import json_response
from api.once import Told, answer_once, told_json
from api.problems import ProblemError, invalid, not_found
from api.site_asking import refused
from api.site_edits import EntryEdit, Part, PartEdit, SiteEdit, SiteRefusedError
from api.surroundings import Here
from tags.times import SECOND_NS, parse_time

EDITS_MAX = 1_000
SPAN_S_MAX = 7 * 86_400.0
"""So far back one may ask at most."""
PARTS: tuple[Part, ...] = get_args(Part)
_PART_OF: dict[str, Part] = {part: part for part in PARTS}


async def begin_preview(here: Here) -> Response:
    """Replay the last day with a change of the site file, and compare the alerts; save nothing.

    The body names entries by part: `{"rules": {"out": {"confirm_s": 30}}}`. Each is merged into
    what is there (RFC 7396) or added, null takes it out; a list instead is the whole part. `since`
    says from when on. A change that could not be saved is refused as saving it would be. 409 while
    another one is worked out; who asks the same again gets the same one.
    """
    text = await read_json_text(here.request)
    body = parse_json(text)
    if not isinstance(body, dict):
        raise ProblemError(422, "The body must be an object.")
    since_ns = _since_ns(body.get("since"), here.desk.clock())
    edits = _edits_of({key: value for key, value in body.items() if key != "since"})

    async def act() -> Told:
        try:
            told = await here.desk.previews.begin(edits, since_ns, here.caller.name)
        except SiteRefusedError as error:
            raise refused(error) from error
        return told_json(202 if told["state"] == "running" else 200, told)

    return await answer_once(here, text, act)


async def show_preview(preview: str, here: Here) -> Response:
    """How far a preview has come, and at its end what it found.

    `now` is what the site file in force says of that time, `then` what it would say with the
    change: neither counts the alerts that were really raised.
    """
    found = here.desk.previews.shown(preview)
    if found is None:
        raise not_found("preview", preview)
    return json_response(found)


async def end_preview(preview: str, here: Here) -> Response:
    """End a preview, whether or not it is done, and forget it."""

    async def act() -> Told:
        if not await here.desk.previews.end(preview):
            raise not_found("preview", preview)
        return Told(204)

    return await answer_once(here, b"", act)


def _since_ns(said: object, now_ns: int) -> int | None:
    if said is None:
        return None
    try:
        since_ns = parse_time(said) if isinstance(said, str) else -1
    except ValueError:
        since_ns = -1
    if not now_ns - SPAN_S_MAX * SECOND_NS <= since_ns < now_ns:
        raise invalid("since", "must be a time (RFC 3339) within the last 7 days")
    return since_ns


def _edits_of(body: dict[str, Any]) -> list[SiteEdit]:
    edits: list[SiteEdit] = []
    for key, said in body.items():
        part = _PART_OF.get(key)
        if part is None:
            raise invalid(key, f"is not known; there are {', '.join(PARTS)} and since")
        edits += _edits_within(part, said)
    if not 1 <= len(edits) <= EDITS_MAX:
        raise ProblemError(422, f"Name 1 to {EDITS_MAX} changes.")
    return edits


def _edits_within(part: Part, said: object) -> list[SiteEdit]:
    if isinstance(said, list):
        if not all(isinstance(entry, dict) for entry in said):
            raise invalid(part, "must be a list of objects")
        return [PartEdit(part, said)]
    if not isinstance(said, dict):
        raise invalid(part, "must be an object of entries by name, or a list of all entries")
    return [_entry_edit(part, name, value) for name, value in said.items()]


def _entry_edit(part: Part, name: str, value: object) -> EntryEdit:
    if value is not None and not isinstance(value, dict):
        raise invalid(f"{part}[{name}]", "must be an object, or null to take it out")
    return EntryEdit(part, name, value, merge=value is not None)
