import json
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.wire.llrp.capabilities import (
    Capabilities,
    Mode,
    SetUp,
    antennas_max,
    encode_capabilities,
    encode_config,
)
from readers.wire.llrp.framing import frame
from readers.wire.llrp.messages import (
    Event,
    Message,
    RoSpecNews,
    Status,
    decode_event,
    decode_status,
    encode_event,
    encode_status,
)
from readers.wire.llrp.parameters import ReportError, parameters, tlv
from readers.wire.llrp.refusals import Fault
from readers.wire.llrp.requests import antenna_asks, decode_set_config
from readers.wire.llrp.rospec import Content, RoSpec, decode_rospec

EVENTS = st.builds(
    Event,
    utc_us=st.integers(0, 2**64 - 1),
    connection=st.none() | st.integers(0, 4),
    antennas=st.lists(st.tuples(st.integers(0, 2**16 - 1), st.booleans())).map(tuple),
    closing=st.booleans(),
    overflow=st.booleans(),
    exception=st.none() | st.text(max_size=20),
    gpis=st.lists(st.tuples(st.integers(0, 2**16 - 1), st.booleans())).map(tuple),
    uptime_us=st.none() | st.integers(0, 2**64 - 1),
    buffer_percent=st.none() | st.integers(0, 100),
    rospec=st.none() | st.builds(RoSpecNews, st.integers(0, 2), *[st.integers(0, 2**32 - 1)] * 2),
)


def sllurp_decodes(message_type: int, body: bytes) -> dict[str, Any]:
    llrp = pytest.importorskip("sllurp.llrp")
    message = llrp.LLRPMessage(msgbytes=frame(message_type, 1, body))
    decoded: dict[str, Any] = next(iter(message.msgdict.values()))
    return decoded


def sllurp_encodes(name: str, fields: dict[str, Any]) -> bytes:
    llrp = pytest.importorskip("sllurp.llrp")
    return bytes(llrp.LLRPMessage(msgdict={name: fields}).msgbytes)[10:]


@given(EVENTS)
def test_an_event_comes_back_as_it_was(event: Event) -> None:
    assert decode_event(encode_event(event)) == event


@given(st.integers(0, 2**16 - 1), st.text(max_size=40))
def test_a_status_comes_back_as_it_was(code: int, text: str) -> None:
    assert decode_status(encode_status(Status(code, text))) == Status(code, text)


@given(st.binary(max_size=80))
def test_any_bytes_decode_or_are_a_report_error(body: bytes) -> None:
    decoders = (decode_event, decode_status, decode_rospec, antennas_max)
    for decode in (*decoders, decode_set_config, antenna_asks):
        for head in (b"", tlv(246, body), tlv(287, body), tlv(177, bytes(6), body)):
            try:
                decode(head + body)
            except ReportError:
                continue


def test_an_error_says_what_is_wrong_with_which_field() -> None:
    field_error = struct.pack("!HHHH", 288, 8, 2, 301)
    parameter_error = struct.pack("!HHHH", 289, 24, 177, 200)
    parameter_error += struct.pack("!HHHH", 289, 16, 224, 201) + field_error
    body = tlv(287, struct.pack("!HH", 100, 2), b"no", parameter_error)
    status = decode_status(body)
    assert status is not None
    assert status.fault == Fault((177, 224), 2, 301)
    assert str(status) == (
        "parameter error (100): no; RFTransmitter TransmitPower: out of range (301)"
    )


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault((177, 1023), None, 209), "Custom: unsupported parameter (209)"),
        (Fault((), 4, 106), "field 4: overflow field (106)"),
        (Fault((999,), 1, 888), "parameter 999 field 1: status (888)"),
    ],
)
def test_a_fault_is_told_as_far_as_it_is_known(fault: Fault, words: str) -> None:
    assert str(Status(101, "", fault)) == f"field error (101); {words}"


def test_a_status_without_words_still_has_a_name() -> None:
    assert str(Status(401)) == "device error (401)"
    assert str(Status(999)) == "status (999)"


def test_an_exception_of_the_reader_is_read() -> None:
    body = tlv(246, tlv(252, struct.pack("!H", 3), b"hot", b"\x81\x00\x01"))
    assert decode_event(body) == Event(exception="hot")


def test_no_status_is_none() -> None:
    assert decode_status(tlv(700, b"")) is None


def test_sllurp_understands_the_capabilities() -> None:
    capabilities = Capabilities(antennas=8, powers_dbm=(10.0, 31.5), modes=(Mode(2), Mode(7)))
    body = encode_capabilities(capabilities)
    found = sllurp_decodes(Message.GET_READER_CAPABILITIES_RESPONSE, body)
    general = found["GeneralDeviceCapabilities"]
    band = found["RegulatoryCapabilities"]["UHFBandCapabilities"]
    modes = band["UHFC1G2RFModeTable"]["UHFC1G2RFModeTableEntry"]
    powers = [entry["TransmitPowerValue"] for entry in band["TransmitPowerLevelTableEntry"]]
    assert general["MaxNumberOfAntennaSupported"] == antennas_max(body) == 8
    assert general["ReaderFirmwareVersion"] == b"5.14.0.240"
    assert len(general["PerAntennaAirProtocol"]) == 8
    assert powers == [1000, 3150]
    assert [mode["ModeIdentifier"] for mode in modes] == [2, 7]


def test_sllurp_understands_the_configuration() -> None:
    body = encode_config({1: True, 2: False}, SetUp(keepalive_ms=5_000))
    found = sllurp_decodes(Message.GET_READER_CONFIG_RESPONSE, body)
    assert [a["AntennaConnected"] for a in found["AntennaProperties"]] == [True, False]
    assert found["KeepaliveSpec"]["TimeInterval"] == 5_000
    assert found["LLRPStatus"]["StatusCode"] == "Success"


def test_sllurp_understands_events_and_errors() -> None:
    event = encode_event(Event(utc_us=77, connection=0, antennas=((3, True),)))
    found = sllurp_decodes(Message.READER_EVENT_NOTIFICATION, event)["ReaderEventNotificationData"]
    assert found["UTCTimestamp"] == {"Microseconds": 77}
    assert found["ConnectionAttemptEvent"] == {"Status": "Success"}
    assert found["AntennaEvent"] == {"EventType": "Connected", "AntennaID": 3}
    error = encode_status(Status(109, "why"))
    found = sllurp_decodes(Message.ERROR_MESSAGE, error)["LLRPStatus"]
    assert found == {"StatusCode": "UnsupportedMessage", "ErrorDescription": b"why"}


@pytest.mark.parametrize("every", [None, 30])
def test_the_rospec_of_sllurp_is_understood(every: int | None) -> None:
    proto = pytest.importorskip("sllurp.llrp_proto")
    spec = proto.LLRPROSpec(
        None,
        7,
        antennas=(2, 4),
        report_every_n_tags=every,
        tag_content_selector={"EnableChannelIndex": True, "EnableROSpecID": False},
        impinj_tag_content_selector={
            "EnableRFPhaseAngle": True,
            "EnablePeakRSSI": False,
            "EnableRFDopplerFrequency": True,
        },
    )
    body = sllurp_encodes("ADD_ROSPEC", {"ROSpecID": 7, "ROSpec": spec})
    assert decode_rospec(body) == RoSpec(
        7,
        immediate=True,
        antennas=(2, 4),
        content=Content(channel=True, phase=True, doppler=True),
        tags_per_report=every or 0,
    )


def test_the_keepalive_of_sllurp_is_understood() -> None:
    spec = {"KeepaliveTriggerType": 1, "TimeInterval": 5_000}
    config = {"ResetToFactoryDefaults": False, "KeepaliveSpec": spec}
    ask = decode_set_config(sllurp_encodes("SET_READER_CONFIG", config))
    assert ask.keepalive_ms == 5_000
    assert decode_set_config(b"\x00" + tlv(220, b"\x00\x00\x00\x13\x88")).keepalive_ms == 0
    assert decode_set_config(b"\x00").keepalive_ms is None


def test_a_real_readers_answers_are_understood(real_llrp: Path) -> None:
    def body(name: str) -> bytes:
        return (real_llrp / f"{name}-000.bytes").read_bytes()

    published = json.loads((real_llrp / "ReaderEventNotification-000.json").read_text())
    event = published["ReaderEventNotificationData"]
    assert decode_event(body("ReaderEventNotification")) == Event(
        utc_us=event["UTCTimestamp"],
        closing=True,
    )
    assert antennas_max(body("GetReaderCapabilitiesResponse")) == 4
    for name in ("CloseConnectionResponse", "GetROSpecsResponse", "GetReaderConfigResponse"):
        assert decode_status(body(name)) == Status(0)
        assert parameters(body(name))
