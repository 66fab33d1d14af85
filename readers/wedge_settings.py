"""The entry of a scanner that plays keyboard in the site file."""

from typing import Literal

from pydantic import Field

from readers.scanner_settings import ScanSettings
from readers.wire.evdev import KeyMap


class WedgeSettings(ScanSettings):
    """A scanner that plays keyboard (USB HID), on Linux only. Experimental.

    A scanner in serial mode (USB CDC) with `driver: scanner` is the better choice: it sends
    what it reads, whatever the keyboard map.
    """

    driver: Literal["wedge"] = "wedge"  # pyright: ignore[reportIncompatibleVariableOverride] -- frozen
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
