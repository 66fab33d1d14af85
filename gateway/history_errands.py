"""What the command line may ask about the history that is shipped to another store."""

import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol, TypeVar

from gateway.shipping import Shipper
from history.set_aside import count_aside, drop_aside
from history.store import StoreError

T = TypeVar("T")
NOT_SHIPPED = "the site file names no other store: history is kept here only"
_STORE = "influxdb"


class Writes(Protocol):
    """Where writes are carried out, each one committed."""

    async def transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run work as one transaction."""
        ...


async def _status(
    request: Mapping[str, Any], counter: Writes, shipper: Shipper | None
) -> dict[str, Any]:
    del request
    if shipper is None:
        aside = await counter.transact(lambda db: count_aside(db, _STORE))
        return {"store": None, "set_aside": aside}
    return {
        "store": shipper.name,
        "fault": shipper.fault,
        "lag_s": shipper.lag_s,
        "backlog": shipper.backlog,
        "shipped": shipper.shipped,
        "set_aside": shipper.set_aside,
        "dropped": shipper.dropped,
    }


async def _retry(
    request: Mapping[str, Any], counter: Writes, shipper: Shipper | None
) -> dict[str, Any]:
    del request, counter
    if shipper is None:
        return {"error": NOT_SHIPPED}
    try:
        sent, left = await shipper.retry()
    except StoreError as error:
        return {"error": str(error)}
    return {"sent": sent, "left": left}


async def _drop(
    request: Mapping[str, Any], counter: Writes, shipper: Shipper | None
) -> dict[str, Any]:
    ids: list[int] | None = request["ids"]
    if shipper is None:
        dropped = await counter.transact(lambda db: drop_aside(db, _STORE, ids))
    else:
        dropped = await shipper.drop(ids)
    return {"dropped": dropped}


_Errand = Callable[[Mapping[str, Any], Writes, Shipper | None], Awaitable[dict[str, Any]]]
HISTORY_ERRANDS: Mapping[str, _Errand] = {
    "history_status": _status,
    "history_retry": _retry,
    "history_drop": _drop,
}
