"""The routes of tags and of what was heard of them."""

from api import heard, tags
from api.heard import SightingShape, UnknownTagShape
from api.route import API, JSON, Route, rows, takes
from api.several import SeveralShape
from api.tags import BindBody, KnownTagShape, UnbindBody

_TAG_PATH = API + "/tags/{tag:name}"
_BIND = {"schema": BindBody.model_json_schema()}
_BINDS = {"schema": {"anyOf": [_BIND["schema"], {"type": "array", "items": _BIND["schema"]}]}}

TAG_ROUTES: tuple[Route, ...] = (
    rows(API + "/tags", tags.list_tags, KnownTagShape, scoped=True)._replace(refusals=(404,)),
    Route(
        "POST",
        API + "/tags",
        tags.bind_tags,
        "edit_assets",
        KnownTagShape | SeveralShape,
        takes={JSON: _BINDS},
        refusals=(404,),
        scoped=True,
    ),
    Route(
        "POST",
        API + "/tags/unbind",
        tags.unbind_tags,
        "edit_assets",
        SeveralShape,
        takes=takes(UnbindBody),
        scoped=True,
    ),
    rows(API + "/tags/unknown", heard.list_unknown_tags, UnknownTagShape, scoped=True),
    Route("GET", _TAG_PATH, tags.show_tag, "look", KnownTagShape, scoped=True),
    Route("DELETE", _TAG_PATH, tags.unbind_tag, "edit_assets", statuses=(204,), scoped=True),
    rows(API + "/sightings", heard.list_sightings, SightingShape, scoped=True),
)
