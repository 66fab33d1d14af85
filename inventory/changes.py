"""What people and systems may ask the register to change, and what they are told."""

from typing import Literal

import msgspec

from inventory.assets import Asset


class StoreAssets(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="store_assets"):
    """Add assets or replace those with the same id, all of them or none.

    A tag that another asset carries is an error unless `rebind` is set; then it
    is taken from there, and what was recorded stays with the former asset.
    """

    arrival_ns: int
    by: str
    assets: tuple[Asset, ...]
    rebind: bool = False


class RemoveAsset(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="remove_asset"):
    """Take an asset out of the register; its history stays."""

    arrival_ns: int
    by: str
    asset: str


RefusalKind = Literal["unknown", "conflict", "invalid"]


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What became of a change: done when `refused` is None."""

    refused: RefusalKind | None = None
    detail: str = ""
    field: str | None = None
    row: int | None = None


DONE = Outcome()
