"""The routes of the site file: as a whole, its versions, and the entries of its lists."""

from collections.abc import Iterator
from typing import Any

from api import channels, floors, rules, site
from api.alert_shapes import RuleShape
from api.delivery_shapes import ChannelShape
from api.pictures import MEDIA_TYPES
from api.route import API, JSON, Route, rows
from api.site_edits import Part
from api.site_features import GEOJSON
from api.site_parts import Editing, put_zones
from api.site_shapes import (
    Entry,
    FloorShape,
    PortalShape,
    SiteCheckShape,
    SiteEditedShape,
    SiteShape,
    SiteVersionRow,
)

_SITE = API + "/site"
_VERSION = _SITE + "/versions/{number:int}"
_PATCH = "application/merge-patch+json"
_OBJECT: dict[str, Any] = {"schema": {"type": "object"}}
_LIST: dict[str, Any] = {"schema": {"type": "array", "items": {"type": "object"}}}
_TEXT: dict[str, Any] = {"schema": {"type": "string"}}
_BINARY: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
_PICTURES = dict.fromkeys(sorted(set(MEDIA_TYPES.values())), _BINARY)
_REFUSALS = (404, 409, 412, 413, 415, 428)
_PARTS: tuple[tuple[Part, str], ...] = (
    ("floors", "floor"),
    ("zones", "zone"),
    ("readers", "reader"),
    ("portals", "portal"),
    ("rules", "rule"),
    ("channels", "channel"),
)


def _edits(part: Part, kind: str) -> Iterator[Route]:
    """The routes that edit one list of the site file."""
    answers = Editing(part, kind)
    path = f"{API}/{part}/{{name:name}}"
    bodies = {JSON: _OBJECT, GEOJSON: _OBJECT} if part == "zones" else {JSON: _OBJECT}
    patches = {_PATCH: _OBJECT, JSON: _OBJECT}
    yield _edit("POST", f"{API}/{part}", answers.add, f"add_{kind}", bodies, (200, 201))
    yield Route("GET", f"{path}/settings", answers.show, "site", Entry, versioned=True)._replace(
        operation=f"show_{kind}_settings", refusals=(404,)
    )
    yield _edit("PUT", path, answers.put, f"put_{kind}", bodies, (200, 201))
    yield _edit("PATCH", path, answers.patch, f"patch_{kind}", patches)
    yield _edit("DELETE", path, answers.remove, f"remove_{kind}", None)


def _edit(  # noqa: PLR0913, PLR0917 -- the fields of a route
    verb: Any,  # noqa: ANN401 -- a Verb
    path: str,
    answer: Any,  # noqa: ANN401 -- who answers
    operation: str,
    body: dict[str, Any] | None,
    statuses: tuple[int, ...] = (200,),
) -> Route:
    return Route(
        verb,
        path,
        answer,
        "site",
        SiteEditedShape,
        takes=body,
        statuses=statuses,
        versioned=True,
        refusals=_REFUSALS,
        operation=operation,
    )


_WHOLE: tuple[Route, ...] = (
    Route("GET", _SITE, site.show_site, "site", SiteShape, (site.YAML,), versioned=True),
    _edit("PUT", _SITE, site.put_site, "put_site", {site.YAML: _TEXT}),
    _edit("PATCH", _SITE, site.patch_site, "patch_site", {_PATCH: _OBJECT, JSON: _OBJECT}),
    Route(
        "POST",
        _SITE + "/check",
        site.check_site,
        "site",
        SiteCheckShape,
        takes={site.YAML: _TEXT, JSON: _OBJECT, _PATCH: _OBJECT},
        refusals=(409, 413, 415),
    ),
    rows(_SITE + "/versions", site.list_site_versions, SiteVersionRow, right="site"),
    Route("GET", _VERSION, site.show_site_version, "site", media=(site.YAML,), refusals=(404,)),
    Route(
        "GET",
        _VERSION + "/changes",
        site.show_site_changes,
        "site",
        media=("text/plain",),
        refusals=(404,),
    ),
    _edit("POST", _VERSION + "/restore", site.restore_site, "restore_site", None),
)
_SHOWN: tuple[Route, ...] = (
    rows(API + "/portals", floors.list_portals, PortalShape, scoped=True),
    rows(API + "/floors", floors.list_floors, FloorShape, scoped=True),
    Route(
        "GET",
        API + "/floors/{name:name}/plan",
        floors.show_plan,
        "look",
        scoped=True,
        media=tuple(_PICTURES),
        versioned=True,
        refusals=(404, 409),
    ),
    _edit("PUT", API + "/floors/{name:name}/plan", floors.put_plan, "put_plan", _PICTURES),
)
_ONE_OF_EACH: tuple[Route, ...] = (
    Route("GET", API + "/rules/{name:name}", rules.show_rule, "look", RuleShape),
    Route("GET", API + "/channels/{name:name}", channels.show_channel, "look", ChannelShape),
    Route(
        "GET", API + "/portals/{name:name}", floors.show_portal, "look", PortalShape, scoped=True
    ),
    Route("GET", API + "/floors/{name:name}", floors.show_floor, "look", FloorShape, scoped=True),
)
SITE_ROUTES: tuple[Route, ...] = (
    *_WHOLE,
    *_SHOWN,
    _edit("PUT", API + "/zones", put_zones, "put_zones", {JSON: _LIST, GEOJSON: _OBJECT}),
    *(route for part, kind in _PARTS for route in _edits(part, kind)),
    *_ONE_OF_EACH,
)
