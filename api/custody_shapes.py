"""How check-outs look in answers, for the OpenAPI schema."""

from typing import Literal

from pydantic import Field

from api.shapes import Shape, Time, Zone
from inventory.custody import LoanState


class Opened(Shape):
    """Who opened a check-out."""

    by: str
    at: Time


class Closed(Shape):
    """Who closed a check-out, null where its time was over, and what they said."""

    by: str | None
    at: Time
    why: str


class CheckoutShape(Shape):
    """What may leave with whom. `due` is when what is out is overdue, `out` how many are out."""

    id: str
    seq: int
    state: LoanState
    person: str
    asset: str | None
    category: str | None
    group: str | None
    from_: Time = Field(alias="from")
    until: Time
    return_by: Time | None
    grace_s: float
    due: Time
    zones: list[str]
    gates: list[str]
    note: str
    opened: Opened
    closed: Closed | None
    out: int


class StayShape(Shape):
    """A stay outside under a check-out; `ended` and `how` are null while it goes on."""

    checkout: str
    person: str
    asset: str
    tag: str
    from_: Zone = Field(alias="from")
    to: Zone
    portal: str | None
    left: Time
    ended: Time | None
    how: Literal["back", "returned", "revoked", "extended", "late"] | None


class FullCheckoutShape(CheckoutShape):
    """A check-out with the stays outside under it, the newest first."""

    stays: list[StayShape]


class CustodyShape(Shape):
    """Who has an asset now, the open check-outs for it, and who had it."""

    asset: str
    out: StayShape | None
    checkouts: list[CheckoutShape]
    past: list[StayShape]
