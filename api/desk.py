"""The one protocol by which the API writes, and what it may ask of the running gateway."""

from collections.abc import Callable
from typing import Any, Protocol

from alerts.changes import AcknowledgeAlert, ResetAlert
from history.answers import Answer
from inventory.changes import Outcome, RemoveAsset, StoreAssets

Change = StoreAssets | RemoveAsset | AcknowledgeAlert | ResetAlert


class JournalFullError(Exception):
    """The gateway can not take the change now; nothing was changed. HTTP 503."""


class Desk(Protocol):
    """Fulfilled by the gateway."""

    clock: Callable[[], int]

    async def submit(self, change: Change) -> Outcome:
        """Return once the change is committed, or refused. Raises JournalFullError."""
        ...

    async def check(self, change: Change) -> Outcome:
        """Say what `submit` would answer now; nothing is changed."""
        ...

    async def recall(self, actor: str, key: str) -> Answer | None:
        """Give what this actor (the id of an API key) was told under this Idempotency-Key."""
        ...

    async def remember(self, actor: str, key: str, answer: Answer) -> None:
        """Return once the answer is committed. Raises JournalFullError.

        Asked only when `recall` gave None. Answers older than a day may be forgotten.
        """
        ...

    def readers(self) -> list[dict[str, Any]]:
        """Each reader of the site file with its health, as `readers.health.health_json`."""
        ...

    def last_heard_ns(self, tag: str) -> int | None:
        """Event time of the newest read of a tag, from memory."""
        ...

    def zone_is_healthy(self, zone: str) -> bool:
        """Whether every reader that covers the zone is healthy."""
        ...

    def zones(self) -> list[dict[str, Any]]:
        """The zones of the site file: name, floor, role, parent, polygon."""
        ...

    def readiness(self) -> tuple[str, list[str]]:
        """`ready`, `degraded` or `starting`, and the reasons."""
        ...

    async def committed(self, after_seq: int, timeout_s: float) -> int:
        """Wait until something newer than `after_seq` is committed; the newest seq.

        After `timeout_s` it returns what is newest then, which may be `after_seq`.
        """
        ...
