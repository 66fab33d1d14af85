"""One try to tell somebody: what is sent, how it ended, and who sends."""

from collections.abc import Awaitable, Callable
from datetime import UTC, tzinfo
from time import time_ns
from typing import Literal, NamedTuple, Protocol, runtime_checkable

import msgspec

from readers.driver import Clock


class Part(msgspec.Struct, frozen=True, gc=False):
    """One of several receivers of a message that needs no further try.

    `to` names it without giving a secret away. `reason` says why it was refused for good; it
    is empty where the receiver has the message.
    """

    to: str
    reason: str = ""


class Delivery(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One message on its way. Its id stays the same over all tries.

    `parts` is what the try before said of its receivers (`Attempt.parts`). It is `overtaken`
    where a later message about the same alert was delivered before it, as may be when it was
    given up and somebody had it sent again: then it says nothing of how things are now.
    """

    id: str
    channel: str
    alert: str
    ordinal: int
    type: str
    body: str
    attempts: int
    parts: tuple[Part, ...] = ()
    overtaken: bool = False


class Attempt(msgspec.Struct, frozen=True, gc=False):
    """How one try ended.

    `done`: the receiver has it. `retry`: it may work later, not before `retry_after_s`.
    `refused`: trying again would not help. `gone`: the receiver wants no more of anything.
    Where there are several receivers, `done` means that at least one of them has it and none
    is worth a further try; `parts` are all that need none, of this try and those before.
    `asked` is false where the receiver was not told and so says nothing of how it is.
    """

    outcome: Literal["done", "retry", "refused", "gone"]
    reason: str = ""
    retry_after_s: float = 0.0
    parts: tuple[Part, ...] = ()
    asked: bool = True


DONE = Attempt("done")


def spared(reason: str = "") -> Attempt:
    """A message that is none for this receiver, and why."""
    return Attempt("done", reason, asked=False)


class Sender(Protocol):
    """The far end of one channel."""

    async def send(self, delivery: Delivery, now_ns: int) -> Attempt:
        """Try once, in bounded time. Failure is an answer, not an exception."""
        ...


@runtime_checkable
class Lasting(Protocol):
    """A sender that has something to do before its first message and after its last.

    A channel that is closed and opened anew closes the old sender before the new one begins.
    """

    async def begin(self) -> None:
        """Get ready, such as switch off a siren that was left on. Returns soon; never raises."""
        ...

    async def close(self) -> None:
        """Switch off, take leave and free what is held, within 3 s. Never raises."""
        ...


Switch = Callable[[str, int, float | None], Awaitable[None]]
"""Switches an output of a reader (name, port) on for so many seconds, or off (None).

Raises ReaderError where that was not done, such as by a reader that is not connected.
"""


ReadBack = Callable[[str, int], Awaitable[bool | None]]
"""Whether an output of a reader (name, port) is on, as the reader says; None where it can not.

Raises ReaderError where it does not answer.
"""


class Surroundings(NamedTuple):
    """What the gateway lends its channels."""

    site: str = "site"
    timezone: tzinfo = UTC
    clock: Clock = time_ns
    switch: Switch | None = None
    read_back: ReadBack | None = None
