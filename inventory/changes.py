"""What people and systems may ask the register to change, and what they are told."""

from typing import Literal
from unicodedata import category

import msgspec

from inventory.assets import Asset


class StoreAssets(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="store_assets"):
    """Add assets or replace those with the same id, all of them or none.

    A tag that another asset carries is an error unless `rebind` is set; then it
    is taken from there, and what was recorded stays with the former asset.
    `expected` are the versions (`version_of`) of which an asset must have one now, by id;
    `*` is any, and where none is given, there must be no such asset.
    """

    arrival_ns: int
    by: str
    assets: tuple[Asset, ...]
    rebind: bool = False
    expected: dict[str, tuple[str, ...]] = {}


class RemoveAsset(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="remove_asset"):
    """Take an asset out of the register; its history stays.

    `expected` are the versions of which it must have one now; where that is unset, any.
    """

    arrival_ns: int
    by: str
    asset: str
    expected: tuple[str, ...] | None = None


class CheckOut(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="check_out"):
    """Assets may leave with somebody: in a time, to some zones, through some gates.

    `asset`, `category` or `group` says which (exactly one). `zones` and `gates` (portals, or
    zones of role exit) are all where empty. Who is out at `return_by_ns` (unset: `until_ns`)
    and `grace_s` after it is overdue.
    """

    arrival_ns: int
    by: str
    id: str
    person: str
    from_ns: int
    until_ns: int
    asset: str = ""
    category: str = ""
    group: str = ""
    zones: tuple[str, ...] = ()
    gates: tuple[str, ...] = ()
    grace_s: float = 0.0
    return_by_ns: int | None = None
    note: str = ""


class CheckIn(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="check_in"):
    """What was checked out is back; the check-out ends."""

    arrival_ns: int
    by: str
    id: str
    note: str = ""


class RevokeCheckOut(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="revoke_check_out"):
    """It may not be out any more; who is, is told at once."""

    arrival_ns: int
    by: str
    id: str
    reason: str


CustodyChange = CheckOut | CheckIn | RevokeCheckOut

RefusalKind = Literal["unknown", "conflict", "invalid", "changed"]


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What became of a change: done when `refused` is None."""

    refused: RefusalKind | None = None
    detail: str = ""
    field: str | None = None
    row: int | None = None


DONE = Outcome()


def says_nothing(text: str) -> bool:
    """Whether a text has nothing that one could read: blanks, and signs without a shape."""
    return all(category(sign)[0] in "ZC" for sign in text)
