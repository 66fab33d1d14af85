"""What the fields of a tag report mean: from raw numbers to the values of a Read."""

import math
from typing import Final

from readers.wire.llrp.parameters import VENDOR_IMPINJ, custom_key

RO_ACCESS_REPORT: Final = 61
TAG_REPORT_DATA: Final = 240

ANTENNA: Final = 1
FIRST_SEEN_UTC: Final = 2
FIRST_SEEN_UPTIME: Final = 3
LAST_SEEN_UTC: Final = 4
LAST_SEEN_UPTIME: Final = 5
PEAK_RSSI: Final = 6
CHANNEL: Final = 7
SEEN_COUNT: Final = 8
EPC_96: Final = 13
EPC_DATA: Final = 241
IMPINJ_TID: Final = custom_key(VENDOR_IMPINJ, 55)
IMPINJ_PHASE: Final = custom_key(VENDOR_IMPINJ, 56)
IMPINJ_RSSI: Final = custom_key(VENDOR_IMPINJ, 57)
IMPINJ_DOPPLER: Final = custom_key(VENDOR_IMPINJ, 68)

FORMATS: Final = {
    ANTENNA: "H",
    FIRST_SEEN_UTC: "Q",
    FIRST_SEEN_UPTIME: "Q",
    LAST_SEEN_UTC: "Q",
    LAST_SEEN_UPTIME: "Q",
    PEAK_RSSI: "B",
    CHANNEL: "H",
    SEEN_COUNT: "H",
    IMPINJ_PHASE: "H",
    IMPINJ_RSSI: "h",
    IMPINJ_DOPPLER: "h",
}
"""How each number that we use is packed; PeakRSSI stays unsigned, to index `RSSI_DBM`."""

REMEMBERED: Final = (ANTENNA, FIRST_SEEN_UTC, LAST_SEEN_UTC, PEAK_RSSI, CHANNEL, SEEN_COUNT)
"""Fields that a reader may leave out while their value stays the same (LLRP 1.1, 14.2.3)."""

TIME_US_MAX: Final = (1 << 63) // 1000
"""A microsecond count above this does not fit signed 64-bit nanoseconds."""

RSSI_DBM_MIN: Final = -120
RSSI_DBM_MAX: Final = 20


def _rssi_dbm(raw: int) -> float | None:
    signed = int.from_bytes(bytes([raw]), "big", signed=True)
    return float(signed) if RSSI_DBM_MIN <= signed <= RSSI_DBM_MAX else None


RSSI_DBM: Final = tuple(_rssi_dbm(raw) for raw in range(256))
"""PeakRSSI by its raw byte; None where no radio can be that strong or weak."""

PHASE_STEPS: Final = 4096
PHASE_RAD: Final = tuple(raw * math.tau / PHASE_STEPS for raw in range(PHASE_STEPS))
"""Impinj's phase angle by its raw 12 bits, 0 up to 2π."""


def impinj_rssi_dbm(raw: int) -> float | None:
    """Return dBm from Impinj's hundredths; None where that is implausible."""
    return raw / 100 if RSSI_DBM_MIN * 100 <= raw <= RSSI_DBM_MAX * 100 else None


def impinj_phase_rad(raw: int) -> float | None:
    """Return radians from Impinj's 12 bits; None where more bits are set."""
    return PHASE_RAD[raw] if raw < PHASE_STEPS else None


def impinj_doppler_hz(raw: int) -> float:
    """Return hertz from Impinj's sixteenths."""
    return raw / 16
