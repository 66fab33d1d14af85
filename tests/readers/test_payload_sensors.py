"""Sensors: zigbee2mqtt and Tasmota."""

import pytest

from readers.wire.payloads.formats import decoder
from readers.wire.payloads.said import Options, Said
from tags.reads import Measurement, Read
from tests.readers.payload_telling import NOW_NS, SECOND_NS, tell


def values(said: Said) -> dict[str, tuple[float, str]]:
    assert len({one.quantity for one in said.measurements}) == len(said.measurements)
    return {one.quantity: (one.value, one.unit) for one in said.measurements}


def test_a_contact_is_a_door_that_is_open_at_one() -> None:
    said = tell("zigbee2mqtt", {"contact": True, "linkquality": 120, "voltage": 3005})
    assert values(said) == {
        "door": (0.0, ""),
        "linkquality": (120.0, "lqi"),
        "voltage": (3005.0, ""),
    }
    assert values(tell("zigbee2mqtt", {"contact": False})) == {"door": (1.0, "")}


def test_a_friendly_name_keeps_its_slashes() -> None:
    said = tell("zigbee2mqtt", {"temperature": 21.5}, topic="zigbee2mqtt/hall 2/door/left")
    assert said.measurements == [
        Measurement("link:hall 2/door/left", "temperature", 21.5, "°C", NOW_NS, NOW_NS),
    ]
    assert said.devices == ["hall 2/door/left"]


def test_a_battery_may_be_a_text_and_nulls_are_skipped() -> None:
    said = tell("zigbee2mqtt", {"battery": "100.00", "humidity": None, "occupancy": True})
    assert values(said) == {"battery": (100.0, "%"), "occupancy": (1.0, "")}
    assert said.bad == {}


def test_a_value_that_is_no_number_is_counted_and_the_rest_kept() -> None:
    said = tell("zigbee2mqtt", {"battery": "low", "temperature": [1], "humidity": 40})
    assert (values(said), said.bad) == ({"humidity": (40.0, "%")}, {"measurement": 2})


@pytest.mark.parametrize("text", ["1_000", "1e999", "nan", "", " ", "0x10", "1" * 40])
def test_a_text_that_is_no_plain_number_is_no_value(text: str) -> None:
    said = tell("zigbee2mqtt", {"battery": text})
    assert (said.measurements, said.bad) == ([], {"measurement": 1})


def test_light_is_in_lux_where_both_are_given() -> None:
    said = tell("zigbee2mqtt", {"illuminance": 21_000, "illuminance_lux": 126})
    assert values(said) == {"illuminance": (126.0, "lx")}


@pytest.mark.parametrize("seen", ["2026-01-31T08:59:58+01:00", NOW_NS // 1_000_000 - 2000])
def test_the_time_is_when_a_sensor_was_last_seen(seen: object) -> None:
    said = tell("zigbee2mqtt", {"temperature": 1, "last_seen": seen})
    assert said.measurements[0].time_ns == NOW_NS - 2 * SECOND_NS
    said = tell("zigbee2mqtt", {"temperature": 1, "last_seen": "2026-01-31T08:00:00"})
    assert (said.measurements[0].time_ns, said.bad) == (NOW_NS, {"time": 1})


@pytest.mark.parametrize("body", [b"offline", b'{"state":"offline"}'])
def test_an_unavailable_sensor_is_lost(body: bytes) -> None:
    said = tell("zigbee2mqtt", body, topic="zigbee2mqtt/hall/door/availability")
    assert (list(said.lost), said.devices, said.accepted) == (["hall/door"], [], 1)


@pytest.mark.parametrize("body", [b"online", b'{"state":"online"}'])
def test_an_available_sensor_has_spoken(body: bytes) -> None:
    said = tell("zigbee2mqtt", body, topic="zigbee2mqtt/hall/door/availability")
    assert (said.lost, said.devices, said.accepted) == ({}, ["hall/door"], 1)


def test_the_bridge_and_commands_are_no_sensors() -> None:
    for topic in ("zigbee2mqtt/bridge/devices", "zigbee2mqtt/hall/set", "zigbee2mqtt/hall/get"):
        said = tell("zigbee2mqtt", b'{"temperature": 1}', topic=topic)
        assert (said.measurements, said.devices, said.bad) == ([], [], {"other_event": 1})


def test_a_module_with_one_sensor_has_plain_quantities() -> None:
    message = {
        "Time": "2026-01-31T09:00:00",
        "BME280": {"Temperature": 21.3, "Humidity": 40.1, "DewPoint": 7.2, "Pressure": 1013},
        "Switch1": "ON",
        "PressureUnit": "hPa",
        "TempUnit": "C",
    }
    said = tell("tasmota", message)
    assert values(said) == {
        "temperature": (21.3, "°C"),
        "humidity": (40.1, "%"),
        "dew_point": (7.2, "°C"),
        "pressure": (1013.0, "hPa"),
        "switch1": (1.0, ""),
    }
    assert {one.sensor for one in said.measurements} == {"link:cellar"}


def test_a_quantity_that_two_sensors_measure_is_named_by_sensor() -> None:
    message = {
        "DS18B20-1": {"Temperature": 1.5},
        "DS18B20-2": {"Temperature": 2.5},
        "TempUnit": "F",
    }
    assert values(tell("tasmota", message)) == {
        "DS18B20-1/temperature": (1.5, "°F"),
        "DS18B20-2/temperature": (2.5, "°F"),
    }


def test_a_unit_that_is_not_stated_is_not_guessed() -> None:
    assert values(tell("tasmota", {"AM2301": {"Temperature": 70}})) == {"temperature": (70.0, "")}


def test_a_local_clock_gives_way_to_the_arrival() -> None:
    message = {"Time": "2026-01-31T08:59:58", "AM2301": {"Humidity": 40}}
    said = tell("tasmota", message)
    assert (said.measurements[0].time_ns, said.bad) == (NOW_NS, {})


def test_a_local_clock_whose_zone_is_named_tells_the_time() -> None:
    message = {"Time": "2026-01-31T08:59:58", "AM2301": {"Humidity": 40}}
    said = tell("tasmota", message, options=Options(timezone="Europe/Berlin"))
    assert said.measurements[0].time_ns == NOW_NS - 2 * SECOND_NS
    for time in ("2021-01-31T08:59:58", "2026-02-30T08:59:58", "0001-01-01T00:00:00"):
        message["Time"] = time
        said = tell("tasmota", message, options=Options(timezone="Europe/Berlin"))
        assert (said.measurements[0].time_ns, said.bad) == (NOW_NS, {"time": 1})


def test_a_clock_with_an_offset_needs_no_zone() -> None:
    message = {"Time": "2026-01-31T08:59:58+01:00", "AM2301": {"Humidity": 40}}
    assert tell("tasmota", message).measurements[0].time_ns == NOW_NS - 2 * SECOND_NS


def test_a_zone_that_does_not_exist_is_refused_by_name() -> None:
    for zone in ("Mars/Olympus", "", "../etc", "Europe"):
        with pytest.raises(ValueError, match="is no IANA time zone"):
            decoder("tasmota", Options(timezone=zone))


@pytest.mark.parametrize("reader", ["PN532", "RDM6300", "RC522"])
def test_a_module_that_reads_tags_is_a_reader(reader: str) -> None:
    said = tell("tasmota", {"Time": "2026-01-31T09:00:00", reader: {"UID": "04A2B3C4D5E680"}})
    assert said.reads == [Read("04a2b3c4d5e680", "link:cellar", 1, NOW_NS, NOW_NS)]


def test_a_uid_that_is_none_is_counted_and_the_rest_kept() -> None:
    said = tell("tasmota", {"PN532": {"UID": "4A2"}, "AM2301": {"Humidity": 40}})
    assert (said.reads, said.bad, values(said)) == ([], {"tag": 1}, {"humidity": (40.0, "%")})


def test_a_module_whose_last_will_is_published_is_lost() -> None:
    assert list(tell("tasmota", b"Offline", topic="tele/cellar/LWT").lost) == ["cellar"]
    said = tell("tasmota", b"Online", topic="cellar/tele/LWT")
    assert (said.lost, said.devices) == ({}, ["cellar"])
    assert tell("tasmota", b'{"Uptime":1}', topic="tele/cellar/STATE").bad == {"other_event": 1}


def test_an_answered_status_holds_the_same_sensors() -> None:
    message = {"StatusSNS": {"Time": "2026-01-31T09:00:00", "AM2301": {"Humidity": 40}}}
    assert values(tell("tasmota", message, topic="stat/cellar/STATUS8")) == {
        "humidity": (40.0, "%"),
    }
