"""Times go out and come back as the same nanosecond."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tags.times import SECOND_NS, format_time, parse_time

FIRST_NS = -62_135_596_800 * SECOND_NS
LAST_NS = 253_402_300_800 * SECOND_NS - 1
MINUTES_OF_A_DAY = 24 * 60


@given(st.integers(FIRST_NS, LAST_NS))
@example(FIRST_NS)
@example(LAST_NS)
@example(-1)
@example(0)
def test_a_formatted_time_reads_back_to_the_nanosecond(time_ns: int) -> None:
    assert parse_time(format_time(time_ns)) == time_ns


@given(
    st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31)),  # noqa: DTZ001 -- hypothesis wants it naive
    st.integers(1 - MINUTES_OF_A_DAY, MINUTES_OF_A_DAY - 1),
)
def test_a_time_with_an_offset_is_the_moment_it_names(local: datetime, offset_min: int) -> None:
    moment = local.replace(tzinfo=timezone(timedelta(minutes=offset_min)))
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    assert parse_time(moment.isoformat()) == since // timedelta(microseconds=1) * 1000


@given(st.integers(FIRST_NS, LAST_NS), st.integers(FIRST_NS, LAST_NS))
def test_texts_of_whole_microseconds_sort_as_their_times(first_ns: int, second_ns: int) -> None:
    times_ns = [first_ns // 1000 * 1000, second_ns // 1000 * 1000]
    assert sorted(times_ns) == [parse_time(text) for text in sorted(map(format_time, times_ns))]


@pytest.mark.parametrize(
    ("time_ns", "text"),
    [
        (0, "1970-01-01T00:00:00.000000Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"),
        (1_500, "1970-01-01T00:00:00.000001500Z"),
        (1_000, "1970-01-01T00:00:00.000001Z"),
        (FIRST_NS, "0001-01-01T00:00:00.000000Z"),
    ],
)
def test_the_fraction_has_six_digits_or_nine(time_ns: int, text: str) -> None:
    assert format_time(time_ns) == text


@pytest.mark.parametrize("time_ns", [FIRST_NS - 1, LAST_NS + 1, 10**40, -(10**40)])
def test_a_time_beyond_the_calendar_has_no_text(time_ns: int) -> None:
    with pytest.raises(ValueError, match="outside the years 1 to 9999"):
        _ = format_time(time_ns)


@pytest.mark.parametrize(
    ("text", "time_ns"),
    [
        ("1970-01-01t00:00:00.5z", SECOND_NS // 2),
        (" 1970-01-01 00:00:01Z\n", SECOND_NS),
        ("1970-01-01T00:00:00-00:00", 0),
        ("1970-01-01T02:30:00+02:30", 0),
        ("1969-12-31T23:59:59.000000001Z", 1 - SECOND_NS),
    ],
)
def test_the_spellings_of_rfc_3339_are_read(text: str, time_ns: int) -> None:
    assert parse_time(text) == time_ns


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1970-01-01T00:00:00",
        "1970-01-01",
        "0",
        "1970-01-01T00:00:00+0100",
        "1970-01-01T00:00:00+00:60",
        "1970-01-01T00:00:00+24:00",
        "1970-02-30T00:00:00Z",
        "1970-01-01T24:00:00Z",
        "1970-01-01T23:59:60Z",
        "1970-01-01T00:00:00.Z",
        "1970-01-01T00:00:00.1234567890Z",
        "1970-01-01T00:00:00.\u0665Z",
        "\uff11970-01-01T00:00:00Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "0000-01-01T00:00:00Z",
    ],
)
def test_anything_else_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="is not an RFC 3339 time") as refusal:
        _ = parse_time(text)
    assert repr(text) in str(refusal.value)


@given(st.text() | st.text("0123456789-:TZ+. "))
def test_any_text_is_a_time_or_a_value_error(text: str) -> None:
    try:
        time_ns = parse_time(text)
    except ValueError:
        return
    assert parse_time(format_time(time_ns)) == time_ns
