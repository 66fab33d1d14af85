from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.wire.recording import (
    RecordingError,
    format_reads,
    parse_fixes,
    parse_reads,
    parse_recording,
)
from tags.reads import Fix, Read

HEADER = "time_ns,reader,antenna,tag,rssi_dbm"

times = st.integers(1, 2**63 - 1)
finite = st.floats(-1e6, 1e6)
names = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), min_size=1, max_size=12)
reads = st.builds(
    Read,
    tag=st.binary(min_size=1, max_size=20).map(bytes.hex),
    reader=names.filter(lambda name: name == name.strip()),
    antenna=st.integers(1, 2**16),
    time_ns=times,
    arrival_ns=times,
    rssi_dbm=st.none() | st.floats(-120, 20),
    count=st.just(1),
    phase_rad=st.none() | finite,
    doppler_hz=st.none() | finite,
    channel=st.none() | st.integers(0, 200),
)


def parse(*lines: str) -> list[Read]:
    return list(parse_reads(lines, "a.csv"))


@given(st.lists(reads, max_size=5))
def test_what_is_written_is_read_back(recorded: list[Read]) -> None:
    assert parse(*format_reads(recorded)) == recorded


def test_columns_may_stand_in_any_order() -> None:
    found = parse("tag, rssi_dbm,channel ,antenna,reader,time_ns", "AB01,-60.5,9,2,dock,77")
    assert found == [Read("ab01", "dock", 2, 77, 77, -60.5, channel=9)]


def test_without_an_arrival_the_largest_time_so_far_counts() -> None:
    found = parse(HEADER, "50,r,1,aa,", "70,r,1,aa,", "60,r,1,aa,", "71,r,1,aa,")
    assert [read.arrival_ns for read in found] == [50, 70, 70, 71]


def test_a_stated_arrival_counts_where_it_is_stated() -> None:
    found = parse(HEADER + ",arrival_ns", "50,r,1,aa,,90", "60,r,1,aa,,")
    assert [read.arrival_ns for read in found] == [90, 60]


def test_a_bad_row_does_not_move_the_largest_time() -> None:
    lines = [HEADER, "50,r,1,aa,", "99,r,1,a,", "60,r,1,aa,"]
    found = list(parse_reads(lines, "a.csv", lambda _: None))
    assert [read.arrival_ns for read in found] == [50, 60]


@pytest.mark.parametrize("rssi", ["", "-121", "21", "nan", "inf", "-1e9"])
def test_an_absent_or_impossible_rssi_is_none(rssi: str) -> None:
    assert parse(HEADER, f"5,r,1,aa,{rssi}")[0].rssi_dbm is None


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("time_ns,reader,antenna,tag", "a.csv:1: column rssi_dbm is missing"),
        (HEADER + ",colour", "a.csv:1: unknown column 'colour'"),
        (HEADER + ",tag", "a.csv:1: column tag stands twice"),
        ('"' + HEADER, "a.csv:1: "),
        ("", "a.csv:1: column time_ns is missing"),
    ],
)
def test_a_wrong_header_names_the_column(header: str, message: str) -> None:
    with pytest.raises(RecordingError) as caught:
        parse_reads([header, "5,r,1,aa,"], "a.csv")
    assert str(caught.value).startswith(message)


def test_an_empty_file_says_so() -> None:
    with pytest.raises(RecordingError, match=r"a\.csv:1: the file is empty"):
        parse_reads([], "a.csv")


BAD_ROWS = {
    "x,r,1,aa,-50": "time_ns 'x' is no whole number",
    "0,r,1,aa,-50": "time_ns 0 is out of range",
    f"{2**63},r,1,aa,-50": "out of range",
    "5,,1,aa,-50": "reader is empty",
    "5,r,0,aa,-50": "antenna must be 1 or more",
    "5,r,,aa,-50": "antenna must be 1 or more",
    "5,r,one,aa,-50": "antenna 'one' is no whole number",
    "5,r,1,abc,-50": "odd number of hex digits",
    "5,r,1,,-50": "",
    "5,r,1,aa,loud": "rssi_dbm 'loud' is no number",
    '5,r,1,"aa,-50': "a quote is opened and not closed",
    "5,r,1,aa": "4 values for 5 columns",
    "5,r,1,aa,-50,6": "6 values for 5 columns",
    '5,r,1,"aa"x,-50': "expected after",
}


@pytest.mark.parametrize("row", BAD_ROWS)
def test_a_bad_row_names_file_and_line(row: str) -> None:
    with pytest.raises(RecordingError) as caught:
        parse(HEADER, "5,r,1,aa,-50", row, "6,r,1,aa,-50")
    assert str(caught.value).startswith("a.csv:3: ")
    assert BAD_ROWS[row] in str(caught.value)
    assert (caught.value.file, caught.value.line) == ("a.csv", 3)


@pytest.mark.parametrize("row", BAD_ROWS)
def test_a_bad_row_can_be_left_out(row: str) -> None:
    errors: list[RecordingError] = []
    lines = [HEADER, "5,r,1,aa,-50", row, "6,r,1,aa,-50"]
    found = list(parse_reads(lines, "a.csv", errors.append))
    assert [read.time_ns for read in found] == [5, 6]
    assert [error.line for error in errors] == [3]


@pytest.mark.parametrize("column", ["phase_rad", "doppler_hz"])
@pytest.mark.parametrize("value", ["nan", "inf", "much"])
def test_a_number_that_is_none_is_a_bad_row(column: str, value: str) -> None:
    with pytest.raises(RecordingError, match=f"a.csv:2: {column} '{value}' is no number"):
        parse(f"{HEADER},{column}", f"5,r,1,aa,-50,{value}")


def test_blank_lines_and_a_byte_order_mark_are_skipped() -> None:
    assert len(parse("\ufeff" + HEADER, "", "5,r,1,aa,-50", "")) == 1


def test_positions_on_the_floor_and_on_the_globe() -> None:
    floor = ["time_ns,source,tag,x_m,y_m,accuracy_m", "5,uwb,ble:beacon-1,1.5,2,", "6,uwb,aa,0,0,3"]
    assert list(parse_fixes(floor, "p.csv")) == [
        Fix("ble:beacon-1", "uwb", 5, 5, 1.5, 2.0),
        Fix("aa", "uwb", 6, 6, 0.0, 0.0, accuracy_m=3.0),
    ]
    level = ["time_ns,source,tag,x_m,y_m,z_m,floor", "5,uwb,aa,1,2,-0.5,", "6,uwb,aa,1,2,,first"]
    assert list(parse_fixes(level, "p.csv")) == [
        Fix("aa", "uwb", 5, 5, 1.0, 2.0, z_m=-0.5),
        Fix("aa", "uwb", 6, 6, 1.0, 2.0, floor="first"),
    ]
    globe = ["time_ns,source,tag,lat,lon", "5,van,gps:van-1,52.5,13.4"]
    assert list(parse_fixes(globe, "p.csv")) == [Fix("gps:van-1", "van", 5, 5, lat=52.5, lon=13.4)]


@pytest.mark.parametrize("columns", ["", ",x_m", ",x_m,lat", ",x_m,y_m,lat"])
def test_coordinates_come_in_pairs(columns: str) -> None:
    with pytest.raises(RecordingError, match="in pairs"):
        parse_fixes([f"time_ns,source,tag{columns}"], "p.csv")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("5,van,gps:a,91,0", "lat 91 is out of range"),
        ("5,van,gps:a,0,-181", "lon -181 is out of range"),
        ("5,van,gps:a,,1", "a position needs"),
        ("5,van,gps:a,,", "a position needs"),
    ],
)
def test_a_position_that_is_none_is_a_bad_row(row: str, message: str) -> None:
    with pytest.raises(RecordingError, match=f"p.csv:2: {message}"):
        list(parse_fixes(["time_ns,source,tag,lat,lon", row], "p.csv"))


def test_the_header_tells_which_kind_a_recording_is() -> None:
    position = ["time_ns,source,tag,x_m,y_m", "5,uwb,aa,1,2"]
    assert isinstance(next(parse_recording(position, "p.csv")), Fix)
    assert isinstance(next(parse_recording([HEADER, "5,r,1,aa,"], "p.csv")), Read)


@given(st.text(max_size=120))
def test_any_text_gives_reads_or_recording_errors(text: str) -> None:
    errors: list[RecordingError] = []
    lines = [HEADER, *text.splitlines(keepends=True)]
    assert all(read.tag for read in parse_reads(lines, "a.csv", errors.append))


def test_the_real_recordings_are_read_whole(real_recordings: Path) -> None:
    files = sorted(real_recordings.glob("*/*.csv"))
    assert files
    for file in files:
        lines = file.read_text().splitlines()
        found = list(parse_reads(lines, file.name))
        assert len(found) == len(lines) - 1
        assert list(parse_reads(format_reads(found), file.name)) == found
