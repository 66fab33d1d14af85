"""The entry of a scanner that plays keyboard in the site file."""

from typing import ClassVar, Literal

from pydantic import Field

from readers.settings import ReaderSettings
from readers.wire.barcodes import NO_READ_TEXTS
from readers.wire.evdev import KeyMap

SHIFT_S = 12 * 3600.0


class WedgeSettings(ReaderSettings):
    """A scanner that plays keyboard (USB HID), on Linux only. Experimental.

    A scanner in serial mode (USB CDC) with `driver: scanner` is the better choice: it sends
    what it reads, whatever the keyboard map.
    """

    covers_zones: ClassVar[bool] = False

    driver: Literal["wedge"] = "wedge"  # pyright: ignore[reportIncompatibleVariableOverride] -- frozen
    silent_after_s: float = Field(  # pyright: ignore[reportIncompatibleVariableOverride] -- frozen
        default=SHIFT_S,
        gt=0,
        description="So long nobody may scan before the scanner is said to be silent.",
    )
    device: str = Field(
        min_length=1,
        max_length=256,
        description="Such as /dev/input/by-id/usb-…-event-kbd.",
    )
    keymap: KeyMap = Field(
        default="us",
        description="The keyboard that the scanner pretends to be: us or de.",
    )
    grab: bool = Field(
        default=True,
        description="Take the device for us alone, so that scans are not typed elsewhere too.",
    )
    silence_ms: float = Field(
        default=200.0,
        ge=50,
        le=5000,
        description="Silence that ends a code of a scanner that types no Enter.",
    )
    no_read: tuple[str, ...] = Field(
        default=NO_READ_TEXTS,
        description="What the scanner types when it saw no code; upper and lower case are equal.",
    )
