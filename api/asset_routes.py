"""The routes of assets and of check-outs."""

from api import assets, checkouts, past
from api.asset_bodies import AssetBody
from api.checkouts import CheckInBody, CheckOutBody, RevokeBody
from api.custody_shapes import CheckoutShape, CustodyShape, FullCheckoutShape
from api.route import API, CSV, JSON, TEXT, Route, rows, takes
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

ASSET_ROUTES: tuple[Route, ...] = (
    rows(API + "/assets", assets.list_assets, AssetShape),
    Route(
        "POST",
        API + "/assets",
        assets.store_assets,
        "edit_assets",
        AssetShape | Stored,
        takes={JSON: _ASSETS, CSV: TEXT},
        statuses=(200, 201),
    ),
    Route("GET", _ASSET_PATH + "/position", past.show_position, "look", Position),
    rows(
        _ASSET_PATH + "/history",
        past.list_history,
        PastMovement | PastCrossing | PastVisit | PastPosition | PastGap,
    ),
    Route("GET", _ASSET_PATH + "/custody", checkouts.show_custody, "look", CustodyShape),
    Route("GET", _ASSET_PATH, assets.show_asset, "look", AssetShape),
    Route(
        "PUT",
        _ASSET_PATH,
        assets.put_asset,
        "edit_assets",
        AssetShape,
        takes={JSON: _ASSET},
        statuses=(200, 201),
    ),
    Route("DELETE", _ASSET_PATH, assets.remove_asset, "edit_assets", statuses=(204,)),
    rows(API + "/checkouts", checkouts.list_checkouts, CheckoutShape),
    Route(
        "POST",
        API + "/checkouts",
        checkouts.open_checkout,
        "custody",
        FullCheckoutShape,
        takes=takes(CheckOutBody),
        statuses=(201,),
    ),
    Route("GET", _CHECKOUT_PATH, checkouts.show_checkout, "look", FullCheckoutShape),
    Route(
        "POST",
        _CHECKOUT_PATH + "/check-in",
        checkouts.check_in,
        "custody",
        FullCheckoutShape,
        takes=takes(CheckInBody),
        body_required=False,
    ),
    Route(
        "POST",
        _CHECKOUT_PATH + "/revoke",
        checkouts.revoke_checkout,
        "custody",
        FullCheckoutShape,
        takes=takes(RevokeBody),
    ),
)
