"""One try to tell somebody: what is sent, how it ended, and who sends."""

from typing import Literal, Protocol

import msgspec


class Delivery(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One message on its way. Its id stays the same over all tries."""

    id: str
    channel: str
    alert: str
    ordinal: int
    type: str
    body: str
    attempts: int


class Attempt(msgspec.Struct, frozen=True, gc=False):
    """How one try ended.

    `done`: the receiver has it. `retry`: it may work later, not before `retry_after_s`.
    `refused`: trying again would not help. `gone`: the receiver wants no more of anything.
    """

    outcome: Literal["done", "retry", "refused", "gone"]
    reason: str = ""
    retry_after_s: float = 0.0


DONE = Attempt("done")


class Sender(Protocol):
    """The far end of one channel."""

    async def send(self, delivery: Delivery, now_ns: int) -> Attempt:
        """Try once, in bounded time. Failure is an answer, not an exception."""
        ...
