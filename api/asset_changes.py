"""Changes of assets that begin from what an asset is now: made again when somebody was faster."""

from collections.abc import Callable
from typing import Any

import msgspec

from api.changes import commit
from api.problems import ProblemError, not_found
from api.surroundings import Surroundings
from inventory.assets import Asset, version_of
from inventory.changes import StoreAssets

_TRIES = 5
_CHANGED = 412

Alter = Callable[[Asset], Asset]
"""Says what becomes of an asset. Raises ProblemError."""


async def known_asset(here: Surroundings, asset: str) -> Asset:
    """The asset as it is now; 404 where there is none that the caller may see."""
    found = await here.ask(lambda: here.questions.asset(asset))
    if found is None:
        raise not_found("asset", asset)
    return msgspec.convert(found, Asset)


def with_fields(fields: dict[str, Any]) -> Alter:
    """Set these fields."""
    return lambda asset: msgspec.structs.replace(asset, **fields)


async def change_asset(
    here: Surroundings,
    asset: str,
    alter: Alter,
    match: tuple[str, ...] | None = None,
    *,
    rebind: bool = False,
) -> Asset:
    """Alter an asset as it is at that instant, and commit it; the asset after it.

    404 where there is none, 412 while it has none of the versions of `match`, 409 for a tag
    of another asset. Who changes it meanwhile without our knowing makes us begin again.
    """
    for left in range(_TRIES - 1, -1, -1):
        now = await known_asset(here, asset)
        altered = alter(now)
        version = version_of(now)
        fits = match is None or "*" in match or version in match
        change = StoreAssets(
            arrival_ns=here.desk.clock(),
            by=here.caller.name,
            assets=(altered,),
            rebind=rebind,
            expected={asset: (version,) if fits else match or ()},
        )
        try:
            await commit(here.desk, change)
        except ProblemError as error:
            if error.status == _CHANGED and fits and left:
                continue
            raise
        return altered
    raise AssertionError("the last try returns or raises")
