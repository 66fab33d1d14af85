"""What people may do with an alert, and what they may say so that none is raised."""

from typing import Literal

import msgspec

from readers.maintenance import Target


class AcknowledgeAlert(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="acknowledge"):
    """Somebody takes the alert on; a critical one needs a note."""

    arrival_ns: int
    by: str
    alert: str
    note: str = ""


class ResetAlert(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="reset"):
    """Somebody closes an alert that is acknowledged and over."""

    arrival_ns: int
    by: str
    alert: str
    note: str = ""


class ShelveAlert(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="shelve"):
    """Somebody puts an alert aside until `until_ns`: nobody is told of it, nothing escalates."""

    arrival_ns: int
    by: str
    alert: str
    until_ns: int
    reason: str


class UnshelveAlert(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="unshelve"):
    """Somebody takes a shelved alert up again."""

    arrival_ns: int
    by: str
    alert: str


class AssignAlert(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="assign"):
    """Somebody says who looks after an alert; to nobody, with an empty `to`."""

    arrival_ns: int
    by: str
    alert: str
    to: str


class CommentAlert(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="comment"):
    """Somebody says something about an alert; it stands in its log."""

    arrival_ns: int
    by: str
    alert: str
    text: str


class ShelveRule(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="shelve_rule"):
    """Somebody puts all alerts of a rule aside (of one subject, where it is given).

    Those that are raised until `until_ns` are shelved from the start. An `until_ns` that is
    past takes them up again.
    """

    arrival_ns: int
    by: str
    rule: str
    until_ns: int
    reason: str
    subject: str = ""


class StartDrill(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="start_drill"):
    """What happens until `until_ns` is marked as a test, all the way to the receivers."""

    arrival_ns: int
    by: str
    until_ns: int
    reason: str


class EndDrill(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="end_drill"):
    """The drill is over before its time."""

    arrival_ns: int
    by: str


AlertVerb = AcknowledgeAlert | ResetAlert | ShelveAlert | UnshelveAlert | AssignAlert | CommentAlert
"""What people do with one alert."""


class GatewayFault(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="gateway_fault"):
    """Something of the gateway itself does not work, or does again: news, not a wish.

    `kind` and `name` say what: `store` (nothing is committed), `disk` (little room is left),
    `delivery` of a channel (messages were given up, or it is shut), `history` of a store.
    """

    arrival_ns: int
    kind: Literal["store", "disk", "delivery", "history"]
    name: str
    broken: bool
    detail: str = ""


class StartMaintenance(
    msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="start_maintenance"
):
    """Somebody works on a reader, an antenna or a portal until `until_ns`; said again, it holds."""

    arrival_ns: int
    by: str
    target: Target
    until_ns: int
    reason: str


class EndMaintenance(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="maintained"):
    """The work is done before its time."""

    arrival_ns: int
    by: str
    target: Target
