"""Assets: what the tags are on, where each one is, and where it was."""

from typing import Annotated

import msgspec
from fastapi import Depends, Query
from starlette.responses import Response

from api.asset_bodies import SentAssets, read_asset, read_assets
from api.changes import commit, rehearse
from api.desk import Desk
from api.lists import (
    NewestFirst,
    OldestFirst,
    Row,
    Tag,
    Text,
    TimeWindow,
    json_response,
    list_response,
)
from api.once import Told, answer_once, told_json
from api.presence import standing_of
from api.problems import ERRORS_MAX, error_json, not_found
from api.surroundings import Here, Surroundings
from history.filters import AssetFilter
from history.paging import PageRequest
from history.questions import StateQuestions
from inventory.assets import Asset
from inventory.changes import RemoveAsset, StoreAssets
from inventory.csv_assets import COLUMNS, assets_csv
from tags.reads import Fix
from tags.times import format_time

HISTORY_COLUMNS = (
    "type",
    "id",
    "time",
    "decided",
    "tag",
    "asset",
    "kind",
    "zone",
    "from",
    "to",
    "operation",
    "portal",
    "direction",
    "confidence",
    "lean",
    "crossed",
    "late",
)

Rebind = Annotated[bool, Query(description="Take tags from the assets that carry them now.")]
DryRun = Annotated[bool, Query(description="Say what would be wrong, change nothing.")]


def wanted_assets(  # noqa: PLR0913, PLR0917 -- each argument is a parameter of the query
    id: Text = None,  # noqa: A002 -- the parameter has the name of the field
    name: Text = None,
    category: Text = None,
    group: Text = None,
    tag: Annotated[Tag, Query(description="One that it carries now, in any spelling.")] = None,
    status: Text = None,
    q: Annotated[Text, Query(description="A part of id, name, serial, SKU or tag.")] = None,
) -> AssetFilter:
    """Read what the list is narrowed to; all but `q` as a whole, in the case that was stored."""
    return AssetFilter(
        id=id,
        name=name,
        category=category,
        group=group,
        tag=tag,
        status=status,
        q=q,
    )


async def list_assets(
    here: Here,
    wanted: Annotated[AssetFilter, Depends(wanted_assets)],
    page: OldestFirst,
) -> Response:
    """List the register."""
    found = await here.ask(lambda: here.questions.assets(wanted, page))
    return list_response(here.request, found, COLUMNS, _as_csv)


async def show_asset(asset: str, here: Here) -> Response:
    """One asset."""
    found = await here.ask(lambda: here.questions.asset(asset))
    if found is None:
        raise not_found("asset", asset)
    return json_response(found)


async def show_position(asset: str, here: Here) -> Response:
    """Where the asset is.

    `presence` is `unknown` while a reader that covers the zone is not healthy, and
    for an asset that was never seen; then nothing is known, not even that it left.
    `outside` was seen outside all zones, `departed` is not seen any more. `flaps` counts
    how often it went to another zone and straight back within the last hour.
    """
    found = await here.ask(lambda: here.questions.position(asset))
    if found is None:
        raise not_found("asset", asset)
    return json_response(_position_json(here.desk, found))


async def list_history(
    asset: str,
    here: Here,
    page: NewestFirst,
    times: TimeWindow,
) -> Response:
    """Where the asset was: its movements, crossings and visits; also of a removed asset."""
    found = await here.ask(lambda: here.questions.history(asset, *times, page))
    if not found.items and not await here.ask(lambda: _is_known(here.questions, asset)):
        raise not_found("asset", asset)
    return list_response(here.request, found, HISTORY_COLUMNS)


async def store_assets(here: Here, rebind: Rebind = False, dry_run: DryRun = False) -> Response:  # noqa: FBT002 -- FastAPI reads flags of the query so
    """Add assets or replace those with the same id: one, a list, or a CSV file.

    One asset gives 201 when it is new, else 200, and the asset. A list gives 200 and
    `{"stored": n, "good": n, "errors": []}`. So does a file; its bad rows cost themselves
    only and stand in `errors`, where `row` is the line. `dry_run` stores nothing.
    """
    sent = await read_assets(here.request)

    async def act() -> Told:
        change = _change(here, sent, rebind=rebind)
        if dry_run:
            await rehearse(here.desk, change)
            return _told_count(0, sent)
        return await _store(here, change, sent)

    return await answer_once(here, sent.text, act)


async def put_asset(asset: str, here: Here, rebind: Rebind = False) -> Response:  # noqa: FBT002 -- FastAPI reads flags of the query so
    """Add or replace this asset: 201 when it is new, else 200."""
    sent = await read_asset(here.request, asset)

    async def act() -> Told:
        return await _store(here, _change(here, sent, rebind=rebind), sent)

    return await answer_once(here, sent.text, act)


async def remove_asset(asset: str, here: Here) -> Response:
    """Take the asset out of the register; its history stays."""

    async def act() -> Told:
        change = RemoveAsset(arrival_ns=here.desk.clock(), by=here.caller.name, asset=asset)
        await commit(here.desk, change)
        return Told(204)

    return await answer_once(here, b"", act)


def _change(here: Surroundings, sent: SentAssets, *, rebind: bool) -> StoreAssets:
    return StoreAssets(
        arrival_ns=here.desk.clock(),
        by=here.caller.name,
        assets=sent.assets,
        rebind=rebind,
    )


async def _store(here: Surroundings, change: StoreAssets, sent: SentAssets) -> Told:
    if sent.form != "one":
        await commit(here.desk, change)
        return _told_count(len(change.assets), sent)
    asset = change.assets[0]
    before = await here.ask(lambda: here.questions.asset(asset.id))
    await commit(here.desk, change)
    return told_json(201 if before is None else 200, asset)


def _told_count(stored: int, sent: SentAssets) -> Told:
    errors = [error_json(error) for error in sent.errors[:ERRORS_MAX]]
    return told_json(200, {"stored": stored, "good": len(sent.assets), "errors": errors})


def _is_known(questions: StateQuestions, asset: str) -> bool:
    if questions.asset(asset) is not None:
        return True
    return bool(questions.history(asset, None, None, PageRequest(limit=1)).items)


def _position_json(desk: Desk, found: Row) -> Row:
    zone, tag = found["zone"], found["tag"]
    heard_ns = None if tag is None else desk.last_heard_ns(tag)
    fix = desk.fix_of(found["asset"])
    standing = standing_of(desk, found)
    shown = {name: value for name, value in found.items() if name != "left"}
    return {
        **shown,
        "presence": standing.presence,
        "presence_since": standing.since,
        "flaps": 0 if tag is None else desk.flaps_of(tag),
        "last_heard": None if heard_ns is None else format_time(heard_ns),
        "fix": None if fix is None else _fix_json(fix),
        "floor": next((known["floor"] for known in desk.zones() if known["name"] == zone), None),
    }


def _fix_json(fix: Fix) -> Row:
    return {
        "tag": fix.tag,
        "source": fix.source,
        "time": format_time(fix.time_ns),
        "x_m": fix.x_m,
        "y_m": fix.y_m,
        "lat": fix.lat,
        "lon": fix.lon,
        "accuracy_m": fix.accuracy_m,
    }


def _as_csv(rows: list[Row]) -> str:
    return assets_csv(msgspec.convert(rows, list[Asset]))
