"""How subscriptions look in answers, for the OpenAPI schema."""

from typing import Literal

from pydantic import Field

from api.delivery_shapes import FailureShape
from api.shapes import Shape, Time
from delivery.breaker import GateState


class FiltersShape(Shape):
    """The filters that are set."""

    zone: list[str] | None = None
    from_: list[str] | None = Field(default=None, alias="from")
    to: list[str] | None = None
    asset: list[str] | None = None
    group: list[str] | None = None
    category: list[str] | None = None
    tag: list[str] | None = None
    portal: list[str] | None = None
    rule: list[str] | None = None
    severity: list[Literal["info", "warning", "critical"]] | None = None


class SubscriptionShape(Shape):
    """A subscription, what it is owed and how its receiver does, as of a channel.

    `zones` and `groups` are the limits of who made it; null is no limit.
    """

    id: str
    name: str
    channel: str
    url: str
    events: list[str]
    filters: FiltersShape
    per_minute_max: int
    enabled: bool
    zones: list[str] | None
    groups: list[str] | None
    state: GateState
    reason: str
    waiting: int
    oldest: Time | None
    dead: int
    last_success: Time | None
    last_error: FailureShape | None
    created: Time
    created_by: str
    revision: int


class SubscribedShape(SubscriptionShape):
    """The same with its secret, which is told this once."""

    secret: str
