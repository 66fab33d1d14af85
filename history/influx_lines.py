"""What happened as points of InfluxDB, in line protocol.

The tag of a thing is a field, and its CRC-32 modulo 64 the tag `h`: so many series a zone,
however many things there are. Two points of one series never share a stamp, and the same fact
always has the same stamp, so that writing it again changes nothing:

- `sighting` (h, zone): the begin of its slot, plus the CRC-32 of tag/reader/antenna in ns.
- `fix` (h): its time in ms, plus the CRC-32 of its tag above the lowest six bits, modulo 1e6.
  Of sightings and fixes whose stamps fall together the later ones go to the next free ns.
- `movement` (h, kind, zone), `crossing` (direction, h, portal): time in ms, plus seq modulo 1e6.
- `visit` (h, zone): its begin in ms, plus its id modulo 1e6. While it goes on, `ended` is empty
  and `to_ns` the highest integer; when it is over it is written again, over the former point.
- `alert` (kind, rule): time in ms, plus the seq of its raise modulo 1e6; written again as it
  changes. `record` is all of it as JSON.
- `measurement` (quantity, sensor): its time.

No tag and field share a name. A tag without a value is left out, and so is a number that is
not finite. Points that are written again always have all their fields: an empty text is None.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

import msgspec

from alerts.alert import state_of
from history.influx_names import (
    INTEGER_MAX,
    INTEGER_MIN,
    PARTS,
    STAMP_MAX,
    STAMP_MIN,
    field_text,
    number_text,
    part_of,
    tag_text,
)
from history.outputs import Numbered
from history.sightings import Sighting
from history.store import HistoryBatch, RaisedAlert, Visit
from tags.reads import Fix, Measurement
from tags.times import MILLISECOND_NS, SECOND_NS
from zones.movements import Crossing, Movement

GOES_ON_NS = INTEGER_MAX
"""`to_ns` of a visit that goes on."""
RENAMED = "renamed"
"""`ended` of a visit that stands under another zone now."""
RECORD_BYTES_MAX = 60_000
"""A string of InfluxDB has at most 64 KiB; an alert that is longer goes without its reads."""

_Value = str | int | float | bool | None
_Stamps = set[int]
_SLOT_STAMP_MAX = STAMP_MAX - 5 * SECOND_NS


class Lines(NamedTuple):
    """Lines of line protocol, and how many values or whole points had no place in it."""

    lines: list[str]
    left_out: int


class _Antenna(NamedTuple):
    """What all lines of one antenna share, by part of 64: their series, and how they begin."""

    series: tuple[str, ...]
    begins: tuple[str, ...]
    reader: str
    ending: bytes


class _Antennas(dict[tuple[str, int], _Antenna]):
    """The antennas of one batch, made as they come."""

    def __init__(self, zones: dict[tuple[str, int], str]) -> None:
        super().__init__()
        self._zones = zones

    def __missing__(self, where: tuple[str, int]) -> _Antenna:
        known = self[where] = _antenna(self._zones.get(where, ""), *where)
        return known


class _Taken:
    """Which stamps which series have. That two series share one is rare, so one dict is enough."""

    def __init__(self) -> None:
        self.first: dict[int, str] = {}
        self._others: set[tuple[str, int]] = set()

    def next_free(self, series: str, stamp: int) -> int:
        """The first stamp from this one on that the series has not; it is taken now."""
        first, others = self.first, self._others
        while first.get(stamp) == series or (series, stamp) in others:
            stamp += 1
        if stamp in first:
            others.add((series, stamp))
        else:
            first[stamp] = series
        return stamp


def lines_of(batch: HistoryBatch) -> Lines:
    """Return the points of a batch, one string each; a string may contain line breaks in quotes.

    Numbers that are not finite are left out and counted, as are points whose stamps do not fit
    into 64 bits.
    """
    page = _Page()
    page.add_sightings(batch.sightings, batch.zones)
    page.add_fixes(batch.fixes)
    for measurement in batch.measurements:
        page.add_measurement(measurement)
    for numbered in batch.outputs:
        page.add_output(numbered)
    for visit in batch.renamed:
        page.add_visit(visit, visit.from_ns, RENAMED)
    for visit in batch.visits:
        to_ns = GOES_ON_NS if visit.to_ns is None else visit.to_ns
        page.add_visit(visit, to_ns, visit.ended or "")
    for raised in batch.alerts:
        page.add_alert(raised)
    return Lines(page.lines, page.left_out)


class _Page:
    """Lines while they are written."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.left_out = 0

    def add_sightings(
        self, sightings: Iterable[Sighting], zones: dict[tuple[str, int], str]
    ) -> None:
        """One line each. What is written out here runs for every sighting of a site."""
        antennas, taken = _Antennas(zones), _Taken()
        first = taken.first
        add = self.lines.append
        slot_s = begin_ns = -1
        for one in sightings:
            if one.slot_s != slot_s:
                slot_s = one.slot_s
                begin_ns = slot_s * SECOND_NS
            if not STAMP_MIN <= begin_ns <= _SLOT_STAMP_MAX:
                self.left_out += 1
                continue
            where = antennas[one.reader, one.antenna]
            tag = one.tag
            tag_crc = crc32(tag.encode(errors="replace"))
            part = tag_crc % PARTS
            stamp = begin_ns + crc32(where.ending, tag_crc)
            if stamp in first:
                stamp = taken.next_free(where.series[part], stamp)
            else:
                first[stamp] = where.series[part]
            if not (tag.isalnum() and tag.isascii()):
                tag = field_text(tag)
            rssi = _rssi(one.rssi_dbm_max, one.rssi_dbm_sum, one.rssi_reads)
            if rssi is None:
                rssi = ""
                self.left_out += 1
            add(
                f"{where.begins[part]}first_ns={one.first_ns}i,last_ns={one.last_ns}i{where.reader}"
                f'{one.count}i{rssi},tag_id="{tag}" {stamp}'
            )

    def add_fixes(self, fixes: Iterable[Fix]) -> None:
        """Where trackers were."""
        taken: dict[int, _Stamps] = {}
        for fix in fixes:
            crc = crc32(fix.tag.encode(errors="replace"))
            stamps = taken.setdefault(crc % PARTS, set())
            stamp = _free_stamp(fix.time_ns, crc // PARTS, stamps)
            stamps.add(stamp)
            fields: dict[str, _Value] = {
                "accuracy_m": fix.accuracy_m,
                "arrival_ns": fix.arrival_ns,
                "floor": fix.floor,
                "lat": fix.lat,
                "lon": fix.lon,
                "source": fix.source,
                "tag_id": fix.tag,
                "time_ns": fix.time_ns,
                "x_m": fix.x_m,
                "y_m": fix.y_m,
                "z_m": fix.z_m,
            }
            self._add(f"fix,h={crc % PARTS}", fields, stamp)

    def add_measurement(self, measured: Measurement) -> None:
        """One value of a sensor; one that is not finite makes no point."""
        value = number_text(measured.value)
        if value is None:
            self.left_out += 1
            return
        head = f"measurement{_tag('quantity', measured.quantity)}{_tag('sensor', measured.sensor)}"
        fields: dict[str, _Value] = {"unit": measured.unit, "value": float(measured.value)}
        self._add(head, fields, measured.time_ns)

    def add_output(self, numbered: Numbered) -> None:
        """A movement or a crossing; alerts come as they stand, and the rest stays at home."""
        match numbered.output:
            case Movement() as movement:
                self._add_movement(movement, numbered.seq)
            case Crossing() as crossing:
                self._add_crossing(crossing, numbered.seq)
            case _:
                pass

    def _add_movement(self, movement: Movement, seq: int) -> None:
        zone = movement.to_zone or movement.from_zone or ""
        tags = f"h={part_of(movement.tag)}{_tag('kind', movement.kind)}{_tag('zone', zone)}"
        fields: dict[str, _Value] = {
            "asset": movement.asset,
            "confidence": _float(movement.confidence),
            "decided_ns": movement.decided_ns,
            "from_zone": movement.from_zone,
            "id": movement.id,
            "late": movement.late,
            "operation": movement.operation,
            "seq": seq,
            "tag_id": movement.tag,
            "time_ns": movement.time_ns,
            "to_zone": movement.to_zone,
        }
        self._add(f"movement,{tags}", fields, _numbered_stamp(movement.time_ns, seq))

    def _add_crossing(self, crossing: Crossing, seq: int) -> None:
        tags = f"{_tag('direction', crossing.direction)},h={part_of(crossing.tag)}"
        fields: dict[str, _Value] = {
            "asset": crossing.asset,
            "confidence": _float(crossing.confidence),
            "decided_ns": crossing.decided_ns,
            "id": crossing.id,
            "late": crossing.late,
            "lean": crossing.lean,
            "seq": seq,
            "tag_id": crossing.tag,
            "time_ns": crossing.time_ns,
        }
        head = f"crossing{tags}{_tag('portal', crossing.portal)}"
        self._add(head, fields, _numbered_stamp(crossing.time_ns, seq))

    def add_visit(self, visit: Visit, to_ns: int, ended: str) -> None:
        """A visit as it stands."""
        fields: dict[str, _Value] = {
            "asset": visit.asset or "",
            "ended": ended,
            "from_ns": visit.from_ns,
            "tag_id": visit.tag,
            "to_ns": to_ns,
            "visit": visit.id,
        }
        head = f"visit,h={part_of(visit.tag)}{_tag('zone', visit.zone)}"
        self._add(head, fields, _numbered_stamp(visit.from_ns, visit.id))

    def add_alert(self, raised: RaisedAlert) -> None:
        """An alert as it stands."""
        alert = raised.alert
        fields: dict[str, _Value] = {
            "asset": alert.asset or "",
            "from_zone": alert.from_zone or "",
            "id": alert.id,
            "late": alert.late,
            "portal": alert.portal or "",
            "raised_seq": raised.raised_seq,
            "record": _record(raised),
            "seq": raised.seq,
            "severity": alert.severity,
            "state": state_of(alert),
            "subject": alert.subject,
            "tag_id": alert.tag,
            "time_ns": alert.time_ns,
            "to_zone": alert.to_zone or "",
        }
        head = f"alert{_tag('kind', alert.kind)}{_tag('rule', alert.rule)}"
        self._add(head, fields, _numbered_stamp(alert.time_ns, raised.raised_seq))

    def _add(self, head: str, fields: dict[str, _Value], stamp: int) -> None:
        """One point; `fields` by name in alphabetical order, None is left out."""
        if not STAMP_MIN <= stamp <= STAMP_MAX:
            self.left_out += 1
            return
        texts = ",".join(self._texts(fields))
        self.lines.append(f"{head} {texts} {stamp}")

    def _texts(self, fields: dict[str, _Value]) -> Iterator[str]:
        for name, value in fields.items():
            if value is None:
                continue
            text = _value_text(value)
            if text is None:
                self.left_out += 1
            else:
                yield f"{name}={text}"


@lru_cache(maxsize=1024)
def _antenna(zone: str, reader: str, antenna: int) -> _Antenna:
    series = tuple(f"sighting,h={part}{_tag('zone', zone)}" for part in range(PARTS))
    return _Antenna(
        series,
        tuple(f"{each} antenna={antenna}i," for each in series),
        f',reader="{field_text(reader)}",reads=',
        f"/{reader}/{antenna}".encode(errors="replace"),
    )


@lru_cache(maxsize=16_384)
def _rssi(highest_dbm: float | None, sum_dbm: float, reads: int) -> str | None:
    """The fields of RSSI: all of them, or none. None where a figure is not finite."""
    if highest_dbm is None:
        return ""
    highest, total = number_text(highest_dbm), number_text(sum_dbm)
    if highest is None or total is None:
        return None
    return f",rssi_max={highest},rssi_reads={reads}i,rssi_sum={total}"


def _tag(name: str, value: str) -> str:
    text = tag_text(value)
    return f",{name}={text}" if text else ""


def _value_text(value: str | float | bool) -> str | None:  # noqa: FBT001 - a value of a field
    match value:
        case str():
            return f'"{field_text(value)}"'
        case bool():
            return "true" if value else "false"
        case int():
            return f"{value}i" if INTEGER_MIN <= value <= INTEGER_MAX else None
        case _:
            return number_text(value)


def _float(value: float | None) -> float | None:
    return None if value is None else float(value)


def _numbered_stamp(time_ns: int, number: int) -> int:
    """The millisecond, and the number in its nanoseconds."""
    return time_ns // MILLISECOND_NS * MILLISECOND_NS + number % MILLISECOND_NS


def _free_stamp(time_ns: int, number: int, taken: _Stamps) -> int:
    """The first free stamp of the millisecond from the number on, round its end."""
    begin_ns = time_ns // MILLISECOND_NS * MILLISECOND_NS
    place = number % MILLISECOND_NS
    while begin_ns + place in taken:
        place = (place + 1) % MILLISECOND_NS
    return begin_ns + place


def _record(raised: RaisedAlert) -> str:
    """The alert as JSON; one that is too long goes without the reads that it rests on.

    Empty for one with a name that UTF-8 can not carry.
    """
    alert = raised.alert
    try:
        record = msgspec.json.encode(alert)
    except UnicodeEncodeError:
        return ""
    if len(record) > RECORD_BYTES_MAX:
        bare = msgspec.structs.replace(alert.evidence, reads=())
        record = msgspec.json.encode(msgspec.structs.replace(alert, evidence=bare))
    return record.decode()
