"""Which drivers there are: the one place that knows them all."""

from collections.abc import Callable
from typing import Any, NamedTuple

from readers.driver import Clock, Driver
from readers.llrp.driver import LlrpDriver
from readers.llrp.settings import LlrpSettings
from readers.mqtt.driver import MqttDriver
from readers.mqtt.settings import MqttSettings
from readers.push import HttpDriver
from readers.push_settings import PushSettings
from readers.replay import ReplayDriver, ReplaySettings
from readers.scanner import ScannerDriver
from readers.scanner_settings import ScannerSettings
from readers.serial.driver import SerialDriver
from readers.serial.settings import SerialSettings
from readers.settings import ReaderSettings
from readers.wedge import WedgeDriver
from readers.wedge_settings import WedgeSettings


class UnknownDriverError(ValueError):
    """A reader's entry names a driver that does not exist; the text lists those that do."""


class _Entry(NamedTuple):
    settings: type[ReaderSettings]
    open: Callable[[Any, Clock], Driver]


_DRIVERS: dict[str, _Entry] = {
    "llrp": _Entry(LlrpSettings, LlrpDriver),
    "mqtt": _Entry(MqttSettings, MqttDriver),
    "http": _Entry(PushSettings, HttpDriver),
    "serial": _Entry(SerialSettings, SerialDriver),
    "replay": _Entry(ReplaySettings, ReplayDriver),
    "scanner": _Entry(ScannerSettings, ScannerDriver),
    "wedge": _Entry(WedgeSettings, WedgeDriver),
}

DRIVERS = tuple(_DRIVERS)
"""The names that `driver:` of a reader's entry may have."""


def settings_class(driver: str) -> type[ReaderSettings]:
    """Return the settings of a driver. Raises UnknownDriverError."""
    return _entry(driver).settings


def open_driver(settings: ReaderSettings, clock: Clock) -> Driver:
    """Return a new driver for one connection; it does nothing before `connect`.

    Raises UnknownDriverError.
    """
    return _entry(settings.driver).open(settings, clock)


def _entry(driver: str) -> _Entry:
    entry = _DRIVERS.get(driver)
    if entry is None:
        raise UnknownDriverError(f"unknown driver {driver!r} (known: {', '.join(DRIVERS)})")
    return entry
