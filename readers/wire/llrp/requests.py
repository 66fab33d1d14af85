"""What clients ask of a reader in detail: the settings in an ROSpec and in a SET_READER_CONFIG."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from readers.wire.llrp.messages import KEEPALIVE_SPEC
from readers.wire.llrp.parameters import VENDOR_IMPINJ, Parameter, ReportError, custom_key
from readers.wire.llrp.parameters import parameters as parameters_of

ROSPEC: Final = 177
AISPEC: Final = 183
AISPEC_STOP: Final = 184
INVENTORY_PARAMETER: Final = 186
GPO_WRITE: Final = 219
ANTENNA_CONFIGURATION: Final = 222
RF_TRANSMITTER: Final = 224
GPI_STATE: Final = 225
EVENTS_AND_REPORTS: Final = 226
RO_REPORT: Final = 237
NOTIFICATION_SPEC: Final = 244
NOTIFICATION_STATE: Final = 245
INVENTORY_COMMAND: Final = 330
RF_CONTROL: Final = 335
SINGULATION: Final = 336
IMPINJ_SEARCH_MODE: Final = custom_key(VENDOR_IMPINJ, 23)
IMPINJ_CONTENT: Final = custom_key(VENDOR_IMPINJ, 50)

_DEPTH_MAX: Final = 12
_FIXED_BYTES: Final = {
    ROSPEC: 6,
    178: 0,
    179: 1,
    182: 5,
    AISPEC_STOP: 5,
    INVENTORY_PARAMETER: 3,
    ANTENNA_CONFIGURATION: 2,
    RO_REPORT: 3,
    238: 2,
    NOTIFICATION_SPEC: 0,
    INVENTORY_COMMAND: 1,
    IMPINJ_CONTENT: 0,
}
"""Parameters that hold others, and the bytes of their own fields before those."""


class Part(NamedTuple):
    """A parameter within a request: the keys that lead to it, its own last, and its value."""

    path: tuple[int, ...]
    value: bytes

    @property
    def key(self) -> int:
        """Its own key, as in `Parameter`."""
        return self.path[-1]

    def number(self, start: int, size: int) -> int:
        """The unsigned number at `start`. Raises ReportError where the value is too short."""
        if start + size > len(self.value):
            raise ReportError("parameter_length")
        return int.from_bytes(self.value[start : start + size], "big")


def parts(body: bytes, start: int = 0) -> list[Part]:
    """List the parameters of a request, those within others right behind them.

    Raises ReportError for what is malformed or nested deeper than LLRP knows.
    """
    return list(_parts(body, start, len(body), ()))


def _parts(body: bytes, start: int, end: int, path: tuple[int, ...]) -> Iterator[Part]:
    if len(path) > _DEPTH_MAX:
        raise ReportError("nested")
    for found in parameters_of(body, start, end):
        here = (*path, found.key)
        yield Part(here, body[found.start : found.end])
        inner = _inner_start(body, found)
        if inner is not None:
            yield from _parts(body, inner, found.end, here)


def _inner_start(body: bytes, found: Parameter) -> int | None:
    """Where the parameters within `found` begin; None where it holds none."""
    size = _FIXED_BYTES.get(found.key)
    if found.key == AISPEC:
        size = 2 + 2 * int.from_bytes(body[found.start : found.start + 2], "big")
    if size is None:
        return None
    if found.start + size > found.end:
        raise ReportError("parameter_length")
    return found.start + size


class AntennaAsk(NamedTuple):
    """What an ROSpec asks for one antenna, 0 being all; None where it is left to the reader.

    `power_index` counts in the reader's table from 1, `mode` is a ModeIdentifier.
    """

    antenna: int
    power_index: int | None = None
    mode: int | None = None
    tari_ns: int | None = None
    session: int | None = None
    tag_population: int | None = None
    search_mode: int | None = None


_ANTENNA_FIELDS: Final = {
    RF_TRANSMITTER: (("power_index", 4, 2, 0),),
    RF_CONTROL: (("mode", 0, 2, 0), ("tari_ns", 2, 2, 0)),
    SINGULATION: (("session", 0, 1, 6), ("tag_population", 1, 2, 0)),
    IMPINJ_SEARCH_MODE: (("search_mode", 0, 2, 0),),
}
"""Fields of an AntennaAsk by parameter: name, first byte, bytes, bits to leave out below."""


def antenna_asks(body: bytes) -> tuple[AntennaAsk, ...]:
    """Return what a request asks of each antenna that it configures. Raises ReportError."""
    asks: list[AntennaAsk] = []
    for part in parts(body):
        if part.key == ANTENNA_CONFIGURATION:
            asks.append(AntennaAsk(part.number(0, 2)))
        elif asks and ANTENNA_CONFIGURATION in part.path:
            fields = _ANTENNA_FIELDS.get(part.key, ())
            asked = {name: part.number(at, size) >> low for name, at, size, low in fields}
            asks[-1] = asks[-1]._replace(**asked)
    return tuple(asks)


class ConfigAsk(NamedTuple):
    """What a SET_READER_CONFIG asks; None and absent ports mean: as it is.

    `keepalive_ms` 0 is none. `outputs` are port and high, `inputs` port and
    whether its changes are reported, `events` type and whether it is wanted.
    """

    reset: bool = False
    keepalive_ms: int | None = None
    hold: bool | None = None
    outputs: tuple[tuple[int, bool], ...] = ()
    inputs: tuple[tuple[int, bool], ...] = ()
    events: tuple[tuple[int, bool], ...] = ()


def decode_set_config(body: bytes) -> ConfigAsk:
    """Decode the body of a SET_READER_CONFIG. Raises ReportError."""
    flags = body[0] if body else 0
    ask = ConfigAsk(reset=bool(flags & _HIGHEST_BIT))
    for part in parts(body, 1):
        if part.key == KEEPALIVE_SPEC:
            ask = ask._replace(keepalive_ms=part.number(1, 4) if part.number(0, 1) else 0)
        elif part.key == EVENTS_AND_REPORTS:
            ask = ask._replace(hold=bool(part.number(0, 1) & _HIGHEST_BIT))
        elif part.key in _SWITCHES:
            ask = _with_switch(ask, _SWITCHES[part.key], part)
    return ask


_HIGHEST_BIT = 0x80
_SWITCHES: Final = {GPO_WRITE: "outputs", GPI_STATE: "inputs", NOTIFICATION_STATE: "events"}
"""Parameters that are a number of 16 bits with a flag behind it."""


def _with_switch(ask: ConfigAsk, name: str, part: Part) -> ConfigAsk:
    switch = (part.number(0, 2), bool(part.number(2, 1) & _HIGHEST_BIT))
    changed: dict[str, Any] = {name: (*getattr(ask, name), switch)}
    return ask._replace(**changed)
