"""Assets: what the tags are on."""

from typing import Annotated

import msgspec
from fastapi import Depends, Query
from starlette.responses import Response

from api.asset_bodies import SentAssets, read_asset, read_assets, read_patch
from api.asset_changes import change_asset, known_asset, with_fields
from api.changes import commit, rehearse
from api.conditions import conditions_of, etag_of
from api.lists import (
    Listed,
    OldestFirst,
    Row,
    Tag,
    Text,
    answer_list,
    json_response,
)
from api.once import Told, answer_once, told_json
from api.problems import ERRORS_MAX, error_json
from api.surroundings import Here, Surroundings
from history.filters import AssetFilter
from inventory.assets import Asset, version_of
from inventory.changes import RemoveAsset, StoreAssets
from inventory.csv_assets import COLUMNS, assets_csv

Rebind = Annotated[bool, Query(description="Take tags from the assets that carry them now.")]
DryRun = Annotated[bool, Query(description="Say what would be wrong, change nothing.")]


async def wanted_assets(  # noqa: PLR0913, PLR0917 -- each argument is a parameter of the query
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
    listed = Listed(
        lambda request: here.questions.assets(wanted, request), COLUMNS, write_rows=_as_csv
    )
    return await answer_list(here, page, listed)


async def show_asset(asset: str, here: Here) -> Response:
    """One asset. Its `ETag` may be said as `If-None-Match` (304 while it is the same)."""
    found = await known_asset(here, asset)
    version = version_of(found)
    headers = {"etag": etag_of(version)}
    if version in conditions_of(here.request).none_match:
        return Response(status_code=304, headers=headers)
    return json_response(found, headers=headers)


async def store_assets(here: Here, rebind: Rebind = False, dry_run: DryRun = False) -> Response:  # noqa: FBT002 -- FastAPI reads flags of the query so
    """Add assets or replace those with the same id: one, a list, lines, or a CSV file.

    One asset gives 201 when it is new, else 200, and the asset. A list (or lines of JSON) is
    stored whole or not at all, and gives 200 and
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
    """Add or replace this asset: 201 when it is new, else 200.

    With `If-Match` only while it has this `ETag`, with `If-None-Match: *` only if it is new.
    """
    sent = await read_asset(here.request, asset)
    versions = conditions_of(here.request).versions

    async def act() -> Told:
        change = _change(here, sent, rebind=rebind)
        if versions is not None:
            change = msgspec.structs.replace(change, expected={asset: versions})
        return await _store(here, change, sent)

    return await answer_once(here, sent.text, act)


async def patch_asset(asset: str, here: Here, rebind: Rebind = False) -> Response:  # noqa: FBT002 -- FastAPI reads flags of the query so
    """Change some fields of this asset (JSON Merge Patch): null empties one, others stay.

    With `If-Match` only while it has this `ETag`.
    """
    text, fields = await read_patch(here.request, asset)
    match = conditions_of(here.request).match

    async def act() -> Told:
        stored = await change_asset(here, asset, with_fields(fields), match, rebind=rebind)
        return told_json(200, stored, etag_of(version_of(stored)))

    return await answer_once(here, text, act)


async def remove_asset(asset: str, here: Here) -> Response:
    """Take the asset out of the register; its history stays.

    With `If-Match` only while it has this `ETag`.
    """
    match = conditions_of(here.request).match

    async def act() -> Told:
        change = RemoveAsset(
            arrival_ns=here.desk.clock(), by=here.caller.name, asset=asset, expected=match
        )
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
    return told_json(201 if before is None else 200, asset, etag_of(version_of(asset)))


def _told_count(stored: int, sent: SentAssets) -> Told:
    errors = [error_json(error) for error in sent.errors[:ERRORS_MAX]]
    return told_json(200, {"stored": stored, "good": len(sent.assets), "errors": errors})


def _as_csv(rows: list[Row]) -> str:
    return assets_csv(msgspec.convert(rows, list[Asset]))
