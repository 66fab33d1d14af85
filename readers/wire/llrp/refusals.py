"""Where a reader finds fault with a request: the errors nested in an LLRPStatus."""

import struct
from typing import Final, NamedTuple

FIELD_ERROR: Final = 288
PARAMETER_ERROR: Final = 289

_ERROR = struct.Struct("!HHHH")
_DEPTH_MAX = 16


class Fault(NamedTuple):
    """The parameters that lead to what is wrong, its own type last; its field; the error code.

    Fields count from 0; None where the parameter as a whole is refused.
    """

    path: tuple[int, ...] = ()
    field: int | None = None
    code: int = 0

    def __str__(self) -> str:
        """The parameter and the field by name, where we know them."""
        owner = self.path[-1] if self.path else None
        name = "" if owner is None else NAMES.get(owner, f"parameter {owner}")
        if self.field is None:
            return name
        fields = FIELDS.get(owner or 0, ())
        field = fields[self.field] if self.field < len(fields) else f"field {self.field}"
        return f"{name} {field}".strip()


def decode_fault(body: bytes, start: int, end: int) -> Fault | None:
    """Return the innermost fault of those nested in `body[start:end]`; None where there is none.

    Never raises.
    """
    fault: Fault | None = None
    path: tuple[int, ...] = ()
    while start + _ERROR.size <= end and len(path) < _DEPTH_MAX:
        kind, length, number, code = _ERROR.unpack_from(body, start)
        if kind == FIELD_ERROR:
            fault = Fault(path, number, code)
        elif kind == PARAMETER_ERROR:
            path = (*path, number)
            fault = Fault(path, None, code)
        # The first eight bytes of a ParameterError are its own, what it holds follows.
        start += _ERROR.size if kind == PARAMETER_ERROR else max(length, _ERROR.size)
    return fault


NAMES: Final = {
    177: "ROSpec",
    178: "ROBoundarySpec",
    179: "ROSpecStartTrigger",
    182: "ROSpecStopTrigger",
    183: "AISpec",
    184: "AISpecStopTrigger",
    185: "TagObservationTrigger",
    186: "InventoryParameterSpec",
    219: "GPOWriteData",
    220: "KeepaliveSpec",
    222: "AntennaConfiguration",
    223: "RFReceiver",
    224: "RFTransmitter",
    225: "GPIPortCurrentState",
    226: "EventsAndReports",
    237: "ROReportSpec",
    238: "TagReportContentSelector",
    244: "ReaderEventNotificationSpec",
    245: "EventNotificationState",
    330: "C1G2InventoryCommand",
    335: "C1G2RFControl",
    336: "C1G2SingulationControl",
    348: "C1G2EPCMemorySelector",
    1023: "Custom",
}
"""Parameters of our requests by their types (LLRP 1.1)."""

FIELDS: Final = {
    177: ("ROSpecID", "Priority", "CurrentState"),
    183: ("AntennaIDs",),
    184: ("AISpecStopTriggerType", "DurationTriggerValue"),
    185: ("TriggerType", "NumberOfTags", "NumberOfAttempts", "T", "Timeout"),
    186: ("InventoryParameterSpecID", "ProtocolID"),
    220: ("KeepaliveTriggerType", "PeriodicTriggerValue"),
    222: ("AntennaID",),
    224: ("HopTableID", "ChannelIndex", "TransmitPower"),
    225: ("GPIPortNum", "Config", "State"),
    237: ("ROReportTrigger", "N"),
    335: ("ModeIndex", "Tari"),
    336: ("Session", "TagPopulation", "TagTransitTime"),
}
"""Their fields in order."""


def numbers_named(text: str) -> tuple[int, ...]:
    """The types of parameters whose names stand in a reader's words, in the order of NAMES."""
    return tuple(number for number, name in NAMES.items() if name in text)
