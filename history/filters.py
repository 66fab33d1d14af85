"""What the lists can be narrowed to. A filter that is None lets everything pass."""

from typing import get_args

import msgspec

from alerts.alert import AlertState
from history.paging import QuestionError

ALERT_STATES: frozenset[str] = frozenset(get_args(AlertState))


class MovementFilter(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Movements; `zone` is either end, the times are those of the event, half-open."""

    id: str | None = None
    asset: str | None = None
    tag: str | None = None
    kind: str | None = None
    from_zone: str | None = None
    to_zone: str | None = None
    zone: str | None = None
    operation: str | None = None
    late: bool | None = None
    since_ns: int | None = None
    until_ns: int | None = None


class CrossingFilter(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Crossings of portals; the times are those of the event, half-open."""

    id: str | None = None
    asset: str | None = None
    tag: str | None = None
    portal: str | None = None
    direction: str | None = None
    late: bool | None = None
    since_ns: int | None = None
    until_ns: int | None = None


class VisitFilter(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Visits; those that overlap the times, half-open. `open` is whether it still goes on.

    `zones` is any of several, as a JSON list.
    """

    zone: str | None = None
    zones: str | None = None
    asset: str | None = None
    tag: str | None = None
    open: bool | None = None
    since_ns: int | None = None
    until_ns: int | None = None


class AssetFilter(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Assets; `tag` is one that it carries now, `q` a part of id, name, serial, SKU or tag."""

    id: str | None = None
    name: str | None = None
    category: str | None = None
    group: str | None = None
    sku: str | None = None
    serial: str | None = None
    lot: str | None = None
    owner: str | None = None
    home_zone: str | None = None
    status: str | None = None
    tag: str | None = None
    q: str | None = None


class AlertFilter(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Alerts; `states` are any of the shown states, or `active` for all that are not cleared."""

    states: tuple[str, ...] = ()
    severity: str | None = None
    asset: str | None = None
    tag: str | None = None
    rule: str | None = None
    since_ns: int | None = None
    until_ns: int | None = None

    def __post_init__(self) -> None:
        """Raise QuestionError for a state that there is not."""
        for state in self.states:
            if state != "active" and state not in ALERT_STATES:
                known = ", ".join(["active", *sorted(ALERT_STATES)])
                raise QuestionError("state", f"{state!r} is none of {known}")


class AuditFilter(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Lines of the audit log; `alert` are those about one alert. Times are half-open."""

    actor: str | None = None
    action: str | None = None
    target: str | None = None
    alert: str | None = None
    since_ns: int | None = None
    until_ns: int | None = None
