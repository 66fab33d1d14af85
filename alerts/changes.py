"""What people may do with an alert, and what they may say so that none is raised."""

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
