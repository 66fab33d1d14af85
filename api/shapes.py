"""How answers look, for the OpenAPI schema. Answers are built elsewhere; a test compares them."""

from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from delivery.presence import Presence
from history.gaps import GapReason
from readers.health import HealthState
from readers.maintenance import TargetKind
from zones.movements import Direction, MovementKind, Operation
from zones.settings import Role

Item = TypeVar("Item")
Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Zone = str | None
Confidence = Annotated[float, Field(ge=0, le=1)]
Rate = Annotated[float, Field(ge=0)]
Corner = Annotated[list[float], Field(min_length=2, max_length=2)]


class Shape(BaseModel):
    """An object with exactly these fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Items(Shape, Generic[Item]):
    """One page of a list."""

    items: list[Item]


class Wrong(Shape):
    """What is wrong with one field."""

    field: str
    message: str
    row: int | None = None


class Problem(Shape):
    """A refusal (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Wrong]


class Health(Shape):
    """The server answers."""

    status: Literal["ok"]


class Readiness(Shape):
    """Whether the gateway does its work."""

    status: Literal["ready", "degraded", "starting"]
    reasons: list[str]


class AssetShape(Shape):
    """An asset of the register."""

    id: str
    name: str
    category: str
    tags: list[str]
    group: str
    sku: str
    serial: str
    lot: str
    owner: str
    home_zone: str
    status: str


class Stored(Shape):
    """What became of a list or a file."""

    stored: int
    good: int
    errors: list[Wrong]


class FixShape(Shape):
    """A position that a tracker reported: metres on the site, or degrees of WGS84."""

    tag: str
    source: str
    time: Time
    x_m: float | None
    y_m: float | None
    lat: float | None
    lon: float | None
    accuracy_m: float | None


class SensorShape(Shape):
    """The newest value of a sensor."""

    sensor: str
    quantity: str
    value: float
    unit: str
    time: Time


class SeriesPointShape(Shape):
    """A value, or all values of a step that begins at `time`."""

    sensor: str
    quantity: str
    time: Time
    count: int
    mean: float
    min: float
    max: float
    unit: str
    value: float | None = None


class SeriesShape(Shape):
    """What a sensor measured from `since` to `until`, in steps; `step_s` 0 is each value."""

    sensor: str
    since: Time
    until: Time
    step_s: int
    items: list[SeriesPointShape]


class Position(Shape):
    """Where an asset is."""

    asset: str
    zone: Zone
    since: Time | None
    tag: str | None
    presence: Presence
    presence_since: Time | None
    flaps: int | None
    last_heard: Time | None
    floor: str | None
    last_zone: Zone
    fix: FixShape | None
    as_of: Time | None = None


class TagPosition(Shape):
    """Where a tag is, or was at the time that was asked for."""

    tag: str
    asset: str | None
    name: str | None
    zone: Zone
    since: Time
    last_zone: str
    presence: Presence
    presence_since: Time


class ZoneShape(Shape):
    """A zone of the site file; outline and geometry (GeoJSON) are in metres of its floor.

    `healthy` is null for zones of the past.
    """

    name: str
    floor: str | None
    role: Role
    parent: str | None
    polygon: list[Corner] | None
    shape: Literal["polygon", "polygons", "circle", "corridor"] | None
    geometry: dict[str, Any] | None
    healthy: bool | None


class Present(Shape):
    """Somebody or something that is in a zone."""

    asset: str | None
    name: str | None
    tag: str
    zone: str
    since: Time
    presence: Presence
    presence_since: Time


class Visit(Shape):
    """A stay in a zone; `to` is null while it goes on."""

    tag: str
    asset: str | None
    zone: str
    from_: Time = Field(alias="from")
    to: Time | None


class MovementShape(Shape):
    """A change of zone; null is nowhere.

    `crossed` is a visit that no position lies in: the straight way between two went through.
    """

    id: str
    time: Time
    decided: Time
    tag: str
    asset: str | None
    kind: MovementKind
    from_: Zone = Field(alias="from")
    to: Zone
    operation: Operation | None
    late: bool
    confidence: Confidence | None = None
    crossed: bool = False


class CrossingShape(Shape):
    """A way through a portal; where it is no way through, `lean` is what a guess would be."""

    id: str
    time: Time
    decided: Time
    tag: str
    asset: str | None
    portal: str
    direction: Direction
    confidence: Confidence
    lean: Literal["outbound", "inbound"] | None
    late: bool


class PastVisit(Visit):
    """A visit in the history of an asset."""

    type: Literal["visit"]


class PastCrossing(CrossingShape):
    """A crossing in the history of an asset."""

    type: Literal["crossing"]


class PastMovement(MovementShape):
    """A movement in the history of an asset."""

    type: Literal["movement"]


class PastPosition(FixShape):
    """A position that a tracker reported while the asset carried it."""

    type: Literal["position"]


class PastGap(Shape):
    """Nobody knows where the asset was: `zone` is its last, `to` null while it is still so.

    `readers` should have heard it and could not.
    """

    type: Literal["gap"]
    from_: Time = Field(alias="from")
    to: Time | None
    reason: GapReason
    zone: Zone
    readers: list[str]


class MaintenanceShape(Shape):
    """Work on a reader, an antenna or a portal; it ends by itself."""

    kind: TargetKind
    target: str
    since: Time
    until: Time
    reason: str
    by: str


class ReadPointShape(Shape):
    """An antenna that the site file lists: the zone that it hears, and where it hangs."""

    antenna: int
    zone: str | None
    at_m: tuple[float, float] | None


class ReaderShape(Shape):
    """A reader and how it is; `series` are reads per second, each of 5 s, the newest last."""

    name: str
    state: HealthState
    since: Time
    reason: str
    remedy: str
    last_message: Time | None
    last_read: Time | None
    clock_offset_ms: int | None
    antennas: dict[str, Literal["connected", "disconnected", "unknown"]]
    maintenance: list[MaintenanceShape]
    listed: bool = True
    reads_per_second: Rate
    series: Annotated[list[Rate], Field(max_length=60)]
    zone: str | None = None
    points: list[ReadPointShape] = []


class RejectedItem(Shape):
    """An item of a push that could not be used; items count from 0."""

    index: int
    reason: str


class Ingested(Shape):
    """What became of a push."""

    accepted: int
    rejected: list[RejectedItem]
