"""Which drivers there are: the one place that knows them all."""

from collections.abc import Callable
from typing import Any, NamedTuple

from readers.driver import Clock, Driver
from readers.llrp import LlrpDriver
from readers.llrp_settings import LlrpSettings
from readers.replay import ReplayDriver, ReplaySettings
from readers.settings import ReaderSettings


class UnknownDriverError(ValueError):
    """A reader's entry names a driver that does not exist; the text lists those that do."""


class _Entry(NamedTuple):
    settings: type[ReaderSettings]
    open: Callable[[Any, Clock], Driver]


_DRIVERS: dict[str, _Entry] = {
    "llrp": _Entry(LlrpSettings, LlrpDriver),
    "replay": _Entry(ReplaySettings, ReplayDriver),
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
