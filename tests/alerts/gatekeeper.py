"""Authority on a bench: exits and returns in, what it says out, in the seconds of a test."""

from typing import Any

import msgspec

from alerts.alert import Event
from alerts.authority import Authority, Handled
from alerts.outings import StillOut
from alerts.permits import Exit, Permit
from alerts.settings import RuleSettings
from inventory.assets import Asset
from inventory.changes import CheckIn, CheckOut, RevokeCheckOut, StoreAssets
from inventory.custody import CustodyChanged, CustodyState, Loan
from inventory.register import Register, RegisterState
from tests.zones.made import antenna, at, reader, seconds_of
from zones.floorplan import FloorPlan
from zones.movements import Crossing, Heard, Movement, crossing_id, movement_id
from zones.portal_settings import PortalSettings
from zones.settings import ZoneSettings

LAPTOP = Asset(id="laptop-1", category="laptop", group="sales", tags=("a1",))
TWIN = Asset(id="laptop-2", category="laptop", tags=("b2",))
RULE = RuleSettings(name="stay in", severity="critical", notify=("guards",))
WIDER = RuleSettings(name="stay on the site")
HEARD = Heard(reader="r", antenna=2, time_ns=at(0), count=2, rssi_dbm=-51.5)
SETTLED_S = 3.0
"""By then what was read up to a whole second has been decided."""


def plan(*, street: str = "street") -> FloorPlan:
    """From hall by the door to the gate, by the ramp to the yard; `dock` has no portal."""
    zones = [
        ZoneSettings(name="hall", polygon=((0, 0), (9, 0), (9, 9), (0, 9))),
        ZoneSettings(name="yard"),
        ZoneSettings(name="bay", parent="yard"),
        ZoneSettings(name=street, was=None if street == "street" else "street"),
        ZoneSettings(name="gate", role="exit"),
        ZoneSettings(name="dock", role="exit"),
    ]
    readers = [
        reader("r", {1: antenna("hall"), 2: antenna("gate"), 3: antenna("yard")}),
        reader("s", {1: antenna("dock"), 2: antenna(street)}),
    ]
    portals = [
        PortalSettings(name="door", inside=("r/1",), outside=("r/2",)),
        PortalSettings(name="ramp", inside=("r/1",), outside=("r/3",)),
        PortalSettings(name="hatch", inside=("r/1",), outside=("t/9",)),
    ]
    return FloorPlan(zones, readers, portals=portals)


def check_out(name: str = "c1", **changes: Any) -> CheckOut:  # noqa: ANN401 -- any field of it
    """From second 10 to 100 with 10 s of grace; for the laptop unless something else is named."""
    fields: dict[str, Any] = {
        "arrival_ns": at(0),
        "by": "ann",
        "id": name,
        "person": "bob",
        "from_ns": at(10),
        "until_ns": at(100),
        "grace_s": 10.0,
    }
    if not {"asset", "category", "group"} & changes.keys():
        fields["asset"] = LAPTOP.id
    return CheckOut(**(fields | changes))


def move(seconds: float, to: str | None = "street", *, late: bool = False, **more: Any) -> Movement:  # noqa: ANN401 -- any field of a movement
    was, tag = more.pop("was", "hall"), more.pop("tag", "a1")
    return Movement(
        id=movement_id(tag, was, to, at(seconds)),
        time_ns=at(seconds),
        decided_ns=at(seconds),
        tag=tag,
        kind="moved",
        from_zone=was,
        to_zone=to,
        late=late,
        heard=(HEARD,),
        **more,
    )


def cross(seconds: float, portal: str = "door", *, late: bool = False) -> Crossing:
    return Crossing(
        id=crossing_id("a1", portal, at(seconds)),
        time_ns=at(seconds),
        decided_ns=at(seconds + 0.5),
        tag="a1",
        portal=portal,
        direction="outbound",
        confidence=0.9,
        late=late,
        heard=(HEARD,),
    )


class Gatekeeper:
    """One authority over two laptops, with everything that it has told."""

    def __init__(self, *changes: CheckOut, assets: tuple[Asset, ...] = (LAPTOP, TWIN)) -> None:
        self.state = CustodyState()
        self.register = Register(RegisterState())
        self.register.store(StoreAssets(arrival_ns=at(0), by="ann", assets=assets))
        self.told: list[CustodyChanged | Event] = []
        self.called: list[StillOut] = []
        self.now_s = 0.0
        self._begin()
        for change in changes:
            assert self.authority.change(change, at(0)).outcome.refused is None

    def _begin(self) -> None:
        self.authority = Authority(self.state, self.register)
        self.authority.use(plan())

    # What happens

    def leave(
        self,
        fact: Exit,
        gate: str | None = None,
        *,
        asset: Asset = LAPTOP,
        rule: RuleSettings = RULE,
    ) -> str | None:
        """A rule sees an exit; the verdict of the check-outs."""
        self.wait_until(seconds_of(fact.decided_ns))
        permit = self.permit(fact, gate, asset=asset)
        if permit is None:
            return None
        event = self.authority.note_exit(permit, asset, fact, rule)
        self.told += [] if event is None else [event]
        self._collect()
        return permit.verdict

    def permit(
        self, fact: Exit, gate: str | None = None, *, asset: Asset = LAPTOP
    ) -> Permit | None:
        return self.authority.permits(asset, fact, gate)

    def come_back(
        self, fact: Exit, *, asset: Asset = LAPTOP, rule: RuleSettings = RULE
    ) -> Event | None:
        """A rule says that it is kept."""
        self.wait_until(seconds_of(fact.decided_ns))
        event = self.authority.note_return(asset, fact, rule.name)
        self._collect()
        self.told += [] if event is None else [event]
        return event

    def change(self, change: CheckOut | CheckIn | RevokeCheckOut) -> Handled:
        handled = self.authority.change(change, at(self.now_s))
        self._collect()
        return handled

    def check_in(self, name: str = "c1") -> Handled:
        return self.change(CheckIn(arrival_ns=at(self.now_s), by="ann", id=name, note="all there"))

    def revoke(self, name: str = "c1", reason: str = "badge lost") -> Handled:
        now_ns = at(self.now_s)
        return self.change(RevokeCheckOut(arrival_ns=now_ns, by="ann", id=name, reason=reason))

    def wait_until(self, seconds: float) -> None:
        """Let time pass, each timer at its own due time."""
        while (next_ns := self.authority.next_ns()) is not None and next_ns <= at(seconds):
            self.called += self.authority.take_due(next_ns)
            self._collect()
        self.now_s = max(self.now_s, seconds)

    def write_down_and_read_back(self) -> None:
        """Go on with an authority that knows nothing but the written state."""
        self.state = msgspec.msgpack.decode(msgspec.msgpack.encode(self.state), type=CustodyState)
        self._begin()

    # What was decided

    def loan(self, name: str = "c1") -> Loan:
        return self.state.loans[name]

    @property
    def events(self) -> list[Event]:
        return [one for one in self.told if isinstance(one, Event)]

    @property
    def kinds(self) -> list[str]:
        return [event.kind.removeprefix("authorised_") for event in self.events]

    @property
    def changes(self) -> list[CustodyChanged]:
        self._collect()
        return [one for one in self.told if isinstance(one, CustodyChanged)]

    @property
    def steps(self) -> list[tuple[str, str]]:
        return [(change.terms.id, change.step) for change in self.changes]

    @property
    def overdue(self) -> list[tuple[str, str]]:
        return [(still.checkout, still.asset) for still in self.called]

    def _collect(self) -> None:
        self.told += self.authority.take_decided()
