"""How a reader is, as the supervisor sees it."""

from typing import Any, Literal

import msgspec

from readers.driver import AntennaState
from tags.times import MILLISECOND_NS, format_time

HealthState = Literal[
    "connecting",
    "online",
    "silent",
    "offline",
    "misconfigured",
    "disabled",
    "maintenance",
]


class ReaderHealth(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="reader_health"):
    """The state of one reader from `since_ns` on; `remedy` says what to do about it."""

    reader: str
    state: HealthState
    since_ns: int
    reason: str = ""
    remedy: str = ""
    antennas: dict[int, AntennaState] = {}

    def hears(self, antenna: int) -> bool:
        """Only an online reader with an antenna that is not disconnected is healthy."""
        return self.state == "online" and self.antennas.get(antenna) != "disconnected"


def health_json(
    health: ReaderHealth,
    last_message_ns: int | None = None,
    last_read_ns: int | None = None,
    clock_offset_ns: int | None = None,
) -> dict[str, Any]:
    """The health as HTTP and the stream show it."""
    return {
        "name": health.reader,
        "state": health.state,
        "since": format_time(health.since_ns),
        "reason": health.reason,
        "remedy": health.remedy,
        "last_message": None if last_message_ns is None else format_time(last_message_ns),
        "last_read": None if last_read_ns is None else format_time(last_read_ns),
        "clock_offset_ms": None if clock_offset_ns is None else clock_offset_ns // MILLISECOND_NS,
        "antennas": {str(antenna): state for antenna, state in health.antennas.items()},
    }
