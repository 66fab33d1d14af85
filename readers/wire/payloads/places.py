"""Positions of trackers."""

from typing import NamedTuple

from msgspec.structs import replace

from readers.wire.payloads.said import Payload, Said
from readers.wire.payloads.strict_json import RefusalError
from readers.wire.payloads.values import number_of, text_of
from tags.reads import Fix

LAT_MAX = 90.0
LON_MAX = 180.0
METRES_MAX = 1e7


class Tracker(NamedTuple):
    """Who reports a position: its tag, the full name of the source, and when it was there."""

    tag: str
    source: str
    time_ns: int


def add_fix(
    payload: Payload,
    tracker: Tracker,
    place: tuple[object, object],
    accuracy: object,
    said: Said,
) -> None:
    """Add a WGS84 fix at latitude and longitude; `accuracy` in metres, None where unknown.

    Raises RefusalError (`position`) for what is no place on earth.
    """
    lat, lon = number_of(place[0]), number_of(place[1])
    if lat is None or lon is None or abs(lat) > LAT_MAX or abs(lon) > LON_MAX:
        raise RefusalError("position", "latitude and longitude must be degrees of WGS84")
    accuracy_m = accuracy_of(accuracy, said)
    said.fixes.append(
        Fix(*tracker, payload.arrival_ns, lat=lat, lon=lon, accuracy_m=accuracy_m),
    )


def add_plan_fix(
    payload: Payload,
    tracker: Tracker,
    place: tuple[object, object],
    accuracy: object,
    said: Said,
) -> None:
    """Add a fix at x and y in metres on the plan; `accuracy` and errors as in `add_fix`."""
    x_m, y_m = number_of(place[0]), number_of(place[1])
    if x_m is None or y_m is None or abs(x_m) > METRES_MAX or abs(y_m) > METRES_MAX:
        raise RefusalError("position", "x_m and y_m must be metres")
    accuracy_m = accuracy_of(accuracy, said)
    said.fixes.append(
        Fix(*tracker, payload.arrival_ns, x_m=x_m, y_m=y_m, accuracy_m=accuracy_m),
    )


def add_level(said: Said, height: object, floor: object) -> None:
    """Say of the newest fix how high it is (metres) and on which floor; None is unknown.

    What can be neither is counted and unknown.
    """
    height_m, name = number_of(height), text_of(floor)
    if height is not None and (height_m is None or abs(height_m) > METRES_MAX):
        said.count("height")
        height_m = None
    if floor is not None and name is None:
        said.count("floor")
    if height_m is not None or name is not None:
        said.fixes[-1] = replace(said.fixes[-1], z_m=height_m, floor=name)


def accuracy_of(value: object, said: Said) -> float | None:
    """Metres, not negative; anything else is counted and unknown, as None is."""
    if value is None:
        return None
    accuracy_m = number_of(value)
    if accuracy_m is not None and 0 <= accuracy_m <= METRES_MAX:
        return accuracy_m
    said.count("accuracy")
    return None
