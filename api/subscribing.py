"""What the API may ask of the gateway about those who subscribe."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from delivery.breaker import GateState
from history.subscriptions import Subscription


class SubscriptionNow(NamedTuple):
    """How the channel of a subscription is; `reason` says why it is disabled."""

    state: GateState
    reason: str


class Subscribing(Protocol):
    """Fulfilled by the gateway. What writes raises api.desk.JournalFullError."""

    @property
    def allow_private(self) -> bool:
        """Whether subscribers may be on loopback and in private networks, and without TLS."""
        ...

    def now(self) -> Mapping[str, SubscriptionNow]:
        """How each channel is, by its name."""
        ...

    async def add(self, made: Subscription, by: str) -> Subscription:
        """Let one hold from now on. Raises history.subscriptions.SubscriptionError."""
        ...

    async def replace(self, changed: Subscription, by: str, action: str) -> Subscription:
        """Let it be so from now on; `action` names what was done in the audit log.

        `changed.revision` is the one that was seen. Raises SubscriptionError.
        """
        ...

    async def remove(self, removed: Subscription, by: str) -> None:
        """Let it hold no longer; what it owes is given up. Raises SubscriptionError."""
        ...

    async def test(self, tested: Subscription, by: str) -> str:
        """Send a test message on its way; its id."""
        ...
