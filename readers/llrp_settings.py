"""An LLRP reader's entry in the site file."""

from typing import Literal

from pydantic import Field, field_validator

from readers.settings import ReaderSettings


class LlrpSettings(ReaderSettings):
    """An RFID reader that speaks LLRP over TCP."""

    driver: Literal["llrp"] = "llrp"  # pyright: ignore[reportIncompatibleVariableOverride] -- frozen
    address: str = Field(
        pattern=r"^(\[[0-9A-Fa-f:.]+\]|[^\s:\[\]/]+)(:\d{1,5})?$",
        description="host or host:port; the port is 5084 where none is given.",
    )
    keepalive_s: float = Field(
        default=5.0,
        ge=0.1,
        le=3600,
        description="How often the reader says that it is alive; twice this is silence.",
    )
    connect_timeout_s: float = Field(
        default=10.0,
        gt=0,
        le=120,
        description="Time for the connection and all that is said before the first read.",
    )
    session: int = Field(
        default=1,
        ge=0,
        le=3,
        description="Gen2 session; in 0 and 1 a tag that stays is read again and again.",
    )
    mode_identifier: int | None = Field(
        default=None,
        ge=0,
        description="Air-interface mode of the reader's own table; its default where not given.",
    )
    tag_population: int = Field(
        default=32,
        ge=1,
        le=65_535,
        description="Tags that are expected in the field of an antenna at once.",
    )
    tx_power_dbm: float | None = Field(
        default=None,
        ge=0,
        le=40,
        description="Transmit power; the reader's largest where not given.",
    )
    report_every_n_tags: int = Field(
        default=50,
        ge=1,
        le=65_535,
        description="A report is sent after so many tags …",
    )
    report_timeout_ms: int = Field(
        default=200,
        ge=1,
        le=60_000,
        description="… or so many milliseconds.",
    )
    impinj: bool = Field(
        default=False,
        description="Ask an Impinj reader for finer RSSI, phase and Doppler.",
    )
    reads_waiting_max: int = Field(
        default=5_000,
        ge=100,
        description="Reads that may wait for the gateway; then the socket is left unread.",
    )

    @field_validator("address")
    @classmethod
    def _has_a_port_number(cls, address: str) -> str:
        host, port = _split(address)
        if not 0 < port < PORTS_END:
            raise ValueError(f"port {port} of {host} is not in 1-65535")
        return address

    @property
    def endpoint(self) -> tuple[str, int]:
        """Host and port of `address`."""
        return _split(self.address)


LLRP_PORT = 5084
PORTS_END = 65_536


def _split(address: str) -> tuple[str, int]:
    host, colon, port = address.rpartition(":")
    if not colon or address.endswith("]"):
        return address.strip("[]"), LLRP_PORT
    return host.strip("[]"), int(port)
