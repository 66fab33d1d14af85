"""Readers of several makes, as far as their capabilities tell them apart."""

from typing import Final

from readers.wire.llrp.capabilities import Capabilities, Mode

VENDOR_ZEBRA: Final = 161
MODEL_R420: Final = 2_001_002
MODEL_R700: Final = 2_001_052
MODEL_FX9600_8: Final = 96_008

_SPEEDWAY_MODES = (
    Mode(0, 640_000, 6_250, 6_250),
    Mode(1, 640_000, 6_250, 6_250),
    Mode(2, 274_000, 20_000, 20_000),
    Mode(3, 170_600, 20_000, 20_000),
    Mode(4, 640_000, 7_140, 7_140),
    *(Mode(number, 40_000, 6_250, 6_250) for number in (1000, 1002, 1003, 1004, 1005)),
)
_ZEBRA_MODES = (
    Mode(1, 640_000, 6_250, 25_000),
    Mode(2, 320_000, 6_250, 25_000),
    *(
        Mode(number, bit_rate_bps, 12_500, 25_000)
        for number, bit_rate_bps in enumerate((250_000, 120_000, 64_000, 60_000), 3)
    ),
)

MODELS: Final = {
    "generic": Capabilities(),
    "impinj-r420": Capabilities(
        powers_dbm=tuple(10 + step / 4 for step in range(81)),
        modes=_SPEEDWAY_MODES,
        model=MODEL_R420,
        rospecs_max=1,
    ),
    "impinj-r700": Capabilities(
        antennas=8,
        powers_dbm=tuple(10 + step / 4 for step in range(93)),
        modes=(*_SPEEDWAY_MODES, *(Mode(number) for number in range(1110, 1118))),
        firmware="8.4.0.240",
        model=MODEL_R700,
        gpis=2,
        gpos=3,
        rospecs_max=1,
    ),
    "zebra-fx9600": Capabilities(
        antennas=8,
        powers_dbm=tuple(10 + step / 10 for step in range(216)),
        modes=_ZEBRA_MODES,
        firmware="3.21.23.0",
        vendor=VENDOR_ZEBRA,
        model=MODEL_FX9600_8,
        rospecs_max=1,
    ),
    "uptime": Capabilities(antennas=2, vendor=0, model=1, gpis=0, gpos=0, utc=False),
}
"""Plausible, not measured, but for the R420's tables, which follow a published answer of one.

The last stands for readers without a calendar: their times count from when they were started.
"""
