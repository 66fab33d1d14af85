"""Tags: which asset carries each, where each is; binding them to assets and taking them off."""

import sqlite3
from typing import Annotated, Any

import msgspec
from fastapi import Depends, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter
from starlette.responses import Response

from api.asset_bodies import TAGS_MAX
from api.asset_changes import Alter, change_asset
from api.assets import Rebind
from api.bodies import parse_as, parse_json, read_json_text
from api.lists import Listed, OldestFirst, Row, Tag, Text, answer_list, json_response
from api.once import Told, answer_once, told_json
from api.presence import standing_of, with_standing
from api.problems import ProblemError, invalid, not_found
from api.several import IDS_MAX, for_each
from api.shapes import Shape, Time, Zone
from api.surroundings import Here, Surroundings
from api.words import Line
from api.zones import with_inner, zone_row
from delivery.presence import Presence
from history.known_tags import TagFilter, known_tags
from history.listings import containing
from history.paging import Page, PageRequest
from history.questions import position_row_json
from inventory.assets import Asset
from inventory.csv_assets import CELL_CHARS_MAX
from tags.identity import TagIdentityError, normalise_tag
from tags.times import format_time

TAG_COLUMNS = (
    "tag",
    "asset",
    "name",
    "bound",
    "zone",
    "since",
    "last_zone",
    "presence",
    "presence_since",
    "last_heard",
)

TagText = Annotated[str, AfterValidator(normalise_tag)]


class KnownTagShape(Shape):
    """A tag: the asset that carries it and since when, and where it is.

    What was never in a zone has no `since`; what no asset carries was `bound` never.
    """

    tag: str
    asset: str | None
    name: str | None
    bound: Time | None
    zone: Zone
    since: Time | None
    last_zone: Zone
    presence: Presence
    presence_since: Time | None
    last_heard: Time | None


class BindBody(BaseModel):
    """Which asset is to carry which tag."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tag: TagText
    asset: Line = Field(min_length=1, max_length=CELL_CHARS_MAX)


class UnbindBody(BaseModel):
    """Which tags are to be taken off."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ids: list[TagText] = Field(min_length=1, max_length=IDS_MAX)


_BIND = TypeAdapter(BindBody)
_BINDS = TypeAdapter(Annotated[list[BindBody], Field(min_length=1, max_length=IDS_MAX)])
_UNBIND = TypeAdapter(UnbindBody)


async def wanted_tags(  # noqa: PLR0913, PLR0917 -- each argument is a parameter of the query
    here: Here,
    tag: Tag = None,
    asset: Annotated[Text, Query(description="On this asset, or last seen on it.")] = None,
    zone: Annotated[Text, Query(description="In this zone, or in one inside it.")] = None,
    bound: Annotated[bool | None, Query(description="Whether an asset carries it.")] = None,
    q: Annotated[Text, Query(description="A part of tag, asset id or name.")] = None,
) -> TagFilter:
    """Read what the list is narrowed to."""
    named = None if zone is None else zone_row(here.desk, zone)["name"]
    zones = None if named is None else tuple(with_inner(here.desk, named))
    like = containing(q) if q else None
    return TagFilter(tag=tag, asset=asset, zones=zones, bound=bound, like=like)


async def list_tags(
    here: Here, wanted: Annotated[TagFilter, Depends(wanted_tags)], page: OldestFirst
) -> Response:
    """All tags that an asset carries or that were in a zone, by tag, and where each is."""

    def ask(request: PageRequest) -> Page:
        return here.questions.answer(lambda reader: _page(here, reader, wanted, request))

    def finish(rows: list[Row]) -> list[Row]:
        return [_shown(here, row) for row in rows]

    return await answer_list(here, page, Listed(ask, TAG_COLUMNS, finish))


async def show_tag(tag: str, here: Here) -> Response:
    """One tag: the asset that carries it, where it is, and when it was heard last."""
    return json_response(await _tag_row(here, _normal(tag)))


async def bind_tags(here: Here, rebind: Rebind = False) -> Response:  # noqa: FBT002 -- FastAPI reads flags of the query so
    """Put a tag on an asset: 200 and the tag. A list gives each its own outcome.

    409 for a tag that another asset carries, unless `rebind` takes it from there.
    """
    text = await read_json_text(here.request)
    sent = parse_json(text)
    if isinstance(sent, list):
        return await _bind_all(here, text, parse_as(_BINDS, sent), rebind=rebind)
    body = parse_as(_BIND, sent)

    async def act() -> Told:
        _ = await change_asset(here, body.asset, _putting_on((body.tag,)), rebind=rebind)
        return told_json(200, await _tag_row(here, body.tag))

    return await answer_once(here, text, act)


async def unbind_tag(tag: str, here: Here) -> Response:
    """Take a tag off the asset that carries it; what was recorded stays with the asset."""
    name = _normal(tag)

    async def act() -> Told:
        await _take_off(here, name)
        return Told(204)

    return await answer_once(here, b"", act)


async def unbind_tags(here: Here) -> Response:
    """Take several tags off the assets that carry them, each with its own outcome."""
    text = await read_json_text(here.request)
    body = parse_as(_UNBIND, parse_json(text))

    async def act() -> Told:
        return await for_each(list(dict.fromkeys(body.ids)), lambda tag: _take_off(here, tag))

    return await answer_once(here, text, act)


async def _bind_all(
    here: Surroundings, text: bytes, bodies: list[BindBody], *, rebind: bool
) -> Response:
    assets = {body.tag: body.asset for body in bodies}
    if len(assets) < len(bodies):
        raise invalid("tag", "stands twice in the list")

    async def bind(tag: str) -> None:
        _ = await change_asset(here, assets[tag], _putting_on((tag,)), rebind=rebind)

    async def act() -> Told:
        return await for_each(list(assets), bind)

    return await answer_once(here, text, act)


def _putting_on(tags: tuple[str, ...]) -> Alter:
    def alter(asset: Asset) -> Asset:
        carried = tuple(dict.fromkeys((*asset.tags, *tags)))
        if len(carried) > TAGS_MAX:
            raise ProblemError(409, f"Asset {asset.id!r} carries {TAGS_MAX} tags, no more go on.")
        return msgspec.structs.replace(asset, tags=carried)

    return alter


async def _take_off(here: Surroundings, tag: str) -> None:
    owner = here.desk.owner_of(tag)
    if owner is None:
        raise ProblemError(404, f"No asset carries the tag {tag}.")

    def alter(asset: Asset) -> Asset:
        if tag not in asset.tags:
            detail = f"Asset {asset.id!r} carries the tag {tag} under another name, or no more."
            raise ProblemError(409, detail)
        kept = tuple(each for each in asset.tags if each != tag)
        return msgspec.structs.replace(asset, tags=kept)

    _ = await change_asset(here, owner, alter)


def _normal(tag: str) -> str:
    try:
        return normalise_tag(tag)
    except TagIdentityError as error:
        raise invalid("tag", str(error)) from error


async def _tag_row(here: Surroundings, tag: str) -> Row:
    wanted, request = TagFilter(tag=tag), PageRequest(limit=1, sort="seq")
    page = await here.ask(
        lambda: here.questions.answer(lambda reader: _page(here, reader, wanted, request))
    )
    if page.items:
        return _shown(here, page.items[0])
    if here.desk.last_heard_ns(tag) is None or not here.scope.is_everything:
        raise not_found("tag", tag)
    return _shown(here, {**position_row_json(None, None), "tag": tag, "bound_ns": None})


def _page(
    here: Surroundings, reader: sqlite3.Connection, wanted: TagFilter, request: PageRequest
) -> Page:
    rows, cursor = known_tags(reader, wanted, request, here.scope)
    return Page([_item(row) for row in rows], cursor)


def _item(row: sqlite3.Row) -> dict[str, Any]:
    """A row with where it is, unfinished: what is only known in memory is missing."""
    place = position_row_json(None, None if row["zone"] is None else row)
    still = row["to_ns"] is None
    asset = row["asset"] or (row["seen_on"] if still else None)
    name = None if asset is None else row["name"]
    return {**place, "tag": row["tag"], "asset": asset, "name": name, "bound_ns": row["bound_ns"]}


def _shown(here: Surroundings, item: Row) -> Row:
    tag, bound_ns = item["tag"], item.pop("bound_ns")
    heard_ns = here.desk.last_heard_ns(tag)
    if item["asset"] is None:
        item["asset"] = here.desk.owner_of(tag)
    return {
        "tag": tag,
        "asset": item.pop("asset"),
        "name": item.pop("name", None),
        "bound": None if bound_ns is None else format_time(bound_ns),
        **with_standing(lambda each: standing_of(here.desk, each), item),
        "last_heard": None if heard_ns is None else format_time(heard_ns),
    }
