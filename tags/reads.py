"""The three things that a source can say about a tag."""

import msgspec


class Read(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One tag heard by one antenna.

    `tag` is the EPC as lower-case hex, or a prefixed identity (`ble:`, `code:`).
    `time_ns` is the reader's own time, `arrival_ns` the gateway's; both count
    nanoseconds since the Unix epoch. `phase_rad` lies in 0..2π.
    """

    tag: str
    reader: str
    antenna: int
    time_ns: int
    arrival_ns: int
    rssi_dbm: float | None = None
    count: int = 1
    phase_rad: float | None = None
    doppler_hz: float | None = None
    channel: int | None = None


class Fix(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A position that a tracker reports, in site metres or in WGS84 degrees.

    `z_m` is the height above the site's zero, `floor` a floor of the site file by name.
    """

    tag: str
    source: str
    time_ns: int
    arrival_ns: int
    x_m: float | None = None
    y_m: float | None = None
    lat: float | None = None
    lon: float | None = None
    accuracy_m: float | None = None
    z_m: float | None = None
    floor: str | None = None


class Measurement(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One value of one sensor; `unit` is as the source states it, never guessed."""

    sensor: str
    quantity: str
    value: float
    unit: str
    time_ns: int
    arrival_ns: int
