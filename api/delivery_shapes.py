"""How messages and channels look in answers, for the OpenAPI schema."""

from typing import Any, Literal

from api.shapes import Shape, Time
from delivery.breaker import GateState

DeliveryState = Literal["waiting", "delivered", "dead"]


class TryShape(Shape):
    """A try to deliver a message, or that somebody had it sent again."""

    time: Time
    outcome: Literal["done", "retry", "refused", "gone", "redelivered"]
    reason: str


class DeliveryShape(Shape):
    """A message to one channel; `body` only where one is asked for by its id."""

    id: str
    seq: int
    channel: str
    alert: str
    ordinal: int
    type: str
    state: DeliveryState
    attempts: int
    created: Time
    due: Time | None
    leased_until: Time | None
    delivered: Time | None
    ended: Time | None
    last_error: str | None
    tries: list[TryShape]
    body: dict[str, Any] | None = None


class Redelivered(Shape):
    """How many dead letters wait again; `more` may be left for another request."""

    redelivered: int
    more: bool


class FailureShape(Shape):
    """The last try that failed."""

    time: Time
    reason: str


class ChannelShape(Shape):
    """A channel of the site file.

    `closed`: all goes. `open`: its receiver fails, single messages are tried. `disabled`: it
    wanted no more.
    """

    name: str
    kind: str
    state: GateState
    reason: str
    waiting: int
    oldest: Time | None
    dead: int
    last_success: Time | None
    last_error: FailureShape | None
    per_minute_max: int
    heartbeat_s: float | None


class TestSent(Shape):
    """The message whose way can be followed."""

    delivery: str
