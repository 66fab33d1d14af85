"""What people may do with an alert."""

import msgspec


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
