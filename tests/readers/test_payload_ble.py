"""Bluetooth tags: ESPresense, room-assistant, OpenMQTTGateway."""

from typing import Any

import pytest

from readers.wire.payloads.said import Options
from tags.reads import Measurement, Read
from tests.readers.payload_telling import NOW_NS, tell

UUID = "fda50693-a4e2-4fb1-afcf-c6eb07647825"


def espresense_tag(identity: str) -> str:
    said = tell("espresense", {"id": identity, "distance": 1.2, "rssi": -60})
    assert not said.rejected
    return said.reads[0].tag


def gateway_said(**message: Any) -> Any:  # noqa: ANN401 -- members of a message
    return tell("openmqttgateway", {"rssi": -71} | message)


def test_a_tag_in_a_room_is_a_read_by_that_room() -> None:
    message = {
        "id": "tile:e3a1b2c3d4e5",
        "name": "keys",
        "idType": 135,
        "rssi@1m": -65,
        "rssi": -77.31,
        "raw": 4.9,
        "distance": 4.85,
        "var": 0.2,
        "int": 1012,
        "close": False,
    }
    said = tell("espresense", message)
    assert said.reads == [
        Read("ble:tile:e3a1b2c3d4e5", "link:kitchen", 1, NOW_NS, NOW_NS, -77.31),
    ]
    assert (said.devices, said.bad, said.measurements) == (["kitchen"], {}, [])


def test_a_room_without_levels_in_its_message_still_hears() -> None:
    said = tell("espresense", {"id": "aa", "distance": "2.5"}, topic="room_presence/office")
    assert said.reads == [Read("ble:aa", "link:office", 1, NOW_NS, NOW_NS)]


def test_an_address_is_the_same_in_any_spelling() -> None:
    spellings = ("AA:BB:CC:00:11:22", "aabbcc001122", "aa-bb-cc-00-11-22", "AA_bb_CC_00_11_22")
    assert {espresense_tag(spelling) for spelling in spellings} == {"ble:aabbcc001122"}


def test_an_ibeacon_is_its_uuid_major_and_minor() -> None:
    tag = f"ble:{UUID}-1-23"
    assert espresense_tag(f"iBeacon:{UUID}-1-23") == tag
    assert espresense_tag(f"{UUID.upper()}-1-23") == tag
    assert espresense_tag(f"{UUID.replace('-', '')}-01-023") == tag
    assert espresense_tag(f"iBeacon:{UUID}-12-3") == f"ble:{UUID}-12-3"
    assert espresense_tag(f"iBeacon:{UUID}-0-0") == f"ble:{UUID}-0-0"


def test_an_address_that_espresense_calls_random_is_no_identity() -> None:
    said = tell("espresense", {"id": "4a1122334455", "idType": 1, "rssi": -50})
    assert (said.bad, said.reads) == ({"random_address": 1}, [])


def test_the_topic_names_a_tag_that_the_message_does_not() -> None:
    said = tell("espresense", {"rssi": -50}, topic="espresense/devices/irk:00ff/hall")
    assert said.reads[0].tag == "ble:irk:00ff"
    assert tell("espresense", {"rssi": -50}, topic="room_presence/hall").bad == {"tag": 1}


def test_what_was_not_heard_is_no_read() -> None:
    assert tell("espresense", {"id": "aa"}).bad == {"shape": 1}
    assert tell("openmqttgateway", {"id": "aa"}).bad == {"shape": 1}


@pytest.mark.parametrize("identity", ["", 7, "a" * 300, ["aa"], None])
def test_an_id_that_names_nothing_is_refused(identity: object) -> None:
    message = {"id": identity, "rssi": -60}
    assert tell("espresense", message, topic="room_presence/hall").bad == {"tag": 1}


def test_a_room_whose_last_will_is_published_is_lost() -> None:
    said = tell("espresense", b"offline", topic="espresense/rooms/hall/status")
    assert (list(said.lost), said.devices, said.accepted) == (["hall"], [], 1)
    said = tell("espresense", b"online", topic="espresense/rooms/hall/status")
    assert (said.lost, said.devices) == ({}, ["hall"])


def test_a_room_that_reports_how_it_is_has_spoken() -> None:
    topic, message = "espresense/rooms/hall/telemetry", {"ip": "10.0.0.9"}
    for options in (Options(), Options(device=4)):
        said = tell("espresense", message, topic=topic, options=options)
        assert (said.devices, said.bad, said.accepted) == (["hall"], {"other_event": 1}, 1)


def test_settings_of_espresense_are_passed_over() -> None:
    said = tell("espresense", {"name": "keys"}, topic="espresense/settings/itag:e3/config")
    assert (said.devices, said.bad, said.accepted) == ([], {"other_event": 1}, 1)


def test_what_a_tag_measures_is_its_own_measurement() -> None:
    message = {"id": "mi", "rssi": -60, "temp": 21.5, "rh": 40, "batt": 88, "mV": 2950}
    said = tell("espresense", message)
    assert said.measurements == [
        Measurement("link:ble:mi", quantity, value, unit, NOW_NS, NOW_NS)
        for quantity, value, unit in (
            ("temperature", 21.5, "°C"),
            ("humidity", 40.0, "%"),
            ("battery", 88.0, "%"),
            ("voltage", 2950.0, "mV"),
        )
    ]


def test_a_sensor_behind_a_gateway_is_read_and_measured() -> None:
    said = gateway_said(
        id="A4:C1:38:00:01:02",
        mac_type=0,
        name="LYWSD03MMC",
        tempc=21.3,
        tempf=70.34,
        hum="40.1",
        batt=91,
        volt=2.98,
    )
    assert said.reads == [Read("ble:a4c138000102", "link:OMG-1", 1, NOW_NS, NOW_NS, -71.0)]
    found = {(one.quantity, one.value, one.unit) for one in said.measurements}
    assert found == {
        ("temperature", 21.3, "°C"),
        ("humidity", 40.1, "%"),
        ("battery", 91.0, "%"),
        ("voltage", 2.98, "V"),
    }
    assert {one.sensor for one in said.measurements} == {"link:ble:a4c138000102"}


def test_an_ibeacon_under_a_random_address_is_its_uuid_major_and_minor() -> None:
    said = gateway_said(id="5A:11:22:33:44:55", mac_type=1, uuid=UUID, major=0, minor="23")
    assert [read.tag for read in said.reads] == [f"ble:{UUID}-0-23"]


def test_a_gateway_that_sends_the_uuid_as_id_names_the_same_beacon() -> None:
    bare = UUID.replace("-", "")
    said = gateway_said(id=bare, mac="5A:11:22:33:44:55", mac_type=1, major="1", minor=23)
    assert [read.tag for read in said.reads] == [f"ble:{UUID}-1-23"]


def test_half_an_ibeacon_is_refused() -> None:
    for half in ({"major": 1}, {"minor": 1}, {"major": 1, "minor": 70_000}, {}):
        assert gateway_said(uuid=UUID, **half).bad == {"tag": 1}


@pytest.mark.parametrize("address", ["4A:11:22:33:44:55", "C4:11:22:33:44:55"])
@pytest.mark.parametrize("mac_type", [1, "1", 1.0])
def test_a_random_address_is_no_identity(address: str, mac_type: object) -> None:
    said = gateway_said(id=address, mac_type=mac_type)
    assert (said.bad, said.reads) == ({"random_address": 1}, [])


def test_the_topic_of_a_gateway_names_the_tag_that_has_no_id() -> None:
    assert [read.tag for read in gateway_said().reads] == ["ble:a4c138000102"]
    assert gateway_said(id=None, mac="AA:01").reads[0].tag == "ble:AA:01"


def test_numbers_of_a_gateway_may_be_texts() -> None:
    said = gateway_said(id="aa", rssi="-71", batt="50")
    assert (said.reads[0].rssi_dbm, said.measurements[0].value) == (-71.0, 50.0)


def test_the_presence_topic_names_the_gateway_last() -> None:
    said = tell("openmqttgateway", {"id": "aa", "distance": 1}, topic="home/home_presence/OMG-2")
    assert said.devices == ["OMG-2"]


def test_a_gateway_whose_last_will_is_published_is_lost() -> None:
    assert list(tell("openmqttgateway", b"offline", topic="home/OMG-1/LWT").lost) == ["OMG-1"]
    assert tell("openmqttgateway", b"online", topic="home/OMG-1/LWT").devices == ["OMG-1"]
    said = tell("openmqttgateway", b'{"uptime":1}', topic="home/OMG-1/SYStoMQTT")
    assert (said.bad, said.devices) == ({"other_event": 1}, ["OMG-1"])
