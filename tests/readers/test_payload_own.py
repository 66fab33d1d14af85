"""Our own format, and the generic mapping."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.wire.payloads.formats import decoder
from readers.wire.payloads.pointers import find, parse_pointer
from readers.wire.payloads.said import JsonMapping, Mapped, Options, Rejected
from readers.wire.payloads.times import (
    AHEAD_NS_MAX,
    BEHIND_NS_MAX,
    time_of_digits,
    time_of_number,
    time_of_text,
)
from tags.reads import Fix, Measurement, Read
from tests.readers.payload_telling import EPC, NOW_NS, SECOND_NS, tell


def test_every_member_of_a_read_is_taken() -> None:
    message = {
        "tag": EPC.upper(),
        "time": "2026-01-31T07:59:58.5Z",
        "antenna": 4,
        "rssi_dbm": -61.5,
        "phase_rad": 3.1,
        "doppler_hz": -12.5,
        "channel": 7,
    }
    said = tell("tagwarden", message)
    time_ns = NOW_NS - SECOND_NS * 3 // 2
    assert said.reads == [
        Read(EPC, "link:handheld", 4, time_ns, NOW_NS, -61.5, 1, 3.1, -12.5, 7),
    ]
    assert (said.accepted, said.bad, said.devices) == (1, {}, ["handheld"])


def test_over_http_the_reader_is_the_link() -> None:
    assert tell("tagwarden", {"tag": EPC}, topic="").reads == [Read(EPC, "link", 1, NOW_NS, NOW_NS)]


def test_a_time_in_nanoseconds_is_taken_as_it_is() -> None:
    said = tell("tagwarden", {"tag": EPC, "time_ns": NOW_NS - 1})
    assert said.reads[0].time_ns == NOW_NS - 1


def test_refused_items_are_named_by_place_and_reason() -> None:
    said = tell(
        "tagwarden", [{"tag": EPC}, {"antenna": 1}, {"tag": "30f"}, {"tag": EPC, "antenna": 0}]
    )
    assert said.accepted == 1
    assert said.bad == {"tag": 2, "antenna": 1}
    assert [one.index for one in said.rejected] == [1, 2, 3]
    assert said.rejected[0] == Rejected(1, "no tag is named")
    assert "odd number" in said.rejected[1].reason


def test_every_kind_of_tag_is_taken_in_its_one_spelling() -> None:
    for text, tag in (
        ("BLE:AA:BB:CC:01:02:03", "ble:aabbcc010203"),
        ("code:4006381333931", "code:4006381333931"),
        ("urn:epc:id:sgtin:0614141.112345.400", "urn:epc:id:sgtin:0614141.112345.400"),
        ("urn:epc:tag:sgtin-96:3.0614141.812345.6789", "3074257bf7194e4000001a85"),
    ):
        assert tell("tagwarden", {"tag": text}).reads[0].tag == tag


def test_unknown_members_are_ignored_and_counted() -> None:
    said = tell("tagwarden", {"tag": EPC, "rssi": -60, "note": {}})
    assert (said.accepted, said.bad) == (1, {"unknown_member": 1})


@pytest.mark.parametrize(
    ("member", "value", "reason"),
    [
        ("rssi_dbm", -121, "rssi"),
        ("rssi_dbm", 21, "rssi"),
        ("rssi_dbm", "-60", "rssi"),
        ("rssi_dbm", True, "rssi"),
        ("rssi_dbm", 10**400, "rssi"),
        ("phase_rad", 6.3, "phase"),
        ("phase_rad", "1", "phase"),
        ("doppler_hz", [], "doppler"),
        ("channel", 1.5, "channel"),
        ("channel", -1, "channel"),
        ("time", 1_769_846_400, "time"),
        ("time", "2026-01-31T08:00:00", "time"),
        ("time", "2026-01-31T08:00:60Z", "time"),
        ("time_ns", 1_769_846_400, "time"),
        ("time_ns", "2026-01-31T08:00:00Z", "time"),
        ("time_ns", "1769846399000000000", "time"),
    ],
)
def test_an_odd_value_costs_itself_and_not_the_read(
    member: str,
    value: object,
    reason: str,
) -> None:
    said = tell("tagwarden", {"tag": EPC, member: value}, topic="")
    assert said.reads == [Read(EPC, "link", 1, NOW_NS, NOW_NS)]
    assert said.bad == {reason: 1}


def test_members_that_are_null_are_missing() -> None:
    said = tell("tagwarden", {"tag": EPC, "antenna": None, "rssi_dbm": None, "channel": None})
    assert (said.reads[0].antenna, said.bad) == (1, {})
    said = tell("tagwarden", {"tag": EPC, "time_ns": None, "time": "2026-01-31T07:59:59Z"})
    assert (said.reads[0].time_ns, said.bad) == (NOW_NS - SECOND_NS, {})
    assert tell("tagwarden", {"tag": EPC, "time": None}).bad == {}


def test_of_two_times_the_finer_one_counts() -> None:
    message = {"tag": EPC, "time_ns": NOW_NS - 1, "time": "2026-01-31T08:00:00Z"}
    said = tell("tagwarden", message)
    assert (said.reads[0].time_ns, said.bad) == (NOW_NS - 1, {})


@given(st.integers(-(2**70), 2**70))
def test_a_plausible_time_is_kept_and_any_other_is_the_arrival(time_ns: int) -> None:
    said = tell("tagwarden", {"tag": EPC, "time_ns": time_ns})
    plausible = NOW_NS - BEHIND_NS_MAX <= time_ns <= NOW_NS + AHEAD_NS_MAX
    assert said.reads[0].time_ns == (time_ns if plausible else NOW_NS)
    assert said.bad == ({} if plausible else {"time": 1})


def test_the_borders_of_plausible_times_are_kept() -> None:
    for time_ns in (NOW_NS - BEHIND_NS_MAX, NOW_NS + AHEAD_NS_MAX):
        assert tell("tagwarden", {"tag": EPC, "time_ns": time_ns}).bad == {}
    for time_ns in (NOW_NS - BEHIND_NS_MAX - 1, NOW_NS + AHEAD_NS_MAX + 1):
        assert tell("tagwarden", {"tag": EPC, "time_ns": time_ns}).bad == {"time": 1}


@pytest.mark.parametrize(
    ("text", "before_s"),
    [
        ("2026-01-31T08:00:00Z", 0),
        ("2026-01-31t08:00:00z", 0),
        ("2026-01-31 09:00:00+01:00", 0),
        ("2026-01-31T07:00:00-0100", 0),
        ("2026-01-31T07:59:59.000Z", 1),
        ("2026-01-31T07:59:59,0Z", 1),
        ("2026-01-31T07:59:59.0000000009Z", 1),
    ],
)
def test_times_are_read_with_and_without_the_colon(text: str, before_s: int) -> None:
    assert time_of_text(text) == NOW_NS - before_s * SECOND_NS


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31T08:00:00",
        "2026-01-31T08:00:00.Z",
        "2026-01-31T08:00:00.1.2Z",
        "2026-01-31T08:00:001Z",
        "2026-01-31T08:00:00+00",
        "2026-02-30T08:00:00Z",
        "2026-01-31T08:00Z",
        "",
        "Z" * 41,
        None,
        5,
    ],
)
def test_what_is_no_time_is_none(text: object) -> None:
    assert time_of_text(text) is None


@given(st.integers(1, 2**40), st.sampled_from(("s", "ms", "us", "ns")))
def test_a_number_is_a_time_in_its_unit(number: int, unit: str) -> None:
    scale = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}[unit]
    assert time_of_number(number, unit) == time_of_digits(str(number), unit) == number * scale
    assert time_of_number(str(number), unit) is None
    assert time_of_number(0, unit) is None


def test_a_fraction_of_a_second_is_kept_to_the_microsecond() -> None:
    found = time_of_number(1_769_846_400.123456, "s")
    assert found is not None
    assert abs(found - NOW_NS - 123_456_000) < 1000


KEONN = JsonMapping(
    each="/tag_reads",
    tag="/epc",
    antenna="/antennaPort",
    rssi_dbm="/peakRssi",
    time="/firstSeenTimestamp",
    time_unit="us",
)


def test_a_list_within_a_message_is_mapped_item_by_item() -> None:
    message = {
        "readerName": "smart-1",
        "antennaPort": 3,
        "tag_reads": [
            {"epc": EPC, "antennaPort": 2, "peakRssi": -60.25},
            {"epc": EPC, "firstSeenTimestamp": NOW_NS // 1000 - 5},
            {"peakRssi": -60},
            7,
        ],
    }
    said = tell("generic", message, options=Options(device="/readerName", mapping=KEONN))
    assert said.reads == [
        Read(EPC, "link:smart-1", 2, NOW_NS, NOW_NS, -60.25),
        Read(EPC, "link:smart-1", 3, NOW_NS - 5000, NOW_NS),
    ]
    assert (said.accepted, said.refused, said.bad) == (2, 2, {"tag": 2})


def test_a_repeated_key_costs_one_item_of_the_list() -> None:
    body = b'{"tag_reads":[{"epc":"30","epc":"31"},{"epc":"32"}]}'
    said = tell("generic", body, options=Options(mapping=KEONN))
    assert ([read.tag for read in said.reads], said.bad) == (["32"], {"duplicate_keys": 1})


def test_a_list_that_is_not_there_is_refused() -> None:
    messages: list[object] = [{}, {"tag_reads": {}}, 5]
    for message in messages:
        assert tell("generic", message, options=Options(mapping=KEONN)).bad == {"shape": 1}


def test_an_array_at_the_top_is_a_list_of_items() -> None:
    mapping = JsonMapping(each="", tag="/EPC", tag_prefix="")
    said = tell("generic", [{"EPC": EPC}, {"EPC": "00"}], options=Options(mapping=mapping))
    assert [read.tag for read in said.reads] == [EPC, "00"]
    bare = JsonMapping(each="/epcs", tag="")
    said = tell("generic", {"epcs": [EPC, "00"]}, options=Options(mapping=bare))
    assert [read.tag for read in said.reads] == [EPC, "00"]


def test_the_topic_names_the_device_of_a_generic_message() -> None:
    options = Options(device=2, mapping=JsonMapping(tag="/t"))
    assert tell("generic", {"t": EPC}, options=options).devices == ["thing"]


def test_numbers_may_be_texts_and_identities_numbers() -> None:
    mapping = JsonMapping(tag="/id", tag_prefix="gps:", antenna="/a", rssi_dbm="/r", time="/t")
    message = {"id": 4711, "a": "2", "r": "-60", "t": "1769846399"}
    said = tell("generic", message, options=Options(mapping=mapping))
    assert said.reads == [Read("gps:4711", "link", 2, NOW_NS - SECOND_NS, NOW_NS, -60.0)]


def test_a_mapped_place_makes_a_fix() -> None:
    mapping = JsonMapping(tag="/id", tag_prefix="gps:", lat="/p/0", lon="/p/1", accuracy_m="/acc")
    message = {"id": "a", "p": [52.5, "13.4"], "acc": 3}
    said = tell("generic", message, options=Options(mapping=mapping))
    place = Fix("gps:a", "link", NOW_NS, NOW_NS, lat=52.5, lon=13.4, accuracy_m=3.0)
    assert said.fixes == [place]
    said = tell("generic", {"id": "a"}, options=Options(mapping=mapping))
    assert (said.fixes, said.reads, said.bad) == ([], [], {"position": 1})


def test_a_place_may_be_metres_on_the_plan() -> None:
    mapping = JsonMapping(tag="/id", x_m="/x", y_m="/y")
    said = tell("generic", {"id": EPC, "x": 4, "y": -2.5}, options=Options(mapping=mapping))
    assert said.fixes == [Fix(EPC, "link", NOW_NS, NOW_NS, x_m=4.0, y_m=-2.5)]
    said = tell("generic", {"id": EPC, "x": 4, "y": 1e9}, options=Options(mapping=mapping))
    assert said.bad == {"position": 1}


def test_a_place_may_say_its_height_and_its_floor() -> None:
    options = Options(mapping=JsonMapping(tag="/id", x_m="/x", y_m="/y", z_m="/z", floor="/f"))
    place = {"id": EPC, "x": 4, "y": 2}
    said = tell("generic", {**place, "z": "0", "f": "first"}, options=options)
    assert said.fixes == [Fix(EPC, "link", NOW_NS, NOW_NS, 4.0, 2.0, z_m=0.0, floor="first")]
    said = tell("generic", {**place, "z": "high", "f": 1}, options=options)
    assert said.fixes == [Fix(EPC, "link", NOW_NS, NOW_NS, x_m=4.0, y_m=2.0)]
    assert said.bad == {"height": 1, "floor": 1}


def test_measurements_are_those_of_the_device_or_else_of_the_tag() -> None:
    measured = {"temperature": Mapped("/t", "K"), "door": Mapped("/open")}
    mapping = JsonMapping(tag="/id", tag_prefix="ble:", measurements=measured)
    message = {"id": "a", "t": "290.5", "open": True}
    said = tell("generic", message, options=Options(mapping=mapping))
    assert said.measurements == [
        Measurement("link:ble:a", "temperature", 290.5, "K", NOW_NS, NOW_NS),
        Measurement("link:ble:a", "door", 1.0, "", NOW_NS, NOW_NS),
    ]
    said = tell("generic", {"t": 1}, options=Options(device=1, mapping=mapping))
    assert [one.sensor for one in said.measurements] == ["link:any"]
    assert (said.reads, said.bad) == ([], {})


def test_a_mapping_that_cannot_work_is_refused() -> None:
    for mapping in (
        None,
        JsonMapping(tag="id"),
        JsonMapping(tag="/a~2"),
        JsonMapping(time_unit="h"),
    ):
        with pytest.raises(ValueError, match=r"pointer|time_unit|where everything stands"):
            decoder("generic", Options(mapping=mapping))
    with pytest.raises(ValueError, match="pointer"):
        decoder("tagwarden", Options(device="reader"))


DOCUMENT = {"foo": ["bar", "baz"], "": 0, "a/b": 1, "m~n": 8, "d": {"e": {"01": 2}}}


@pytest.mark.parametrize(
    ("pointer", "found"),
    [
        ("", DOCUMENT),
        ("/foo", ["bar", "baz"]),
        ("/foo/1", "baz"),
        ("/", 0),
        ("/a~1b", 1),
        ("/m~0n", 8),
        ("/d/e/01", 2),
        ("/foo/2", None),
        ("/foo/-", None),
        ("/foo/01", None),
        ("/foo/-1", None),
        ("/foo/\u00b2", None),
        ("/foo/99999999999999999999", None),
        ("/foo/0/x", None),
        ("/nowhere", None),
    ],
)
def test_a_pointer_finds_what_its_standard_says(pointer: str, found: object) -> None:
    assert find(DOCUMENT, parse_pointer(pointer)) == found
