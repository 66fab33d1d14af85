"""Several assets at once: some fields changed in all of them, or all of them removed."""

from pydantic import BaseModel, ConfigDict, TypeAdapter
from starlette.responses import Response

from api.asset_bodies import AssetFields, fields_of
from api.asset_changes import change_asset, known_asset, with_fields
from api.bodies import parse_as, parse_json, read_json_text
from api.changes import commit
from api.once import Told, answer_once
from api.problems import invalid
from api.several import Ids, for_each
from api.surroundings import Here
from inventory.changes import RemoveAsset


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PatchAssetsBody(_Body):
    """Which assets, and what is to be changed in each of them; null empties a field."""

    ids: Ids
    fields: AssetFields


class RemoveAssetsBody(_Body):
    """Which assets leave the register."""

    ids: Ids


_PATCH = TypeAdapter(PatchAssetsBody)
_REMOVE = TypeAdapter(RemoveAssetsBody)


async def patch_assets(here: Here) -> Response:
    """Change the same fields of several assets, each with its own outcome."""
    text = await read_json_text(here.request)
    body = parse_as(_PATCH, parse_json(text))
    for name in body.fields.model_fields_set & {"id", "tags"}:
        raise invalid(f"fields.{name}", "is never the same of several assets")
    alter = with_fields(fields_of(body.fields))

    async def patch(asset: str) -> None:
        _ = await change_asset(here, asset, alter)

    async def act() -> Told:
        return await for_each(body.ids, patch)

    return await answer_once(here, text, act)


async def remove_assets(here: Here) -> Response:
    """Take several assets out of the register, each with its own outcome; their history stays."""
    text = await read_json_text(here.request)
    body = parse_as(_REMOVE, parse_json(text))

    async def remove(asset: str) -> None:
        _ = await known_asset(here, asset)
        await commit(
            here.desk,
            RemoveAsset(arrival_ns=here.desk.clock(), by=here.caller.name, asset=asset),
        )

    async def act() -> Told:
        return await for_each(body.ids, remove)

    return await answer_once(here, text, act)
