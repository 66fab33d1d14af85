import json
import time
from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from readers.wire.payloads.formats import FORMATS, decoder
from readers.wire.payloads.items import ITEMS_MAX
from readers.wire.payloads.said import DEVICES_MAX, REJECTED_MAX, Options, Payload, Said
from readers.wire.payloads.strict_json import RefusalError, Unreadable, members, read_items
from tests.readers.payload_telling import EPC, NOW_NS, TOPICS, options_of, tell

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**80), 2**80)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
WORDS = (
    "tag time time_ns antenna rssi_dbm data timestamp type idHex peakRssi hostName format tagData "
    "barcodeData EPCid decodedBarcode tagInventoryEvent antennaConnectedEvent overflowEvent epc "
    "epcHex tid tidHex antennaPort peakRssiCdbm eventType id idType rssi uuid major minor mac_type "
    "distance tempc batt _type lat lon acc tst topic position device uniqueId latitude longitude "
    "valid fixTime accuracy event attributes deviceInfo devEui object location end_device_ids "
    "dev_eui device_id uplink_message decoded_payload locations location_solved contact battery "
    "last_seen Time TempUnit AM2301 PN532 UID Temperature Switch1 tags celsius"
)
TEXTS = st.sampled_from(
    (
        EPC,
        "MDQle_cZTkAAABqF",
        "location",
        "transition",
        "lwt",
        "2026-01-31T08:00:00Z",
        "2026-01-31T08:00:00.1+0000",
        "24E124445D193465",
        "offline",
        "C",
    ),
)
LIKELY = st.recursive(
    TEXTS | st.integers(-3, 90) | st.floats(-200, 200) | st.booleans() | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(WORDS.split()), inner, max_size=6)
    ),
    max_leaves=25,
)
"""Messages that are made of the words that the formats know."""
NAMES = tuple(TOPICS)
TAG = json.dumps({"tag": EPC}).encode()


def items(body: bytes) -> list[object]:
    return list(read_items(body))


def reasons(body: bytes) -> list[str]:
    return [item.reason for item in items(body) if isinstance(item, Unreadable)]


def check_consistent(said: Said) -> None:
    assert len(said.rejected) == min(said.refused, REJECTED_MAX)
    assert all(reason and times > 0 for reason, times in said.bad.items())
    assert sum(said.bad.values()) >= said.refused
    assert not set(said.lost) & set(said.devices)
    sources = {read.reader for read in said.reads} | {fix.source for fix in said.fixes}
    sources |= {measurement.sensor for measurement in said.measurements}
    assert all(source == "link" or source.startswith("link:") for source in sources)
    assert all(read.antenna >= 1 and read.arrival_ns == NOW_NS for read in said.reads)


def test_every_format_has_its_own_topic_here() -> None:
    aliases = {"room_assistant", "mqtt_room", "tts", "dataevt"}
    assert set(FORMATS) == set(NAMES) | aliases


def test_an_unknown_format_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'csv' is no format"):
        decoder("csv", Options())


@pytest.mark.parametrize(("alias", "name"), [("tts", "ttn"), ("mqtt_room", "espresense")])
def test_an_alias_decodes_like_its_format(alias: str, name: str) -> None:
    body = b'{"id": "known:tag", "rssi": -60, "end_device_ids": {"device_id": "d"}}'
    payload = Payload(body, "link", NOW_NS, TOPICS[name])
    assert decoder(alias, Options())(payload) == decoder(name, Options())(payload)


def test_one_object_an_array_and_lines_are_items() -> None:
    assert items(b'{"a": 1}') == [{"a": 1}]
    assert items(b'[{"a": 1}, {"a": 2}]') == [{"a": 1}, {"a": 2}]
    assert items(b'{"a": 1}\n{"a": 2}\n') == [{"a": 1}, {"a": 2}]


def test_carriage_returns_and_line_feeds_delimit_and_blank_lines_are_skipped() -> None:
    assert items(b'\r\n{"a": 1}\r{"a": 2}\n\r\n  \t\n[{"a": 3}]\r\r') == [
        {"a": 1},
        {"a": 2},
        {"a": 3},
    ]


@given(st.lists(JSON.filter(lambda value: not isinstance(value, list)), max_size=6), st.data())
def test_lines_give_the_same_items_wherever_they_are_split(
    values: list[object],
    data: st.DataObject,
) -> None:
    ends = [data.draw(st.sampled_from(("\n", "\r", "\r\n", "\n\n", "\n \r"))) for _ in values]
    lines = [json.dumps(value) + end for value, end in zip(values, ends, strict=True)]
    assert items("".join(lines).encode()) == [json.loads(json.dumps(value)) for value in values]


def test_a_bad_line_costs_that_line_only() -> None:
    said = tell("tagwarden", TAG + b"\n{oops\n" + TAG)
    assert (said.accepted, said.refused, said.bad) == (2, 1, {"json": 1})
    assert said.rejected[0].index == 1


def test_an_empty_message_says_nothing() -> None:
    for name in NAMES:
        assert tell(name, b"") == Said()
        assert tell(name, b" \r\n ") == Said()


def test_a_byte_order_mark_is_skipped() -> None:
    assert items(b'\xef\xbb\xbf{"a": 1}') == [{"a": 1}]
    assert items(b'\xef\xbb\xbf{"a": 1}\n{"a": 2}') == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize(
    "text",
    [
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b"1e999",
        b"-1e999",
        b"1" + b"0" * 400 + b".0",
        b'"\xff"',
        b'"\xc0\xba"',
        b'"\xed\xa0\x80"',
        b'"\\ud800"',
        b"'a'",
        b"01",
        b"\xff\xfe{\x00}\x00",
    ],
)
def test_what_is_no_strict_json_is_refused(text: bytes) -> None:
    assert reasons(text) == ["json"]
    assert reasons(b'{"a": ' + text + b"}") == ["json"]
    assert reasons(b'{"\\u0061": ' + text + b"}") == ["json"]


def test_a_repeated_key_refuses_its_array_element_and_nothing_more() -> None:
    found = items(b'[{"a": 1, "a": 2}, {"a": 3}, {"b": {"c": [], "c": 1}}]')
    assert [isinstance(item, Unreadable) for item in found] == [True, False, True]
    assert found[1] == {"a": 3}


@pytest.mark.parametrize("bad", [b"1e999", b'"\xff"', b'{"b": -1e999}'])
def test_an_element_that_cannot_be_read_costs_itself_and_nothing_more(bad: bytes) -> None:
    array = b'[{"a": 1}, {"a": ' + bad + b'}, {"a": 1, "a": 2}, {"a": 3}]'
    for body in (array, b"{}\r\n" + array + b"\n"):
        *_, first, second, third, last = items(body)
        assert (first, last) == ({"a": 1}, {"a": 3})
        assert isinstance(second, Unreadable)
        assert isinstance(third, Unreadable)
        assert (second.reason, third.reason) == ("json", "duplicate_keys")


def test_a_repeated_key_is_found_in_disguise() -> None:
    assert reasons(b'{"a": 1, "\\u0061": 2}') == ["duplicate_keys"]
    assert reasons(b'{"a":":","a"\t:":"}') == ["duplicate_keys"]
    assert reasons(b'{"a": 99999999999999999999999, "a": 2}') == ["duplicate_keys"]
    assert reasons(b'{"": 1, "": 2}') == ["duplicate_keys"]


def test_escapes_and_colons_in_texts_do_no_harm() -> None:
    assert items(rb'{"a:b": ":::", "c\"": "\u003a", "d": 1e2, "e": 18446744073709551616}') == [
        {"a:b": ":::", 'c"': ":", "d": 100.0, "e": 2**64},
    ]


@given(JSON)
def test_what_json_writes_is_read_back(value: object) -> None:
    body = json.dumps(value).encode()
    expected = json.loads(body)
    try:
        _ = body.decode("ascii"), json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return
    assert items(body) == (expected if isinstance(expected, list) else [expected])
    raw = json.dumps(value, ensure_ascii=False).encode()
    assert items(raw) == items(body)


def written(value: object, *, twice: bool) -> str:
    """JSON of an object whose first key stands twice, or not."""
    pairs = list(value.items()) if isinstance(value, dict) else []
    pairs += pairs[:1] if twice else []
    texts = [f"{json.dumps(key)}:{json.dumps(child)}" for key, child in pairs]
    return "{" + ",".join(texts) + "}"


@given(st.dictionaries(st.text(max_size=5), JSON, min_size=1, max_size=5))
def test_a_repeated_key_is_always_found(value: dict[str, object]) -> None:
    assert reasons(written(value, twice=True).encode()) == ["duplicate_keys"]
    assert reasons(written(value, twice=False).encode()) == []


def test_what_is_no_object_is_refused_with_its_kind() -> None:
    for value, kind in (([], "a list"), ("x", "a text"), (1, "a number"), (None, "null")):
        with pytest.raises(RefusalError, match=kind):
            members(value)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=50)
@given(body=st.binary(max_size=200))
@example(body=b"\xff")
@example(body=b"null")
@example(body=b'{"a": 1, "a": 1}')
@example(body=b"[[[]]]")
def test_no_bytes_raise(name: str, body: bytes) -> None:
    check_consistent(tell(name, body))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=50)
@given(value=LIKELY | JSON, topic=st.sampled_from((*TOPICS.values(), "", "/", "a//", "x/bridge")))
def test_no_json_raises_and_every_item_is_taken_or_refused(
    name: str,
    value: object,
    topic: str,
) -> None:
    said = tell(name, value, topic=topic)
    check_consistent(said)
    if name in ("tagwarden", "impinj", "owntracks"):
        count = len(value) if isinstance(value, list) else 1
        assert said.accepted + said.refused == count


@given(st.text(max_size=30), st.sampled_from(NAMES))
def test_no_topic_raises(topic: str, name: str) -> None:
    for body in (b"{}", b"offline", b'{"rssi": -60, "id": "tag"}'):
        check_consistent(tell(name, body, topic=topic))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=50)
@given(query=st.dictionaries(st.sampled_from(("id", "lat", "lon", "event", "u", "d")), st.text()))
def test_no_query_raises(name: str, query: dict[str, str]) -> None:
    check_consistent(tell(name, b"", topic="", query=query))


HOSTILE: Sequence[tuple[str, bytes]] = (
    ("deep lists", b"[" * 100_000),
    ("deep objects", b'{"a":' * 100_000),
    ("deep and closed", b"[" * 100_000 + b"]" * 100_000),
    ("deep within", b'{"data":' + b"[" * 900 + b"]" * 900 + b"}"),
    (
        "a huge number",
        b'{"tst":1' + b"0" * 4000 + b',"_type":"location","lat":1' + b"0" * 4000 + b"}",
    ),
    ("a huger number", b'{"antenna":' + b"9" * 1_000_000 + b"}"),
    ("a long text", b'{"tag":"' + b"a" * 10_000_000 + b'"}'),
    ("many items", b"[" + b"{}," * 20_000 + b"{}]"),
    ("many lines", b"x\n" * 20_000),
    ("many members", b"{" + b",".join(b'"%d":%d' % (n, n) for n in range(50_000)) + b"}"),
    ("not a number", b'{"a":NaN}'),
    ("bad UTF-8", b'{"tag":"\xff\xfe"}'),
    ("repeated keys", b'{"a":1,"a":2}'),
)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("body", [pytest.param(body, id=kind) for kind, body in HOSTILE])
def test_hostile_messages_are_refused_quickly(name: str, body: bytes) -> None:
    payload = Payload(body, "link", NOW_NS, TOPICS[name])
    decode = decoder(name, options_of(name))
    start = time.process_time()
    said = decode(payload)
    assert time.process_time() - start < 5
    check_consistent(said)
    assert not said.reads
    assert not said.fixes
    assert len(said.measurements) <= DEVICES_MAX


@pytest.mark.parametrize("body", [b"[" + b"{}," * 3_300_000 + b"{}]", b"x\n" * 5_000_000])
def test_ten_megabytes_of_nothing_take_no_time(body: bytes) -> None:
    start = time.process_time()
    said = tell("tagwarden", body)
    assert time.process_time() - start < 5
    assert (said.accepted, said.refused) == (0, ITEMS_MAX + 1)


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":NaN}', b'{"a":"\xff"}', b"{"])
def test_unreadable_json_is_counted_as_json(body: bytes) -> None:
    for name in NAMES:
        said = tell(name, body)
        assert (said.bad, said.accepted, said.refused) == ({"json": 1}, 0, 1)


def test_repeated_keys_are_counted_by_every_format() -> None:
    for name in NAMES:
        said = tell(name, b'{"a": 1, "a": 2}')
        assert said.bad == {"duplicate_keys": 1}, name


def test_items_beyond_the_limit_are_refused_together() -> None:
    said = tell("tagwarden", b"[" + b",".join([TAG] * (ITEMS_MAX + 5)) + b"]")
    assert (said.accepted, said.refused) == (ITEMS_MAX, 1)
    assert said.bad == {"too_many": 1}


def test_only_the_first_refusals_are_told_in_words() -> None:
    said = tell("tagwarden", [{}] * (REJECTED_MAX + 10))
    assert len(said.rejected) == REJECTED_MAX
    assert said.refused == said.bad["tag"] == REJECTED_MAX + 10


def test_devices_beyond_the_limit_are_counted_and_their_reads_kept() -> None:
    named = [{"tag": EPC, "by": f"d{n}"} for n in range(DEVICES_MAX + 3)]
    said = tell("tagwarden", named, options=Options(device="/by"))
    assert len(said.devices) == DEVICES_MAX
    assert len(said.reads) == DEVICES_MAX + 3
    assert said.bad["devices"] == 3
