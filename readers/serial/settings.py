"""The entry of a UHF module on a serial line in the site file."""

from typing import ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from readers.settings import ANTENNA_MAX, DeviceSettings, ReaderSettings

Protocol = Literal["m100", "r200", "uhfreader18", "uhfreader288", "metratec"]
Region = Literal["china_900", "china_800", "us", "eu", "korea"]
PushLayout = Literal["bare", "antenna"]

_ALIASES = {"qm100": "m100", "yrm100": "m100", "chafon": "uhfreader288"}
_BAUD = {"uhfreader18": 57_600, "uhfreader288": 57_600}
_BAUD_OTHERWISE = 115_200
_WITH_ADDRESSES = ("uhfreader18", "uhfreader288")
_WITH_REGION = ("m100", "r200")
_ANTENNAS = {"m100": 1, "r200": 1, "uhfreader18": 1, "uhfreader288": 8}
_NETWORK = ("socket", "rfc2217")
ADDRESS_MAX = 0xFE
BROADCAST = 0xFF


class SerialSettings(ReaderSettings):
    """A UHF module on a serial port, or several of them on one RS-485 bus.

    On a bus the keys of `devices` are the addresses of the modules, and a read carries
    `NAME:ADDRESS`. A single module needs no address, since it answers the one for all.
    """

    has_devices: ClassVar[bool] = True

    driver: Literal["serial"] = "serial"  # pyright: ignore[reportIncompatibleVariableOverride] -- frozen
    protocol: Protocol = Field(
        description="What the module speaks; qm100, yrm100 and chafon are accepted too.",
    )
    port: str = Field(
        min_length=1,
        max_length=256,
        description="/dev/ttyUSB0, or /dev/serial/by-id/… that stays the same, "
        "socket://host:port or rfc2217://host:port.",
    )
    baud: int | None = Field(
        default=None,
        ge=300,
        le=4_000_000,
        description="115200 where not given, 57600 for uhfreader18 and uhfreader288.",
    )
    mode: Literal["poll", "push"] = Field(
        default="poll",
        description="poll asks the module; push only listens to one that reports by itself.",
    )
    push_layout: PushLayout | None = Field(
        default=None,
        description="What a pushed report holds: the EPC alone (uhfreader18), or antenna, length, "
        "EPC and RSSI (uhfreader288).",
    )
    address: int | None = Field(
        default=None,
        ge=0,
        le=ADDRESS_MAX,
        description="Address of a single module (uhfreader18, uhfreader288); where not given, "
        "the one that each answers to.",
    )
    power_dbm: float | None = Field(
        default=None,
        ge=0,
        le=33,
        description="Transmit power; as the module has it where not given.",
    )
    region: Region | None = Field(
        default=None,
        description="Frequencies of the module (m100, r200); as it has them where not given.",
    )
    scan_ms: int = Field(
        default=300,
        ge=100,
        le=25_500,
        description="How long one poll inventories, where the poll says so (uhfreader288).",
    )
    poll_ms: int = Field(
        default=20,
        ge=0,
        le=60_000,
        description="Pause between two polls.",
    )
    session: int = Field(
        default=0,
        ge=0,
        le=3,
        description="Gen2 session, where the poll says so (uhfreader288); in 0 and 1 a tag that "
        "stays is read again and again.",
    )
    connect_timeout_s: float = Field(
        default=5.0,
        gt=0,
        le=120,
        description="Time for the port and all that is said before the first read.",
    )

    @field_validator("protocol", mode="before")
    @classmethod
    def _one_name_for_each(cls, protocol: object) -> object:
        return _ALIASES.get(protocol, protocol) if isinstance(protocol, str) else protocol

    @field_validator("devices")
    @classmethod
    def _are_addresses(cls, devices: dict[str, DeviceSettings]) -> dict[str, DeviceSettings]:
        for name in devices:
            if not name.isdecimal() or str(int(name)) != name or int(name) > ADDRESS_MAX:
                raise ValueError(f"{name!r} is no address of a module (0-{ADDRESS_MAX})")
        return devices

    @model_validator(mode="after")
    def _fits_the_protocol(self) -> "SerialSettings":
        addressed = self.protocol in _WITH_ADDRESSES
        if not addressed and (self.devices or self.address is not None):
            raise ValueError(f"{self.protocol} modules have no addresses, so no `devices` either")
        if not addressed and self.push_layout is not None:
            raise ValueError(f"what a {self.protocol} module pushes has one layout only")
        if self.devices and self.address is not None:
            raise ValueError("`address` is for a single module; `devices` lists several")
        if self.region is not None and self.protocol not in _WITH_REGION:
            raise ValueError(f"the region of a {self.protocol} module is not set from here")
        if addressed and self.power_dbm is not None and not self.power_dbm.is_integer():
            raise ValueError(f"{self.protocol} modules take whole dBm only")
        return self

    @model_validator(mode="after")
    def _has_those_antennas(self) -> "SerialSettings":
        highest = _ANTENNAS.get(self.protocol, ANTENNA_MAX)
        listed = [self.antennas, *(device.antennas for device in self.devices.values())]
        for antenna in (number for antennas in listed for number in antennas):
            if antenna > highest:
                has = "antenna 1 only" if highest == 1 else f"antennas 1-{highest}"
                raise ValueError(f"antenna {antenna}: a {self.protocol} module has {has}")
        return self

    @property
    def endpoint(self) -> tuple[str, int] | None:
        """Host and port of a port on the network, such as `socket://10.0.0.7:4001`."""
        try:
            parts = urlsplit(self.port)
            host, port = parts.hostname, parts.port
        except ValueError:
            return None
        return (host, port) if parts.scheme in _NETWORK and host and port else None

    @property
    def line_baud(self) -> int:
        """`baud`, or what modules of this protocol are sold with."""
        return self.baud or _BAUD.get(self.protocol, _BAUD_OTHERWISE)

    @property
    def addresses(self) -> list[int]:
        """The modules to talk to: those of the bus, or the single one."""
        single = BROADCAST if self.address is None else self.address
        return [int(name) for name in self.devices] or [single]
