"""Delivery as the API may ask for it, and the faults of channels as news for the pipeline."""

import sqlite3
from collections.abc import Callable
from typing import TypeVar

from api.desk import JournalFullError
from api.dispatch import ChannelNow
from api.subscribing import Subscribing
from delivery.settlement import redeliver, redeliver_dead
from delivery.signals import put_test
from delivery.subscription import CHANNEL_PREFIX
from delivery.worker import Transact
from gateway.delivering import Delivering
from gateway.site import Site
from gateway.subscribing import GatewaySubscribing
from history.audit import AuditEntry, append_audit
from inventory.changes import DONE, Outcome

T = TypeVar("T")


class GatewayDispatch:
    """Fulfils `api.dispatch.Dispatch`; what people do stands in the audit log."""

    def __init__(
        self,
        store: Transact,
        delivering: Callable[[], Delivering],
        site: Callable[[], Site],
        clock: Callable[[], int],
        forget: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._delivering = delivering
        self._site = site
        self._clock = clock
        self.subscriptions: Subscribing = GatewaySubscribing(store, delivering, forget, clock)

    async def look(self) -> None:
        """Read what the metrics tell of the outbox."""
        await self._delivering().look()

    def channels(self) -> list[ChannelNow]:
        """Each channel of the site file."""
        states, disabled = (
            self._delivering().deliverer.states,
            self._delivering().deliverer.disabled,
        )
        return [
            ChannelNow(
                name=channel.name,
                kind=channel.kind,
                state=states.get(channel.name, "closed"),
                reason=disabled.get(channel.name, ""),
                per_minute_max=channel.per_minute_max,
                heartbeat_s=channel.heartbeat_s,
            )
            for channel in self._site().settings.channels
        ]

    async def test_channel(self, name: str, by: str) -> str | None:
        """Put a test message into the outbox, and let it go even if nothing else may."""
        if all(name != channel.name for channel in self._site().settings.channels):
            return None
        now_ns = self._clock()

        def work(connection: sqlite3.Connection) -> str:
            append_audit(connection, [_audited(now_ns, by, "channel.test", name)])
            return put_test(connection, name, by, now_ns)

        sent = await self._transact(work)
        self._delivering().deliverer.reopen(name)
        return sent

    async def redeliver(self, delivery: str, by: str) -> Outcome:
        """Send one message again."""
        names, now_ns = [*self._delivering().channels], self._clock()
        outcome = await self._transact(lambda db: _redeliver(db, delivery, names, by, now_ns))
        self._delivering().deliverer.wake()
        return outcome

    async def redeliver_dead(
        self, channel: str | None, since_ns: int | None, by: str
    ) -> list[str] | None:
        """Send dead letters again."""
        names, now_ns = [*self._delivering().channels], self._clock()
        if channel is not None and channel not in names:
            return None
        wanted = names if channel is None else [channel]

        def work(connection: sqlite3.Connection) -> list[str]:
            found = redeliver_dead(connection, now_ns, by, channels=wanted, since_ns=since_ns)
            append_audit(
                connection, [_audited(now_ns, by, "delivery.redeliver", id_) for id_ in found]
            )
            return found

        found = await self._transact(work)
        self._delivering().deliverer.wake()
        return found

    async def _transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return await self._store.transact(work)
        except sqlite3.OperationalError as error:
            raise JournalFullError(str(error)) from error


def _redeliver(
    connection: sqlite3.Connection, delivery: str, names: list[str], by: str, now_ns: int
) -> Outcome:
    row = connection.execute("SELECT channel FROM outbox WHERE id = ?", (delivery,)).fetchone()
    if row is None:
        return Outcome("unknown", f"there is no delivery {delivery!r}")
    if row[0] not in names:
        if row[0].startswith(CHANNEL_PREFIX):
            return Outcome("conflict", f"{row[0]!r} is deleted or switched off")
        return Outcome("conflict", f"the site file has no channel {row[0]!r}")
    if redeliver(connection, delivery, now_ns, by) == "delivered":
        return Outcome("conflict", "it was delivered")
    append_audit(connection, [_audited(now_ns, by, "delivery.redeliver", delivery)])
    return DONE


def _audited(now_ns: int, by: str, action: str, target: str) -> AuditEntry:
    return AuditEntry(None, now_ns, by, action, target, "", {})
