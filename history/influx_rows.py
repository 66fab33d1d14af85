"""Rows that an InfluxDB answers with; the fields of each are what is selected, in this order."""

from history.influx_lines import GOES_ON_NS
from history.influx_query import Row
from history.sightings import SLOT_S, Sighting
from history.store import SeriesPoint, Visit
from tags.reads import Fix
from tags.times import SECOND_NS

_SLOT_NS = SLOT_S * SECOND_NS
_NAMED = {0x2400 + code: chr(code) for code in range(0x20)} | {0x2421: "\x7f", 0x29F5: "\\"}


class VisitRow(Row, frozen=True, gc=False, array_like=True, forbid_unknown_fields=True):
    """A visit as it stands."""

    zone: str | None
    visit: int
    tag_id: str
    asset: str
    from_ns: int
    to_ns: int
    ended: str

    def told(self, zone: str | None = None) -> Visit:
        """As a Visit; `zone` is its name where that is known, or it is read from the picture."""
        return Visit(
            id=self.visit,
            tag=self.tag_id,
            asset=self.asset or None,
            zone=name_in(self.zone or "") if zone is None else zone,
            from_ns=self.from_ns,
            to_ns=None if self.to_ns == GOES_ON_NS else self.to_ns,
            ended=self.ended or None,
        )


class SightingRow(Row, frozen=True, gc=False, array_like=True, forbid_unknown_fields=True):
    """A sighting; its slot is that of its stamp."""

    tag_id: str
    reader: str
    antenna: int
    first_ns: int
    last_ns: int
    reads: int
    rssi_max: float | None
    rssi_reads: int | None
    rssi_sum: float | None

    def told(self) -> Sighting:
        """As a Sighting."""
        return Sighting(
            slot_s=self.time // _SLOT_NS * SLOT_S,
            tag=self.tag_id,
            reader=self.reader,
            antenna=self.antenna,
            first_ns=self.first_ns,
            last_ns=self.last_ns,
            count=self.reads,
            rssi_dbm_max=self.rssi_max,
            rssi_dbm_sum=self.rssi_sum or 0.0,
            rssi_reads=self.rssi_reads or 0,
        )


class FixRow(Row, frozen=True, gc=False, array_like=True, forbid_unknown_fields=True):
    """Where a tracker was."""

    tag_id: str
    source: str
    time_ns: int
    arrival_ns: int
    x_m: float | None
    y_m: float | None
    lat: float | None
    lon: float | None
    accuracy_m: float | None
    z_m: float | None
    floor: str | None

    def told(self) -> Fix:
        """As a Fix."""
        return Fix(
            tag=self.tag_id,
            source=self.source,
            time_ns=self.time_ns,
            arrival_ns=self.arrival_ns,
            x_m=self.x_m,
            y_m=self.y_m,
            lat=self.lat,
            lon=self.lon,
            accuracy_m=self.accuracy_m,
            z_m=self.z_m,
            floor=self.floor,
        )


class ValueRow(Row, frozen=True, gc=False, array_like=True, forbid_unknown_fields=True):
    """A value of a sensor."""

    value: float
    unit: str

    def told(self) -> SeriesPoint:
        """As a point of a series, of this value alone."""
        return SeriesPoint(
            time_ns=self.time,
            count=1,
            mean=self.value,
            minimum=self.value,
            maximum=self.value,
            unit=self.unit,
        )


class StepRow(Row, frozen=True, gc=False, array_like=True, forbid_unknown_fields=True):
    """All values of a step; `time` is its begin."""

    count: int
    mean: float
    minimum: float
    maximum: float
    unit: str

    def told(self) -> SeriesPoint:
        """As a point of a series."""
        return SeriesPoint(
            time_ns=self.time,
            count=self.count,
            mean=self.mean,
            minimum=self.minimum,
            maximum=self.maximum,
            unit=self.unit,
        )


class AlertRow(Row, frozen=True, gc=False, array_like=True, forbid_unknown_fields=True):
    """An alert as it stands; `record` is all of it as JSON."""

    id: str
    time_ns: int
    raised_seq: int
    seq: int
    record: str


class MovementRow(Row, frozen=True, gc=False, array_like=True, forbid_unknown_fields=True):
    """When something moved."""

    time_ns: int


def name_in(stored: str) -> str:
    """A name as it was told, from a tag of InfluxDB: pictures are what they show."""
    return stored.translate(_NAMED)
