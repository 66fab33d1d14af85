"""What the API may ask of delivery in the running gateway."""

from typing import NamedTuple, Protocol

from api.subscribing import Subscribing
from delivery.breaker import GateState
from inventory.changes import Outcome


class ChannelNow(NamedTuple):
    """A channel of the site file and how it is; `reason` says why it is disabled."""

    name: str
    kind: str
    state: GateState
    reason: str
    per_minute_max: int
    heartbeat_s: float | None


class Dispatch(Protocol):
    """Fulfilled by the gateway. What writes raises api.desk.JournalFullError."""

    subscriptions: Subscribing

    async def look(self) -> None:
        """Look at the outbox, so that the metrics tell of now."""
        ...

    def channels(self) -> list[ChannelNow]:
        """Each channel of the site file, in its order."""
        ...

    async def test_channel(self, name: str, by: str) -> str | None:
        """Return the id of a test message once it is in the outbox; None: no such channel."""
        ...

    async def redeliver(self, delivery: str, by: str) -> Outcome:
        """Have a message sent again.

        Unknown: there is no such message. Conflict: it was delivered, or its channel is not in
        the site file.
        """
        ...

    async def redeliver_dead(
        self, channel: str | None, since_ns: int | None, by: str
    ) -> list[str] | None:
        """Have dead letters sent again, at most 1000; their ids. None: no such channel."""
        ...
