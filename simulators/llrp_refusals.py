"""What a simulated LLRP reader refuses, and how it says so."""

from collections.abc import Callable, Collection, Iterable
from typing import Final, Literal, NamedTuple

from readers.wire.llrp.capabilities import Capabilities
from readers.wire.llrp.messages import (
    EVENTS_AND_REPORTS,
    GPI_PORT_CURRENT_STATE,
    GPO_WRITE_DATA,
    KEEPALIVE_SPEC,
    LLRP_STATUS,
    Code,
    Status,
    encode_status,
)
from readers.wire.llrp.parameters import CUSTOM, VENDOR_IMPINJ, custom_key, tlv
from readers.wire.llrp.refusals import FIELD_ERROR, PARAMETER_ERROR
from readers.wire.llrp.requests import (
    AISPEC,
    AISPEC_STOP,
    ANTENNA_CONFIGURATION,
    IMPINJ_CONTENT,
    IMPINJ_SEARCH_MODE,
    NOTIFICATION_SPEC,
    RF_CONTROL,
    RF_TRANSMITTER,
    RO_REPORT,
    SINGULATION,
    Part,
)

Style = Literal["parameters", "words"]
"""Readers say what they refuse by nested error parameters, or in words alone."""

_IMPINJ: Final = range(custom_key(VENDOR_IMPINJ, 0), custom_key(VENDOR_IMPINJ + 1, 0))
_MILLISECONDS: Final = (5, 6)
_TAG_OBSERVATION: Final = 3
_P_PARAMETER_ERROR, _P_FIELD_ERROR, _P_UNSUPPORTED_PARAMETER = 200, 201, 209


class RefusedError(Exception):
    """The reader answers a request with this LLRPStatus."""

    def __init__(self, encoded_status: bytes) -> None:
        super().__init__(encoded_status)
        self.encoded_status = encoded_status


def refused(code: int, text: str) -> RefusedError:
    """Return the error for a request that is refused in words."""
    return RefusedError(encode_status(Status(code, text)))


class _Rule(NamedTuple):
    """A parameter that is refused, because of one of its fields (counted from 0) or as a whole."""

    name: str
    key: int | None
    field: int | None = None
    where: Callable[[Part], bool] | None = None

    def meets(self, part: Part) -> bool:
        matches = part.key in _IMPINJ if self.key is None else part.key == self.key
        return matches and (self.where is None or self.where(part))


def _stops_by_tags(aispec_stop: Part) -> bool:
    return aispec_stop.number(0, 1) == _TAG_OBSERVATION


def _counts_milliseconds(ro_report: Part) -> bool:
    return ro_report.number(0, 1) in _MILLISECONDS


_RULES: Final = {
    "impinj": _Rule("Custom", None),
    "impinj_content": _Rule("Custom", IMPINJ_CONTENT),
    "search_mode": _Rule("Custom", IMPINJ_SEARCH_MODE),
    "antennas": _Rule("AISpec/AntennaIDs", AISPEC, 0),
    "stop_trigger": _Rule(
        "AISpecStopTrigger/AISpecStopTriggerType",
        AISPEC_STOP,
        0,
        _stops_by_tags,
    ),
    "hop_table": _Rule("RFTransmitter/HopTableID", RF_TRANSMITTER, 0),
    "channel": _Rule("RFTransmitter/ChannelIndex", RF_TRANSMITTER, 1),
    "tx_power": _Rule("RFTransmitter/TransmitPower", RF_TRANSMITTER, 2),
    "rf_control": _Rule("C1G2RFControl", RF_CONTROL),
    "mode": _Rule("C1G2RFControl/ModeIndex", RF_CONTROL, 0),
    "tari": _Rule("C1G2RFControl/Tari", RF_CONTROL, 1),
    "singulation": _Rule("C1G2SingulationControl", SINGULATION),
    "session": _Rule("C1G2SingulationControl/Session", SINGULATION, 0),
    "tag_population": _Rule("C1G2SingulationControl/TagPopulation", SINGULATION, 1),
    "antenna_configuration": _Rule("AntennaConfiguration", ANTENNA_CONFIGURATION),
    "report_trigger_ms": _Rule(
        "ROReportSpec/ROReportTrigger",
        RO_REPORT,
        0,
        _counts_milliseconds,
    ),
    "hold": _Rule("EventsAndReports", EVENTS_AND_REPORTS),
    "keepalive": _Rule("KeepaliveSpec", KEEPALIVE_SPEC),
    "events": _Rule("ReaderEventNotificationSpec", NOTIFICATION_SPEC),
    "gpi": _Rule("GPIPortCurrentState", GPI_PORT_CURRENT_STATE),
    "gpo": _Rule("GPOWriteData", GPO_WRITE_DATA),
}
REFUSABLE: Final = frozenset(_RULES)
"""Single things of an ADD_ROSPEC or SET_READER_CONFIG that a reader can be told to refuse."""


def check_request(found: Iterable[Part], refuse: Collection[str], style: Style) -> None:
    """Raise RefusedError for the first part of a request that is among `refuse`."""
    rules = [_RULES[name] for name in refuse]
    for part in found:
        for rule in rules:
            if rule.meets(part):
                raise _refusal(part, rule, style)


def check_values(found: Iterable[Part], capabilities: Capabilities, style: Style) -> None:
    """Raise RefusedError for an antenna, a power or a mode that the reader does not have."""
    for part in found:
        if part.key == ANTENNA_CONFIGURATION and part.number(0, 2) > capabilities.antennas:
            raise _refusal(part, _Rule("AntennaConfiguration/AntennaID", part.key, 0), style)
        if part.key == AISPEC and _highest_antenna(part) > capabilities.antennas:
            raise _refusal(part, _RULES["antennas"], style)
        if part.key == RF_TRANSMITTER:
            power = part.number(4, 2)
            if not 0 < power <= len(capabilities.powers_dbm):
                raise _refusal(part, _RULES["tx_power"], style)
        if part.key == RF_CONTROL:
            modes = {mode.identifier for mode in capabilities.modes}
            if part.number(0, 2) not in modes:
                raise _refusal(part, _RULES["mode"], style)


def _highest_antenna(aispec: Part) -> int:
    return max((aispec.number(2 + 2 * at, 2) for at in range(aispec.number(0, 2))), default=0)


def _refusal(part: Part, rule: _Rule, style: Style) -> RefusedError:
    if style == "words":
        why = "unsupported" if rule.field is None else "out-of-range"
        return refused(Code.FIELD_ERROR, f"LLRP [310] : //{rule.name} : {why}")
    if rule.field is None:
        error = _parameter_error(part.key, _P_UNSUPPORTED_PARAMETER)
    else:
        field = tlv(FIELD_ERROR, _pair(rule.field, Code.OUT_OF_RANGE))
        error = _parameter_error(part.key, _P_FIELD_ERROR, field)
    for key in reversed(part.path[:-1]):
        error = _parameter_error(key, _P_PARAMETER_ERROR, error)
    return RefusedError(tlv(LLRP_STATUS, _pair(Code.PARAMETER_ERROR, 0), error))


def _parameter_error(key: int, code: int, inner: bytes = b"") -> bytes:
    kind = CUSTOM if key in _IMPINJ else key
    return tlv(PARAMETER_ERROR, _pair(kind, code), inner)


def _pair(first: int, second: int) -> bytes:
    return first.to_bytes(2, "big") + second.to_bytes(2, "big")
