"""What happened as line protocol: the same bytes as the vendor's own points make."""

import math
from typing import Any
from zlib import crc32

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from influxdb_client.client.write.point import Point

from alerts.alert import Alert, Evidence, state_of
from history.influx_lines import GOES_ON_NS, lines_of
from history.influx_names import STAMP_MAX, part_of, stored_name
from history.outputs import Numbered
from history.sightings import Sighting
from history.store import HistoryBatch, RaisedAlert, Visit
from tags.reads import Fix, Measurement
from zones.movements import Crossing, Heard, Movement

SLOT_S = 1_790_000_000
NOON_NS = SLOT_S * 10**9
SPECIAL = " ,=\"'\\#\n\r\t\0\x7f\x85\u2028aäß東🎈"
NAMES = st.text(max_size=12) | st.text(alphabet=SPECIAL, max_size=6)
# A backslash or a control character in a tag is where we leave the vendor's way: theirs loses it.
VENDORS: Any = Point  # its parts are not typed
PLAIN_NAMES = NAMES.filter(lambda name: name == stored_name(name))
INTEGERS = st.integers(min_value=-(2**63), max_value=2**63 - 1)
TIMES = st.integers(min_value=-(2**62), max_value=2**62)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False).map(lambda number: number + 0.0)


def point(name: str, tags: dict[str, Any], fields: dict[str, Any], stamp: int) -> str:
    made = VENDORS(name)
    for key, value in tags.items():
        made.tag(key, value)
    for key, value in fields.items():
        made.field(key, value)
    return str(made.time(stamp).to_line_protocol())


def sighting(tag: str = "aa", reader: str = "dock", **changes: Any) -> Sighting:  # noqa: ANN401 -- any field
    fields: dict[str, Any] = {
        "slot_s": SLOT_S,
        "tag": tag,
        "reader": reader,
        "antenna": 1,
        "first_ns": NOON_NS,
        "last_ns": NOON_NS + 5,
        "count": 3,
        "rssi_dbm_max": -50.5,
        "rssi_dbm_sum": -152.0,
        "rssi_reads": 3,
    }
    return Sighting(**(fields | changes))


def alert(**changes: Any) -> Alert:  # noqa: ANN401 -- any field
    heard = Heard(reader="dock", antenna=1, time_ns=NOON_NS, count=2, rssi_dbm=-50.0)
    fields: dict[str, Any] = {
        "id": "1",
        "rule": "laptops stay in",
        "rule_version": "v",
        "kind": "exit",
        "severity": "critical",
        "asset": "laptop-1",
        "tag": "aa",
        "from_zone": "hall",
        "to_zone": None,
        "portal": None,
        "time_ns": NOON_NS + 1_234_567,
        "decided_ns": NOON_NS,
        "raised_at_ns": NOON_NS,
        "late": False,
        "evidence": Evidence((heard,), {"hall": 0.5}, {}, "s"),
    }
    return Alert(**(fields | changes))


def only(batch: HistoryBatch) -> str:
    (line,) = lines_of(batch).lines
    return line


@given(PLAIN_NAMES, NAMES, NAMES, INTEGERS, INTEGERS, st.none() | NUMBERS, NUMBERS)
def test_a_sighting_is_the_vendors_point(  # noqa: PLR0913, PLR0917 -- its fields
    zone: str, tag: str, reader: str, antenna: int, first_ns: int, rssi: float | None, total: float
) -> None:
    seen = sighting(
        tag, reader, antenna=antenna, first_ns=first_ns, rssi_dbm_max=rssi, rssi_dbm_sum=total
    )
    number = crc32(f"{tag}/{reader}/{antenna}".encode(errors="replace"))
    levels = {} if rssi is None else {"rssi_max": rssi, "rssi_sum": total, "rssi_reads": 3}
    fields = {
        "antenna": antenna,
        "first_ns": first_ns,
        "last_ns": NOON_NS + 5,
        "reader": reader,
        "reads": 3,
        "tag_id": tag,
    }
    wanted = point("sighting", {"zone": zone, "h": part_of(tag)}, fields | levels, NOON_NS + number)
    assert only(HistoryBatch(sightings=[seen], zones={(reader, antenna): zone})) == wanted


@given(NAMES, NAMES, TIMES, *[st.none() | NUMBERS] * 4, st.none() | NAMES)
def test_a_fix_is_the_vendors_point(  # noqa: PLR0913, PLR0917 -- its fields
    tag: str,
    source: str,
    time_ns: int,
    x_m: float | None,
    lat: float | None,
    accuracy_m: float | None,
    z_m: float | None,
    floor: str | None,
) -> None:
    fix = Fix(tag, source, time_ns, 7, x_m, x_m, lat, lat, accuracy_m, z_m, floor)
    named = ("tag", "source", "time_ns", "arrival_ns", "x_m", "y_m", "lat", "lon")
    fields = {name: getattr(fix, name) for name in (*named, "accuracy_m", "z_m", "floor")}
    fields["tag_id"] = fields.pop("tag")
    stamp = time_ns // 10**6 * 10**6 + crc32(tag.encode()) // 64 % 10**6
    assert only(HistoryBatch(fixes=[fix])) == point("fix", {"h": part_of(tag)}, fields, stamp)


@given(PLAIN_NAMES, PLAIN_NAMES, NUMBERS, NAMES, TIMES)
def test_a_measurement_is_the_vendors_point(
    sensor: str, quantity: str, value: float, unit: str, time_ns: int
) -> None:
    measured = Measurement(sensor, quantity, value, unit, time_ns, 0)
    tags = {"sensor": sensor, "quantity": quantity}
    wanted = point("measurement", tags, {"value": value, "unit": unit}, time_ns)
    assert only(HistoryBatch(measurements=[measured])) == wanted


@given(PLAIN_NAMES, st.none() | PLAIN_NAMES, NAMES, TIMES, st.integers(0, 2**62), st.booleans())
def test_a_movement_is_the_vendors_point(  # noqa: PLR0913, PLR0917 -- its fields
    here: str,
    there: str | None,
    tag: str,
    time_ns: int,
    seq: int,
    late: bool,  # noqa: FBT001 - hypothesis draws it
) -> None:
    moved = Movement(
        id="m",
        time_ns=time_ns,
        decided_ns=3,
        tag=tag,
        kind="moved",
        from_zone=here,
        to_zone=there,
        late=late,
        confidence=1,
    )
    fields = {
        "id": "m",
        "time_ns": time_ns,
        "decided_ns": 3,
        "tag_id": tag,
        "from_zone": here,
        "to_zone": there,
        "late": late,
        "confidence": 1.0,
        "seq": seq,
    }
    tags = {"h": part_of(tag), "kind": "moved", "zone": there or here}
    stamp = time_ns // 10**6 * 10**6 + seq % 10**6
    wanted = point("movement", tags, fields, stamp)
    assert only(HistoryBatch(outputs=[Numbered(seq, moved)])) == wanted


@given(PLAIN_NAMES, NAMES, TIMES, st.integers(0, 2**62), NUMBERS)
def test_a_crossing_is_the_vendors_point(
    portal: str, tag: str, time_ns: int, seq: int, confidence: float
) -> None:
    crossed = Crossing(
        id="c",
        time_ns=time_ns,
        decided_ns=3,
        tag=tag,
        portal=portal,
        direction="outbound",
        confidence=confidence,
        asset="laptop",
    )
    fields = {
        "id": "c",
        "time_ns": time_ns,
        "decided_ns": 3,
        "tag_id": tag,
        "asset": "laptop",
        "late": False,
        "confidence": confidence,
        "seq": seq,
    }
    tags = {"h": part_of(tag), "portal": portal, "direction": "outbound"}
    wanted = point("crossing", tags, fields, time_ns // 10**6 * 10**6 + seq % 10**6)
    assert only(HistoryBatch(outputs=[Numbered(seq, crossed)])) == wanted


@given(PLAIN_NAMES, NAMES, st.none() | NAMES, TIMES, st.none() | TIMES, st.integers(1, 2**62))
def test_a_visit_is_the_vendors_point(  # noqa: PLR0913, PLR0917 -- its fields
    zone: str, tag: str, asset: str | None, from_ns: int, to_ns: int | None, number: int
) -> None:
    ended = None if to_ns is None else "moved"
    visit = Visit(
        id=number, tag=tag, asset=asset, zone=zone, from_ns=from_ns, to_ns=to_ns, ended=ended
    )
    fields = {
        "visit": number,
        "tag_id": tag,
        "asset": asset or "",
        "from_ns": from_ns,
        "to_ns": GOES_ON_NS if to_ns is None else to_ns,
        "ended": ended or "",
    }
    stamp = from_ns // 10**6 * 10**6 + number % 10**6
    wanted = point("visit", {"h": part_of(tag), "zone": zone}, fields, stamp)
    assert only(HistoryBatch(visits=[visit])) == wanted


@given(PLAIN_NAMES, NAMES.filter(lambda name: name.isprintable()), st.integers(1, 2**62))
def test_an_alert_is_the_vendors_point(rule: str, tag: str, seq: int) -> None:
    raised = alert(rule=rule, tag=tag)
    fields = {
        "id": "1",
        "severity": "critical",
        "state": state_of(raised),
        "tag_id": tag,
        "asset": "laptop-1",
        "subject": "laptop-1",
        "from_zone": "hall",
        "to_zone": "",
        "portal": "",
        "late": False,
        "time_ns": raised.time_ns,
        "raised_seq": seq,
        "seq": seq + 1,
        "record": msgspec.json.encode(raised).decode(),
    }
    wanted = point("alert", {"rule": rule, "kind": "exit"}, fields, NOON_NS + 10**6 + seq % 10**6)
    assert only(HistoryBatch(alerts=[RaisedAlert(seq, seq + 1, raised)])) == wanted


def test_an_alert_can_be_made_from_its_record_however_many_reads_it_rests_on() -> None:
    heard = Heard(reader="dock", antenna=1, time_ns=NOON_NS, count=2, rssi_dbm=-50.0)
    long = alert(evidence=Evidence((heard,) * 5000, {}, {}, "s"))
    for raised, reads in ((alert(), 1), (long, 0)):
        line = only(HistoryBatch(alerts=[RaisedAlert(1, 1, raised)]))
        assert len(line) < 64_000
        record = line.partition('record="')[2].partition('",seq=')[0].replace('\\"', '"')
        back = msgspec.json.decode(record.replace("\\\\", "\\"), type=Alert)
        assert len(back.evidence.reads) == reads
        assert msgspec.structs.replace(back, evidence=raised.evidence) == raised


def test_an_alert_with_half_a_letter_in_it_has_no_record_but_a_line() -> None:
    line = only(HistoryBatch(alerts=[RaisedAlert(1, 1, alert(tag="\ud800"))]))
    assert ',record="",' in line
    assert ',tag_id="?",' in line


@given(st.text(alphabet=st.characters(), max_size=30), st.text(alphabet=st.characters()))
def test_no_name_ends_its_line_or_begins_another_tag(zone: str, tag: str) -> None:
    line = only(HistoryBatch(sightings=[sighting(tag)], zones={("dock", 1): zone}))
    head, fields = line.split(" antenna=1i,", 1)
    assert not any(ord(sign) < 0x20 for sign in head)
    assert "\\" not in head.replace("\\,", "").replace("\\ ", "").replace("\\=", "")
    tags = head.replace("\\,", "").replace("\\ ", "").replace("\\=", "")
    assert tags.count(",") == (2 if zone else 1)
    text = fields.partition(',tag_id="')[2].rpartition('" ')[0]
    assert '"' not in text.replace("\\\\", "").replace('\\"', "")
    line.encode()


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("two\nlines", "two␊lines"),
        ("back\\slash\\", "back\u29f5slash\u29f5"),
        ("cr\rtab\tnul\0del\x7f", "cr␍tab␉nul␀del␡"),
        ("half \udce4 a letter", "half ? a letter"),
        ("a,b=c d", "a,b=c d"),
        ("", ""),
    ],
)
def test_a_name_that_a_tag_can_not_carry_is_stored_as_written_here(name: str, stored: str) -> None:
    assert stored_name(name) == stored


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 4)), unique=True, max_size=300))
def test_points_of_one_series_never_share_a_stamp(keys: list[tuple[int, int]]) -> None:
    seen = [sighting(f"{tag:x}", antenna=antenna) for tag, antenna in keys]
    fixes = [Fix(f"{tag:x}", "gps", NOON_NS + antenna, 0) for tag, antenna in keys]
    lines = lines_of(HistoryBatch(sightings=seen, fixes=fixes)).lines
    assert len({(line.split(" ")[0], line.split(" ")[-1]) for line in lines}) == len(lines)


def test_a_slot_that_grew_is_written_over_all_that_was_written_of_it() -> None:
    # plumless and buckeroo share their CRC-32, so both want the same nanosecond.
    first = [sighting("plumless"), sighting("buckeroo")]
    assert crc32(b"plumless") == crc32(b"buckeroo")
    before = lines_of(HistoryBatch(sightings=first[:1])).lines
    for order in (first, first[::-1]):
        after = lines_of(HistoryBatch(sightings=order)).lines
        stamps = [int(line.split(" ")[-1]) for line in after]
        assert stamps[1] == stamps[0] + 1
        assert int(before[0].split(" ")[-1]) in stamps


def test_a_visit_is_written_over_itself_when_it_ends_and_under_its_former_zone() -> None:
    goes_on = Visit(id=7, tag="aa", asset=None, zone="hall", from_ns=NOON_NS)
    over = msgspec.structs.replace(goes_on, to_ns=NOON_NS + 9, ended="moved")
    first, second = only(HistoryBatch(visits=[goes_on])), only(HistoryBatch(visits=[over]))
    assert (first.split()[0], first.split()[-1]) == (second.split()[0], second.split()[-1])
    assert f"to_ns={GOES_ON_NS}i" in first
    renamed = only(HistoryBatch(renamed=[goes_on]))
    assert (renamed.split()[0], renamed.split()[-1]) == (first.split()[0], first.split()[-1])
    assert f'ended="renamed",from_ns={NOON_NS}i' in renamed
    assert f"to_ns={NOON_NS}i" in renamed


def test_figures_that_are_none_are_left_out_and_counted() -> None:
    batch = HistoryBatch(
        sightings=[sighting(rssi_dbm_max=math.nan), sighting("b", rssi_dbm_sum=math.inf)],
        fixes=[Fix("aa", "gps", NOON_NS, 0, math.inf, 1.0)],
        measurements=[Measurement("probe", "temperature", math.nan, "°C", NOON_NS, 0)],
    )
    lines, left_out = lines_of(batch)
    assert left_out == 4
    assert len(lines) == 3
    assert not any("rssi" in line or "x_m" in line for line in lines)
    assert ",y_m=1 " in lines[2]


def test_points_out_of_all_time_are_left_out_and_counted() -> None:
    batch = HistoryBatch(
        sightings=[sighting(slot_s=2**60)],
        fixes=[Fix("aa", "gps", 2**63, 0)],
        measurements=[
            Measurement("probe", "temperature", 1.0, "", STAMP_MAX + 1, 0),
            Measurement("probe", "temperature", 1.0, "", STAMP_MAX, 0),
        ],
    )
    lines, left_out = lines_of(batch)
    assert (len(lines), left_out) == (1, 3)


def test_half_a_million_tags_in_fifty_zones_make_few_series() -> None:
    series: set[str] = set()
    zones = {("dock", number): f"zone {number}" for number in range(50)}
    for begin in range(0, 500_000, 50_000):
        seen = [
            sighting(f"{number:024x}", antenna=number * 7919 % 50, slot_s=SLOT_S + number // 100)
            for number in range(begin, begin + 50_000)
        ]
        batch = HistoryBatch(sightings=seen, zones=zones)
        series |= {line.partition(" antenna")[0] for line in lines_of(batch).lines}
    assert 3000 <= len(series) <= 64 * 50
