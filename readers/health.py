"""How a reader is, as the supervisor sees it."""

from typing import Any, Literal

import msgspec

from readers.driver import AntennaState
from readers.maintenance import WHOLE_READER, Maintenance, maintenance_json
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
    """The state of one reader from `since_ns` on; `remedy` says what to do about it.

    `maintenance` is the work on it or on antennas of it. It is a fact of its own: the
    state goes on to say how the reader is meanwhile.
    """

    reader: str
    state: HealthState
    since_ns: int
    reason: str = ""
    remedy: str = ""
    antennas: dict[int, AntennaState] = {}
    maintenance: tuple[Maintenance, ...] = ()

    def hears(self, antenna: int) -> bool:
        """Only an online reader with an antenna that is not disconnected is healthy.

        What is in maintenance is not, however well it works.
        """
        connected = self.state == "online" and not self.lacks(antenna)
        return connected and not self.is_maintained(antenna)

    def lacks(self, antenna: int) -> bool:
        """Whether the reader says that the antenna is disconnected."""
        return self.antennas.get(antenna) == "disconnected"

    def is_maintained(self, antenna: int) -> bool:
        """Whether the antenna is in maintenance, with its reader or by itself."""
        return any(work.concerns(self.reader, antenna) for work in self.maintenance)

    def shown(self) -> "ReaderHealth":
        """The health as people are told it: all of the reader in maintenance is a state."""
        works = [work for work in self.maintenance if work.concerns(self.reader, WHOLE_READER)]
        if not works:
            return self
        last = max(works, key=lambda work: work.until_ns)
        return msgspec.structs.replace(
            self,
            state="maintenance",
            since_ns=min(work.since_ns for work in works),
            reason=f"{last.reason} ({last.by})",
            remedy=f"Ends by itself at {format_time(last.until_ns)}.",
        )


def health_json(
    health: ReaderHealth,
    last_message_ns: int | None = None,
    last_read_ns: int | None = None,
    clock_offset_ns: int | None = None,
) -> dict[str, Any]:
    """The health as HTTP and the stream show it."""
    maintenance = [maintenance_json(work) for work in health.maintenance]
    health = health.shown()
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
        "maintenance": maintenance,
    }
