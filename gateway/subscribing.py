"""Subscriptions as the API may change them, in the table and in the running delivery at once."""

import sqlite3
from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

from api.desk import JournalFullError
from api.subscribing import SubscriptionNow
from delivery.signals import put_test
from delivery.subscription import CHANNEL_PREFIX
from delivery.worker import Deliverer, Transact
from history.audit import AuditEntry, append_audit
from history.subscriptions import (
    Subscription,
    add_subscription,
    remove_subscription,
    replace_subscription,
)

T = TypeVar("T")


class Wires(Protocol):
    """The channels of subscriptions in the running delivery."""

    @property
    def deliverer(self) -> Deliverer:
        """Who sends."""
        ...

    @property
    def allow_private(self) -> bool:
        """Whether the site file lets subscribers be on private addresses."""
        ...

    def subscribe(self, subscription: Subscription) -> None:
        """Send what is written for it from now on."""
        ...

    def unsubscribe(self, subscription: Subscription) -> None:
        """Send it nothing any more."""
        ...


class GatewaySubscribing:
    """Fulfils `api.subscribing.Subscribing`; what people do stands in the audit log.

    `forget` is called within each transaction that changes the table.
    """

    def __init__(
        self,
        store: Transact,
        wires: Callable[[], Wires],
        forget: Callable[[], None],
        clock: Callable[[], int],
    ) -> None:
        self._store = store
        self._wires = wires
        self._forget = forget
        self._clock = clock

    @property
    def allow_private(self) -> bool:
        """Whether subscribers may be on private addresses."""
        return self._wires().allow_private

    def now(self) -> Mapping[str, SubscriptionNow]:
        """How each channel is."""
        deliverer = self._wires().deliverer
        disabled = deliverer.disabled
        return {
            name: SubscriptionNow(state, disabled.get(name, ""))
            for name, state in deliverer.states.items()
            if name.startswith(CHANNEL_PREFIX)
        }

    async def add(self, made: Subscription, by: str) -> Subscription:
        """Its channel is there before the first message can be written for it."""
        self._wires().subscribe(made)
        try:
            return await self._write(
                lambda state, _: add_subscription(state, made), made, by, "subscription.create"
            )
        except BaseException:
            self._wires().unsubscribe(made)
            raise

    async def replace(self, changed: Subscription, by: str, action: str) -> Subscription:
        """One that was disabled owes nothing before its channel goes."""
        if changed.enabled:
            self._wires().subscribe(changed)
        after = await self._write(
            lambda state, now_ns: replace_subscription(state, changed, now_ns), changed, by, action
        )
        if not after.enabled:
            self._wires().unsubscribe(after)
        return after

    async def remove(self, removed: Subscription, by: str) -> None:
        """It owes nothing before its channel goes."""
        await self._write(
            lambda state, now_ns: remove_subscription(state, removed, now_ns),
            removed,
            by,
            "subscription.delete",
        )
        self._wires().unsubscribe(removed)

    async def test(self, tested: Subscription, by: str) -> str:
        """The test goes even if nothing else may."""
        sent = await self._write(
            lambda state, now_ns: put_test(state, tested.channel, by, now_ns),
            tested,
            by,
            "subscription.test",
        )
        self._wires().deliverer.reopen(tested.channel)
        return sent

    async def _write(
        self,
        work: Callable[[sqlite3.Connection, int], T],
        about: Subscription,
        by: str,
        action: str,
    ) -> T:
        now_ns = self._clock()
        line = AuditEntry(None, now_ns, by, action, about.name, "", _detail(about))

        def write(state: sqlite3.Connection) -> T:
            self._forget()
            done = work(state, now_ns)
            append_audit(state, [line])
            return done

        try:
            return await self._store.transact(write)
        except sqlite3.OperationalError as error:
            raise JournalFullError(str(error)) from error


def _detail(about: Subscription) -> dict[str, object]:
    # The rest of the url may be a secret of the receiver.
    return {
        "id": about.id,
        "host": urlsplit(about.settings.url).hostname,
        "events": list(about.settings.events),
        "enabled": about.enabled,
    }
