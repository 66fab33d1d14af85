"""The entry of a barcode or QR scanner in the site file."""

from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from readers.settings import ReaderSettings
from readers.wire.barcodes import NO_READ_TEXTS

PORTS_END = 65_536
SHIFT_S = 12 * 3600.0


def _latin_1(text: str) -> str:
    if any(ord(char) > 0xFF for char in text):  # noqa: PLR2004 -- the last of Latin-1
        raise ValueError("only characters of one byte (Latin-1) can be sent by a scanner")
    return text


class ScanSettings(ReaderSettings):
    """What all scanners have in common: somebody has to pull the trigger."""

    covers_zones: ClassVar[bool] = False

    silent_after_s: float = Field(  # pyright: ignore[reportIncompatibleVariableOverride] -- frozen
        default=SHIFT_S,
        gt=0,
        description="So long nobody may scan before the scanner is said to be silent.",
    )
    no_read: tuple[str, ...] = Field(
        default=NO_READ_TEXTS,
        description="What the scanner says when it saw no code; upper and lower case are equal.",
    )


class ScannerSettings(ScanSettings):
    """A barcode or QR scanner that sends lines over a serial port or TCP."""

    driver: Literal["scanner"] = "scanner"  # pyright: ignore[reportIncompatibleVariableOverride] -- frozen
    port: str | None = Field(
        default=None,
        min_length=1,
        max_length=256,
        description="Serial port, such as /dev/ttyACM0; either this or address.",
    )
    baud: int = Field(
        default=9600,
        ge=300,
        le=4_000_000,
        description="Speed of the port; USB scanners in serial (CDC) mode take any.",
    )
    frame: str = Field(
        default="8N1",
        pattern="^[78][NEO][12]$",
        description="Data bits, parity and stop bits of the port.",
    )
    address: str | None = Field(
        default=None,
        pattern=r"^(\[[0-9A-Fa-f:.]+\]|[^\s:\[\]/]+):\d{1,5}$",
        description="host:port of a scanner or serial device server that listens there.",
    )
    prefix: str = Field(
        default="",
        max_length=16,
        description="What the scanner puts before each code; lines without it are dropped.",
    )
    suffix: str = Field(
        default="",
        max_length=16,
        description="What it puts after each code besides CR and LF, which always end one.",
    )
    silence_ms: float = Field(
        default=80.0,
        ge=20,
        le=5000,
        description="Silence that ends a code of a scanner that sends no end of line.",
    )
    line_bytes_max: int = Field(
        default=4096,
        ge=16,
        le=65_536,
        description="Longer lines are dropped and counted.",
    )
    connect_timeout_s: float = Field(
        default=10.0,
        gt=0,
        le=120,
        description="Time for the connection.",
    )

    _one_byte = field_validator("prefix", "suffix")(_latin_1)

    @field_validator("address")
    @classmethod
    def _has_a_port_number(cls, address: str | None) -> str | None:
        number = int(address.rpartition(":")[2]) if address else 1
        if not 0 < number < PORTS_END:
            raise ValueError(f"port {number} is not in 1-65535")
        return address

    @model_validator(mode="after")
    def _has_one_way_in(self) -> "ScannerSettings":
        if (self.port is None) == (self.address is None):
            raise ValueError("a scanner has either a port or an address")
        return self

    @property
    def endpoint(self) -> tuple[str, int] | None:
        """Host and port of `address`; None for a scanner on a serial port."""
        if self.address is None:
            return None
        host, _, number = self.address.rpartition(":")
        return host.strip("[]"), int(number)

    @property
    def framing(self) -> dict[str, Any]:
        """`frame` in pyserial's words."""
        return {
            "bytesize": int(self.frame[0]),
            "parity": self.frame[1],
            "stopbits": int(self.frame[2]),
        }
