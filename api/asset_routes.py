"""The routes of assets and of check-outs."""

from api import asset_bulk, assets, checkouts, past
from api.asset_bodies import AssetBody, AssetFields
from api.asset_bulk import PatchAssetsBody, RemoveAssetsBody
from api.checkouts import CheckInBody, CheckOutBody, RevokeBody
from api.custody_shapes import CheckoutShape, CustodyShape, FullCheckoutShape
from api.route import API, CSV, JSON, MERGE_PATCH, NDJSON, TEXT, Route, rows, takes
from api.several import SeveralShape
from api.shapes import (
    AssetShape,
    PastCrossing,
    PastGap,
    PastMovement,
    PastPosition,
    PastVisit,
    Position,
    Stored,
)

_ASSET_PATH = API + "/assets/{asset:name}"
_CHECKOUT_PATH = API + "/checkouts/{checkout}"
_ASSET = {"schema": AssetBody.model_json_schema()}
_ASSETS = {"schema": {"anyOf": [_ASSET["schema"], {"type": "array", "items": _ASSET["schema"]}]}}

_FIELDS = {"schema": AssetFields.model_json_schema()}

ASSET_ROUTES: tuple[Route, ...] = (
    rows(API + "/assets", assets.list_assets, AssetShape, scoped=True),
    Route(
        "POST",
        API + "/assets",
        assets.store_assets,
        "edit_assets",
        AssetShape | Stored,
        takes={JSON: _ASSETS, CSV: TEXT, NDJSON: TEXT},
        statuses=(200, 201),
        scoped=True,
    ),
    Route("GET", _ASSET_PATH + "/position", past.show_position, "look", Position, scoped=True),
    rows(
        _ASSET_PATH + "/history",
        past.list_history,
        PastMovement | PastCrossing | PastVisit | PastPosition | PastGap,
        scoped=True,
    ),
    Route(
        "GET", _ASSET_PATH + "/custody", checkouts.show_custody, "look", CustodyShape, scoped=True
    ),
    Route("GET", _ASSET_PATH, assets.show_asset, "look", AssetShape, versioned=True, scoped=True),
    Route(
        "PUT",
        _ASSET_PATH,
        assets.put_asset,
        "edit_assets",
        AssetShape,
        takes={JSON: _ASSET},
        statuses=(200, 201),
        versioned=True,
        scoped=True,
    ),
    Route(
        "PATCH",
        _ASSET_PATH,
        assets.patch_asset,
        "edit_assets",
        AssetShape,
        takes={MERGE_PATCH: _FIELDS, JSON: _FIELDS},
        versioned=True,
        scoped=True,
    ),
    Route(
        "DELETE",
        _ASSET_PATH,
        assets.remove_asset,
        "edit_assets",
        statuses=(204,),
        versioned=True,
        scoped=True,
    ),
    Route(
        "POST",
        API + "/assets/patch",
        asset_bulk.patch_assets,
        "edit_assets",
        SeveralShape,
        takes=takes(PatchAssetsBody),
        scoped=True,
    ),
    Route(
        "POST",
        API + "/assets/remove",
        asset_bulk.remove_assets,
        "edit_assets",
        SeveralShape,
        takes=takes(RemoveAssetsBody),
        scoped=True,
    ),
    rows(API + "/checkouts", checkouts.list_checkouts, CheckoutShape, scoped=True),
    Route(
        "POST",
        API + "/checkouts",
        checkouts.open_checkout,
        "custody",
        FullCheckoutShape,
        takes=takes(CheckOutBody),
        statuses=(201,),
        scoped=True,
    ),
    Route("GET", _CHECKOUT_PATH, checkouts.show_checkout, "look", FullCheckoutShape, scoped=True),
    Route(
        "POST",
        _CHECKOUT_PATH + "/check-in",
        checkouts.check_in,
        "custody",
        FullCheckoutShape,
        takes=takes(CheckInBody),
        body_required=False,
        scoped=True,
    ),
    Route(
        "POST",
        _CHECKOUT_PATH + "/revoke",
        checkouts.revoke_checkout,
        "custody",
        FullCheckoutShape,
        takes=takes(RevokeBody),
        scoped=True,
    ),
)
