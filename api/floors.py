"""Floors and portals of the site file, and the pictures of floors."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from anyio import CapacityLimiter, to_thread
from starlette.responses import Response

from api.bodies import media_type, read_body
from api.conditions import conditions_of, etag_of
from api.lists import OldestFirst, Row, answer_list, json_response, kept_rows
from api.once import Told, answer_once
from api.pictures import MEDIA_TYPES, PICTURE_BYTES_MAX, PictureError, drawn_anew
from api.problems import ProblemError, invalid, not_found
from api.running import FloorMap
from api.site_asking import DryRun, Why, refused, terms_of, told
from api.site_edits import Part, SiteRefusedError
from api.site_parts import entry_headers
from api.surroundings import Here, Surroundings

PORTAL_COLUMNS = ("name", "inside", "outside")
FLOOR_COLUMNS = ("name", "size_m", "height_m", "plan", "map")
_SIZE_M = [100.0, 100.0]
_PICTURES = sorted(set(MEDIA_TYPES.values()))
_ONE_AT_A_TIME = CapacityLimiter(1)
"""A picture of 40 megapixels takes 160 MB while it is drawn anew."""


async def list_portals(here: Here, page: OldestFirst) -> Response:
    """Portals of the site file in its order."""
    rows = [_portal(entry) for entry in await _entries(here, "portals")]
    return await answer_list(here, page, kept_rows("portals", rows, PORTAL_COLUMNS))


async def show_portal(name: str, here: Here) -> Response:
    """One portal. The `ETag` is that of its settings in the site file."""
    entry = await _entry(here, "portals", name)
    return json_response(_portal(entry), headers=await entry_headers(here, "portals", name))


async def list_floors(here: Here, page: OldestFirst) -> Response:
    """Floors of the site file in its order; `plan` says where the picture of each is."""
    maps = here.desk.maps()
    rows = [_floor(entry, maps) for entry in await _entries(here, "floors")]
    return await answer_list(here, page, kept_rows("floors", rows, FLOOR_COLUMNS))


async def show_floor(name: str, here: Here) -> Response:
    """One floor. The `ETag` is that of its settings in the site file."""
    entry = await _entry(here, "floors", name)
    return json_response(
        _floor(entry, here.desk.maps()), headers=await entry_headers(here, "floors", name)
    )


async def show_plan(name: str, here: Here) -> Response:
    """The picture of a floor. It may be kept, and asked for again with `If-None-Match`."""
    _ = await _entry(here, "floors", name)
    try:
        picture = await here.desk.site_edits.plan(name)
    except SiteRefusedError as error:
        raise refused(error) from error
    if picture is None:
        raise ProblemError(404, "There is no picture of this floor.")
    headers = {"etag": etag_of(picture.etag), "cache-control": "private, no-cache"}
    if picture.etag in conditions_of(here.request).none_match:
        return Response(status_code=304, headers=headers)
    return Response(picture.content, headers=headers, media_type=picture.media_type)


async def put_plan(name: str, here: Here, why: Why = "", dry_run: DryRun = False) -> Response:  # noqa: FBT002 -- FastAPI reads flags of the query so
    """Keep a picture (PNG, JPEG or WebP) as the plan of a floor, and name it in the site file.

    At most 20 MB and 40 megapixels. It is drawn anew: what else the file holds is not kept, such
    as the place where a photograph was taken.
    """
    stated = _stated(here)
    sent = await read_body(here.request, PICTURE_BYTES_MAX)
    entry = await _entry(here, "floors", name)
    terms = terms_of(here, why, dry_run=dry_run)

    async def act() -> Told:
        try:
            png = await to_thread.run_sync(drawn_anew, sent, stated, limiter=_ONE_AT_A_TIME)
            match = await _match_of(here, name)
            edited = await here.desk.site_edits.keep_plan(
                entry["name"], png, terms._replace(if_match=match, new=False)
            )
        except PictureError as error:
            raise invalid("picture", str(error)) from error
        except SiteRefusedError as error:
            raise refused(error) from error
        return told(edited, dry_run=dry_run)

    return await answer_once(here, sent, act)


def _stated(here: Surroundings) -> str:
    stated = media_type(here.request)
    if stated == "image/svg+xml":
        raise ProblemError(415, "SVG is not taken, since it can hold programs; export it as PNG.")
    if stated not in _PICTURES:
        raise ProblemError(415, f"Send {', '.join(_PICTURES)}.")
    return stated


async def _match_of(here: Surroundings, floor: str) -> tuple[str, ...]:
    """The versions of the floor's entry that will do.

    A condition is one on the picture; it is compared here, and the entry may be any.
    """
    asked = conditions_of(here.request)
    if asked.match is not None or asked.only_new:
        picture = await here.desk.site_edits.plan(floor)
        there = None if picture is None else picture.etag
        fits = there is None if asked.only_new else there in (asked.match or ())
        if not fits and not (there is not None and asked.match == ("*",)):
            raise ProblemError(412, "The picture was changed meanwhile.")
    return ("*",)


async def _entries(here: Surroundings, part: Part) -> list[dict[str, Any]]:
    known = (await here.desk.site_edits.entries(part)).settings
    return [entry for name, entry in known.items() if _is_seen(here, part, name)]


async def _entry(here: Surroundings, part: Part, name: str) -> dict[str, Any]:
    known = (await here.desk.site_edits.entries(part)).settings
    if name not in known or not _is_seen(here, part, name):
        raise not_found(part[:-1], name)
    return known[name]


def _is_seen(here: Surroundings, part: Part, name: str) -> bool:
    """Whether the caller sees a portal; of the floors those with a zone that they see."""
    if here.scope.is_everything:
        return True
    if part == "portals":
        return here.scope.sees_portal(name)
    return any(zone["floor"] == name for zone in here.desk.zones())


def _portal(entry: dict[str, Any]) -> Row:
    return {column: entry[column] for column in PORTAL_COLUMNS}


def _floor(entry: dict[str, Any], maps: Mapping[str, FloorMap]) -> Row:
    plan = entry.get("plan")
    address = f"/api/v1/floors/{quote(entry['name'], safe='')}/plan"
    return {
        "name": entry["name"],
        "size_m": entry.get("size_m") or _SIZE_M,
        "height_m": entry.get("height_m"),
        "plan": None if plan is None else address,
        "map": _map(maps.get(entry["name"])),
    }


def _map(there: FloorMap | None) -> Row | None:
    if there is None:
        return None
    return there.tiles.model_dump() | there.origin.model_dump()
