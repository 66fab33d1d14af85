"""What every reader entry of the site file has in common."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

ANTENNA_MAX = 65_535
AntennaNumber = Annotated[int, Field(ge=1, le=ANTENNA_MAX)]
"""Antennas count from 1; LLRP has 16 bits for them."""

Metres = Annotated[float, Field(ge=-100_000, le=100_000)]


class AntennaSettings(BaseModel):
    """One antenna: the zone that it hears, and what it must hear at least."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    zone: str | None = Field(default=None, description="Zone that this antenna hears.")
    rssi_dbm_min: float | None = Field(
        default=None,
        ge=-120,
        le=0,
        description="Reads weaker than this are no evidence for the zone.",
    )
    bias_db: float = Field(
        default=0.0,
        ge=-40,
        le=40,
        description="Added to each RSSI; written by calibration.",
    )
    at_m: tuple[Metres, Metres] | None = Field(
        default=None,
        description="Where it hangs on its zone's floor, x and y; only plans are drawn by it.",
    )


class DeviceSettings(BaseModel):
    """One device behind a link: a reader behind a broker, or a module on a shared cable."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    zone: str | None = Field(default=None, description="Zone of every antenna not listed.")
    antennas: dict[AntennaNumber, AntennaSettings] = Field(
        default_factory=dict,
        description="By number, from 1.",
    )
    silent_after_s: float | None = Field(
        default=None,
        gt=0,
        description="Silence longer than this means silent; that of its link where not given.",
    )


DeviceName = Annotated[str, Field(min_length=1, max_length=128, coerce_numbers_to_str=True)]
"""A number, such as an address on a bus, is the name that it is written as."""


class Hearer(NamedTuple):
    """Something with antennas, by its full name: `gate-1`, or `sensors:FX-1` behind a link.

    `covers` tells whether its silence says anything: zones are covered by what reads
    all the time, not by what a hand holds.
    """

    name: str
    zone: str | None
    antennas: Mapping[int, AntennaSettings]
    covers: bool = True


class ReaderSettings(BaseModel):
    """The part of a reader's entry that does not depend on its driver."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    has_devices: ClassVar[bool] = False
    """Whether `devices` may be listed."""
    covers_zones: ClassVar[bool] = True
    """False for what reads now and then: scanners and trackers."""

    name: str = Field(min_length=1, max_length=64)
    was: str | None = Field(default=None, description="Former name, to rename.")
    driver: str
    zone: str | None = Field(default=None, description="Zone of every antenna not listed.")
    antennas: dict[AntennaNumber, AntennaSettings] = Field(
        default_factory=dict,
        description="By number, from 1.",
    )
    silent_after_s: float = Field(
        default=15.0,
        gt=0,
        description="Silence longer than this means offline, where there is no keepalive.",
    )
    devices: dict[DeviceName, DeviceSettings] = Field(
        default_factory=dict,
        description="What speaks through this link, by the name that it gives itself.",
    )

    @field_validator("devices")
    @classmethod
    def _may_have_devices(cls, devices: dict[str, DeviceSettings]) -> dict[str, DeviceSettings]:
        # A site file read for a replay knows no drivers, so the base class lets devices pass.
        if devices and cls is not ReaderSettings and not cls.has_devices:
            raise ValueError("this driver has no devices behind it")
        return devices

    @model_validator(mode="after")
    def _names_a_host(self) -> Self:
        if self.endpoint is not None:
            check_host(self.endpoint[0])
        return self

    def for_a_look(self) -> Self:
        """The entry for one who looks in beside a running gateway, and takes nothing from it."""
        return self

    @property
    def endpoint(self) -> tuple[str, int] | None:
        """Host and port that its driver connects to; None for what does not hang on a network."""
        return None

    def hearers(self) -> list[Hearer]:
        """The reader itself, then its devices."""
        own = Hearer(self.name, self.zone, self.antennas, self.covers_zones)
        return [
            own,
            *(
                Hearer(device_name(self.name, name), device.zone, device.antennas)
                for name, device in self.devices.items()
            ),
        ]


def check_host(host: str) -> None:
    """Raise ValueError for what can be no name of a host, such as `gate..local`."""
    try:
        host.encode("idna")
    except UnicodeError as error:
        raise ValueError(f"'{host}' can be no name of a host") from error


def device_name(link: str, device: str) -> str:
    """The full name of a device behind a link, as reads and health carry it."""
    return f"{link}:{device}"
