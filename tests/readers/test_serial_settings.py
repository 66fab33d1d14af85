"""The entry of a serial module in the site file."""

from typing import Any

import pytest
from pydantic import ValidationError

from readers.catalog import open_driver, settings_class
from readers.serial.driver import SerialDriver
from readers.serial.settings import SerialSettings
from readers.settings import ReaderSettings

BUS = {"devices": {1: {"zone": "hall"}, 20: {"zone": "gate"}}}


def entry(**changes: object) -> dict[str, Any]:
    return {"name": "bench", "driver": "serial", "protocol": "m100", "port": "/dev/x"} | changes


def settings(**changes: object) -> SerialSettings:
    return SerialSettings.model_validate(entry(**changes))


def test_the_catalog_knows_the_driver() -> None:
    settings = settings_class("serial").model_validate(entry(zone="office"))
    assert isinstance(open_driver(settings, lambda: 0), SerialDriver)


@pytest.mark.parametrize(
    ("name", "protocol", "baud"),
    [
        ("m100", "m100", 115_200),
        ("qm100", "m100", 115_200),
        ("yrm100", "m100", 115_200),
        ("r200", "r200", 115_200),
        ("uhfreader18", "uhfreader18", 57_600),
        ("chafon", "uhfreader288", 57_600),
    ],
)
def test_each_protocol_has_the_speed_that_it_is_sold_with(
    name: str,
    protocol: str,
    baud: int,
) -> None:
    assert settings(protocol=name).protocol == protocol
    assert settings(protocol=name).line_baud == baud
    assert settings(protocol=name, baud=9600).line_baud == 9600


def test_the_modules_of_a_bus_are_listed_by_address() -> None:
    bus = settings(protocol="chafon", **BUS)
    assert bus.addresses == [1, 20]
    assert [hearer.name for hearer in bus.hearers()] == ["bench", "bench:1", "bench:20"]


def test_a_replay_that_knows_no_drivers_takes_a_bus_too() -> None:
    bus = ReaderSettings.model_validate({"name": "bench", "driver": "serial", **BUS})
    assert list(bus.devices) == ["1", "20"]


def test_a_single_module_is_addressed_by_all_or_its_own() -> None:
    assert settings(protocol="uhfreader18").addresses == [255]
    assert settings(protocol="uhfreader18", address=3).addresses == [3]


@pytest.mark.parametrize(
    ("port", "endpoint"),
    [
        ("/dev/ttyUSB0", None),
        ("socket://10.0.0.7:4001", ("10.0.0.7", 4001)),
        ("rfc2217://[fe80::1]:23", ("fe80::1", 23)),
        ("socket://nowhere", None),
        ("socket://host:99999", None),
    ],
)
def test_a_port_on_the_network_tells_where_it_is(
    port: str,
    endpoint: tuple[str, int] | None,
) -> None:
    assert settings(port=port).endpoint == endpoint


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (BUS, "m100 modules have no addresses"),
        ({"address": 3}, "m100 modules have no addresses"),
        ({"protocol": "uhfreader18", "address": 3, **BUS}, "`address` is for a single module"),
        ({"protocol": "uhfreader18", "devices": {"255": {}}}, "no address of a module"),
        ({"protocol": "uhfreader18", "devices": {"01": {}}}, "no address of a module"),
        ({"protocol": "uhfreader18", "devices": {"left": {}}}, "no address of a module"),
        ({"protocol": "uhfreader18", "region": "eu"}, "region of a uhfreader18 module"),
        ({"protocol": "uhfreader18", "power_dbm": 20.5}, "whole dBm"),
        ({"antennas": {2: {}}}, "antenna 2: a m100 module has antenna 1 only"),
        ({"protocol": "uhfreader288", "antennas": {9: {}}}, "has antennas 1-8"),
        ({"protocol": "teapot"}, "protocol"),
        ({"colour": "red"}, "colour"),
        ({"mode": "push", "push_layout": "bare"}, "one layout only"),
    ],
)
def test_an_entry_that_makes_no_sense_says_why(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        settings(**changes)
