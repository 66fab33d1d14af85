"""The part of an ROSpec that shows in reports: when it runs, where, and what it reports."""

import struct
from typing import NamedTuple

from readers.wire.llrp.parameters import (
    VENDOR_IMPINJ,
    Parameter,
    ReportError,
    custom_key,
    parameters,
)

ROSPEC = 177
_ROSPEC_HEAD = struct.Struct("!IBB")
_OBSERVATION_HEAD = struct.Struct("!HH")
_START, _AISPEC_STOP, _OBSERVATION = 179, 184, 185
_SELECTOR = 238
_IMPINJ_SELECTOR = custom_key(VENDOR_IMPINJ, 50)
_IMPINJ_FLAGS = {
    custom_key(VENDOR_IMPINJ, 52): "phase",
    custom_key(VENDOR_IMPINJ, 53): "impinj_rssi",
    custom_key(VENDOR_IMPINJ, 67): "doppler",
}
_SELECTOR_BITS = {
    15: "rospec_id",
    12: "antenna",
    11: "channel",
    10: "rssi",
    9: "first_seen",
    8: "last_seen",
    7: "seen_count",
}
_IMMEDIATE = b"\x01"


class Content(NamedTuple):
    """Which fields a client wants beside the EPC in each entry of a report."""

    rospec_id: bool = False
    antenna: bool = True
    channel: bool = False
    rssi: bool = True
    first_seen: bool = False
    last_seen: bool = True
    seen_count: bool = True
    phase: bool = False
    impinj_rssi: bool = False
    doppler: bool = False


class RoSpec(NamedTuple):
    """The part of an ROSpec that shows on the wire: when it runs, where, and what it reports.

    Antenna 0 means all. `tags_per_report` 0 means that the client left it open.
    """

    rospec_id: int
    immediate: bool = False
    antennas: tuple[int, ...] = (0,)
    content: Content = Content()
    tags_per_report: int = 0

    def hears(self, antenna: int) -> bool:
        """Say whether `antenna` takes part."""
        return antenna in self.antennas or 0 in self.antennas


def decode_rospec(body: bytes) -> RoSpec:
    """Decode the body of an ADD_ROSPEC. Raises ReportError."""
    found = parameters(body)
    if not found or found[0].key != ROSPEC or found[0].end - found[0].start < _ROSPEC_HEAD.size:
        raise ReportError("no ROSpec")
    start = found[0].start
    rospec_id, _priority, _state = _ROSPEC_HEAD.unpack_from(body, start)
    spec = RoSpec(rospec_id)
    for part in parameters(body, start + _ROSPEC_HEAD.size, found[0].end):
        spec = _with_part(spec, body, part)
    return spec


def _with_part(spec: RoSpec, body: bytes, part: Parameter) -> RoSpec:
    match part.key:
        case 178:
            return spec._replace(immediate=_is_immediate(body, part))
        case 183:
            return _with_antennas(spec, body, part)
        case 237:
            return _with_report(spec, body, part)
        case _:
            return spec


def _is_immediate(body: bytes, boundary: Parameter) -> bool:
    return any(
        part.key == _START and body[part.start : part.start + 1] == _IMMEDIATE
        for part in parameters(body, boundary.start, boundary.end)
    )


def _with_antennas(spec: RoSpec, body: bytes, part: Parameter) -> RoSpec:
    _need(part, 2)
    count = int.from_bytes(body[part.start : part.start + 2], "big")
    _need(part, 2 + 2 * count)
    antennas = struct.unpack_from(f"!{count}H", body, part.start + 2)
    tags = spec.tags_per_report
    for stop in parameters(body, part.start + 2 + 2 * count, part.end):
        if stop.key == _AISPEC_STOP:
            tags = _observed_tags(body, stop) or tags
    return spec._replace(antennas=antennas, tags_per_report=tags)


def _observed_tags(body: bytes, stop: Parameter) -> int:
    _need(stop, 5)
    for part in parameters(body, stop.start + 5, stop.end):
        if part.key == _OBSERVATION:
            _need(part, _OBSERVATION_HEAD.size)
            return int(_OBSERVATION_HEAD.unpack_from(body, part.start)[1])
    return 0


def _with_report(spec: RoSpec, body: bytes, part: Parameter) -> RoSpec:
    _need(part, 3)
    tags = int.from_bytes(body[part.start + 1 : part.start + 3], "big") or spec.tags_per_report
    wanted = spec.content
    for selector in parameters(body, part.start + 3, part.end):
        if selector.key == _SELECTOR:
            _need(selector, 2)
            wanted = wanted._replace(**_selected(body, selector.start))
        if selector.key == _IMPINJ_SELECTOR:
            wanted = wanted._replace(**_selected_impinj(body, selector))
    return spec._replace(content=wanted, tags_per_report=tags)


def _selected(body: bytes, start: int) -> dict[str, bool]:
    flags = int.from_bytes(body[start : start + 2], "big")
    return {name: bool(flags >> bit & 1) for bit, name in _SELECTOR_BITS.items()}


def _selected_impinj(body: bytes, selector: Parameter) -> dict[str, bool]:
    return {
        _IMPINJ_FLAGS[key]: any(body[start:end])
        for key, start, end in parameters(body, selector.start, selector.end)
        if key in _IMPINJ_FLAGS
    }


def _need(parameter: Parameter, size: int) -> None:
    if parameter.end - parameter.start < size:
        raise ReportError("parameter_length")
