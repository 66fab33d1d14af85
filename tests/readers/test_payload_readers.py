"""Fixed and handheld RFID readers: Impinj R700, Zebra IoT Connector, Zebra sleds."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.wire.payloads.said import Options
from tags.epc import encode, parse_uri
from tags.epc.values import Epc
from tags.reads import Read
from tests.readers.payload_telling import EPC, NOW_NS, SECOND_NS, tell

TIME = "2026-01-31T07:59:58.123456789Z"
TIME_NS = NOW_NS - 2 * SECOND_NS + 123_456_789
TID = "e28011606000020a1b2c3d4e"


def url64(hexadecimal: str) -> str:
    return base64.urlsafe_b64encode(bytes.fromhex(hexadecimal)).decode()


def inventory(**event: Any) -> dict[str, Any]:  # noqa: ANN401 -- members of an event
    return {"timestamp": TIME, "eventType": "tagInventory", "tagInventoryEvent": event}


def tag_data(**data: Any) -> dict[str, Any]:  # noqa: ANN401 -- members of the data
    return {"type": "SIMPLE", "timestamp": "2026-01-31T07:59:58.123+0000", "data": data}


def impinj_tag(**event: Any) -> str:  # noqa: ANN401 -- members of an event
    said = tell("impinj", inventory(**event))
    assert not said.rejected
    return said.reads[0].tag


def test_an_inventory_event_with_the_default_members_is_a_read() -> None:
    event = {
        "epc": url64(EPC),
        "tid": url64(TID),
        "antennaPort": 3,
        "transmitPowerCdbm": 3000,
        "peakRssiCdbm": -5450,
        "frequency": 865_700,
    }
    said = tell("impinj", inventory(**event))
    assert said.reads == [Read(EPC, "link", 3, TIME_NS, NOW_NS, -54.5)]
    assert (said.accepted, said.bad, said.devices) == (1, {}, [])


def test_an_event_is_known_by_its_member_alone() -> None:
    said = tell("impinj", {"timestamp": TIME, "tagInventoryEvent": {"epc": url64(EPC)}})
    assert [read.tag for read in said.reads] == [EPC]


def test_an_event_type_that_contradicts_its_member_is_refused() -> None:
    event = inventory(epc=url64(EPC)) | {"eventType": "antennaConnected"}
    assert tell("impinj", event).bad == {"contradiction": 1}
    assert tell("impinj", event | {"overflowEvent": {}}).bad == {"contradiction": 1}


def test_a_hostname_names_the_device() -> None:
    said = tell("impinj", inventory(epc=url64(EPC)) | {"hostname": "impinj-13-fa-2b"})
    assert said.devices == ["impinj-13-fa-2b"]
    assert said.reads[0].reader == "link:impinj-13-fa-2b"


def test_epcs_that_look_like_hex_are_base64_nevertheless() -> None:
    assert impinj_tag(epc="0123456789abcdef") == "d35db7e39ebbf3d69b71d79f"
    assert impinj_tag(epc="deadbeef") == base64.b64decode("deadbeef").hex()


@given(st.binary(min_size=1, max_size=62), st.booleans(), st.booleans())
def test_every_epc_comes_back_from_either_alphabet_padded_or_not(
    epc: bytes,
    url: bool,  # noqa: FBT001 -- drawn
    padded: bool,  # noqa: FBT001 -- drawn
) -> None:
    text = (base64.urlsafe_b64encode if url else base64.b64encode)(epc).decode()
    assert impinj_tag(epc=text if padded else text.rstrip("=")) == epc.hex()


def test_what_is_no_base64_is_refused() -> None:
    for epc in ("a", "ab!d", "ab=d", "é", 7, "A" * 200):
        assert tell("impinj", inventory(epc=epc)).bad == {"tag": 1}


def test_an_epc_of_four_bytes_is_an_epc() -> None:
    assert impinj_tag(epc=url64("0a0b0c0d")) == "0a0b0c0d"


def test_both_spellings_of_an_epc_must_agree() -> None:
    assert impinj_tag(epc=url64(EPC), epcHex=EPC.upper()) == EPC
    said = tell("impinj", inventory(epc=EPC, epcHex=EPC))
    assert (said.bad, said.reads) == ({"contradiction": 1}, [])
    said = tell("impinj", inventory(epc=url64(EPC), tid=url64(TID), tidHex=EPC))
    assert (said.bad, said.reads) == ({"contradiction": 1}, [])


def test_the_hex_spelling_alone_will_do() -> None:
    assert impinj_tag(epcHex="E2001122AABBCCDD") == "e2001122aabbccdd"


def test_a_tid_identifies_where_the_epc_is_switched_off() -> None:
    assert impinj_tag(tid=url64(TID)) == TID
    assert impinj_tag(epc="", tidHex=TID.upper()) == TID


def test_a_damaged_tid_does_not_cost_a_good_epc() -> None:
    said = tell("impinj", inventory(epc=url64(EPC), tid="%%%"))
    assert ([read.tag for read in said.reads], said.bad) == ([EPC], {"tid": 1})
    assert tell("impinj", inventory(tid="%%%")).bad == {"tag": 1}
    said = tell("impinj", inventory(epc=url64(EPC), tid=url64(TID), tidHex=EPC))
    assert (said.reads, said.bad) == ([], {"contradiction": 1})


def test_an_event_without_any_identity_is_refused() -> None:
    assert tell("impinj", inventory(antennaPort=1)).bad == {"tag": 1}


def test_the_time_of_the_last_sight_is_better_than_that_of_the_message() -> None:
    said = tell("impinj", inventory(epc=url64(EPC), lastSeenTime="2026-01-31T07:59:50Z"))
    assert said.reads[0].time_ns == NOW_NS - 10 * SECOND_NS


def test_a_read_without_an_antenna_is_of_antenna_one() -> None:
    assert tell("impinj", inventory(epc=url64(EPC))).reads[0].antenna == 1
    assert tell("zebra", tag_data(idHex=EPC)).reads[0].antenna == 1


@pytest.mark.parametrize("antenna", [0, -1, 1.5, 2.0, "2", True, 65_536, 10**30, [1]])
def test_an_antenna_that_is_none_is_refused_and_the_rest_goes_on(antenna: object) -> None:
    said = tell("impinj", [inventory(epc=url64(EPC), antennaPort=antenna), inventory(epc="AAAA")])
    assert said.bad == {"antenna": 1}
    assert [read.tag for read in said.reads] == ["000000"]
    said = tell("zebra", [tag_data(idHex=EPC, antenna=antenna), tag_data(idHex="00")])
    assert (said.bad, len(said.reads)) == ({"antenna": 1}, 1)


def test_antennas_report_whether_they_are_connected() -> None:
    said = tell(
        "impinj",
        [
            {"hostname": "dock", "antennaDisconnectedEvent": {"antennaPort": 2}},
            {"hostname": "dock", "antennaConnectedEvent": {"antennaPort": 1}},
            {"hostname": "dock", "antennaConnectedEvent": {}},
        ],
    )
    assert said.antennas == {"dock": {2: False, 1: True}}
    assert (said.devices, said.bad) == (["dock"], {"antenna": 1})
    said = tell("impinj", {"antennaConnectedEvent": {"antennaPort": 1}})
    assert said.antennas == {"": {1: True}}


def test_an_overflow_is_counted_as_reads_that_the_reader_lost() -> None:
    events: list[dict[str, Any]] = [
        {"overflowEvent": {}},
        {"eventType": "overflow", "overflowEvent": None},
    ]
    for event in events:
        said = tell("impinj", event)
        assert (said.bad, said.accepted) == ({"reader_buffer_overflow": 1}, 1)


def test_events_about_other_things_are_passed_over() -> None:
    said = tell("impinj", {"eventType": "inventoryStatus", "inventoryStatusEvent": {"a": 1}})
    assert (said.bad, said.accepted) == ({"other_event": 1}, 1)


@pytest.mark.parametrize(("cdbm", "dbm"), [(-5450, -54.5), (0, 0.0), (-12_001, None), ("x", None)])
def test_a_level_out_of_range_becomes_null(cdbm: object, dbm: float | None) -> None:
    said = tell("impinj", inventory(epc=url64(EPC), peakRssiCdbm=cdbm))
    assert said.reads[0].rssi_dbm == dbm
    assert said.bad == ({"rssi": 1} if dbm is None else {})


def test_an_unusable_time_costs_the_time_not_the_read() -> None:
    for time in ("2026-01-31T08:00:00", "1970-01-01T00:00:00Z", "2031-01-01T00:00:00Z", 7, "now"):
        said = tell("impinj", inventory(epc=url64(EPC)) | {"timestamp": time})
        assert said.reads[0].time_ns == NOW_NS
        assert said.bad == {"time": 1}


def test_a_stream_of_events_has_one_a_line() -> None:
    line = b'{"tagInventoryEvent":{"epc":"%s"}}' % url64(EPC).encode()
    said = tell("impinj", line + b"\r\n\r\n" + line + b"\r" + line)
    assert (said.accepted, len(said.reads)) == (3, 3)


def test_a_simple_event_of_the_iot_connector_is_a_read() -> None:
    data = {
        "eventNum": 7,
        "format": "epc",
        "idHex": EPC.upper(),
        "antenna": 2,
        "peakRssi": -54,
        "reads": 387_321,  # no weight: it only ever grows
        "channel": 866.3,
        "phase": 12.5,
        "hostName": "FX9600EE1122",
        "MAC": "84:24:8D:EE:11:22",
    }
    said = tell("zebra", tag_data(**data))
    time_ns = NOW_NS - 2 * SECOND_NS + 123_000_000
    assert said.reads == [Read(EPC, "link:FX9600EE1122", 2, time_ns, NOW_NS, -54.0)]
    assert (said.accepted, said.bad, said.devices) == (1, {}, ["FX9600EE1122"])


def test_an_event_without_metadata_is_a_read_of_the_link() -> None:
    said = tell("zebra", tag_data(eventNum=1, format="uii", idHex=EPC))
    assert (said.reads[0].reader, said.reads[0].antenna) == ("link", 1)


def test_the_topic_names_the_device_where_the_site_file_says_so() -> None:
    said = tell("zebra", tag_data(idHex=EPC, hostName="other"), options=Options(device=2))
    assert said.devices == ["FX-1"]
    said = tell("zebra", tag_data(idHex=EPC, MAC="M"), options=Options(device="/data/MAC"))
    assert said.devices == ["M"]


def test_a_device_that_is_not_where_the_site_file_points_is_counted() -> None:
    said = tell("zebra", tag_data(idHex=EPC), options=Options(device=9))
    assert (said.reads[0].reader, said.bad) == ("link", {"device": 1})


@pytest.mark.parametrize(
    "mode",
    ["SIMPLE", "INVENTORY", "PORTAL", "DIRECTIONALITY", "CONVEYOR", "CUSTOM"],
)
def test_every_operating_mode_gives_reads(mode: str) -> None:
    data = {"idHex": EPC, "direction": "IN", "zones": [{"name": "a", "antennas": [1, 2]}]}
    said = tell("zebra", {"type": mode, "timestamp": "2026-01-31T02:00:00-0600", "data": data})
    assert (said.reads[0].tag, said.reads[0].time_ns) == (EPC, NOW_NS)
    said = tell("zebra", {"type": mode, "data": [data, data]})
    assert (len(said.reads), said.accepted) == (2, 2)


def test_the_whole_memory_bank_is_not_the_identity() -> None:
    said = tell("zebra", tag_data(idHex=EPC, EPC="3ab13000" + EPC, TID=TID))
    assert said.reads[0].tag == EPC
    assert tell("zebra", tag_data(TID=TID.upper())).reads[0].tag == TID
    assert tell("zebra", tag_data(idHex="", TID=TID)).reads[0].tag == TID


def test_an_identity_that_is_no_hex_is_refused() -> None:
    for identity in ("ble:x", "urn:epc:id:sgtin:0614141.112345.400", "30f", "", "zz", 30, None):
        assert tell("zebra", tag_data(idHex=identity)).bad == {"tag": 1}


def test_management_events_are_passed_over() -> None:
    said = tell("zebra", {"type": "heartbeat", "timestamp": "2026-01-31T08:00:00.000+0000"})
    assert (said.bad, said.accepted, said.refused) == ({"other_event": 1}, 1, 0)
    said = tell("zebra", {"type": "gpi", "data": {"pin": 1, "state": "HIGH"}})
    assert (said.bad, said.accepted, said.refused) == ({"other_event": 1}, 1, 0)


def test_a_device_that_reports_only_how_it_is_has_spoken() -> None:
    heartbeat = {"type": "heartbeat", "data": {"hostName": "other"}}
    assert tell("zebra", heartbeat, options=Options(device=2)).devices == ["FX-1"]
    assert tell("zebra", heartbeat).devices == ["other"]
    for body in (b'{"type":"heartbeat"}', b'{"data":{}}', b'{"data":{"tagData":null}}'):
        said = tell("zebra_data_event", body)
        assert (said.devices, said.bad, said.accepted) == (["RFD40-77"], {"other_event": 1}, 1)


def test_a_sled_reports_tags_and_barcodes() -> None:
    message = {
        "type": "CYCLE_COUNT",
        "timestamp": "2026-01-31T07:59:58Z",
        "data": {
            "tagData": [
                {"eventNum": 1, "EPCid": EPC, "seenCount": 4, "lastSeenTime": 1_769_846_399_000},
                {"eventNum": 2},
            ],
            "barcodeData": [{"decodedBarcode": "PALLET-7", "symbology": "CODE_39"}],
        },
    }
    said = tell("zebra_data_event", message)
    reader = "link:RFD40-77"
    assert said.reads == [
        Read(EPC, reader, 1, NOW_NS - SECOND_NS, NOW_NS, count=4),
        Read("code:PALLET-7", reader, 1, NOW_NS - 2 * SECOND_NS, NOW_NS),
    ]
    assert (said.accepted, said.refused, said.bad) == (2, 1, {"tag": 1})


def test_the_identity_of_a_sled_is_not_that_of_a_fixed_reader() -> None:
    assert tell("zebra_data_event", {"data": {"tagData": [{"idHex": EPC}]}}).bad == {"tag": 1}
    assert tell("zebra", tag_data(EPCid=EPC)).bad == {"tag": 1}


def test_a_sled_is_the_last_level_of_either_topic() -> None:
    message = {"data": {"tagData": [{"EPCid": EPC, "HOSTNAME": "sled-1"}]}}
    assert tell("zebra_data_event", message, topic="acme/DATA1/event/77").devices == ["77"]
    assert tell("zebra_data_event", message, topic="").devices == ["sled-1"]


def test_a_repeated_key_costs_one_tag_of_a_sled() -> None:
    body = b'{"data":{"tagData":[{"EPCid":"30","EPCid":"31"},{"EPCid":"32"}]}}'
    said = tell("zebra_data_event", body)
    assert ([read.tag for read in said.reads], said.bad) == (["32"], {"duplicate_keys": 1})


def test_readers_report_the_same_epc_that_the_register_computes() -> None:
    identity = parse_uri("urn:epc:tag:sgtin-96:1.0614141.812345.6789")
    assert isinstance(identity, Epc)
    epc = encode(identity)
    assert impinj_tag(epc=url64(epc)) == epc
    assert tell("zebra", tag_data(idHex=epc.upper())).reads[0].tag == epc
