"""Measurements: known members of a payload, by plain quantity and the unit of the format."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from readers.wire.payloads.said import Payload, Said
from readers.wire.payloads.values import number_of_text, text_of
from tags.reads import Measurement

QUANTITY_CHARS_MAX: Final = 128
MEASUREMENTS_MAX: Final = 256
"""Measurements that one item may bring; the rest is counted as `measurements`."""
DEPTH_MAX: Final = 8


class Quantity(NamedTuple):
    """What a member measures."""

    name: str
    unit: str = ""


class Sensor(NamedTuple):
    """What measured: the full name, and when."""

    name: str
    time_ns: int


def add_known(
    payload: Payload,
    sensor: Sensor,
    members: Mapping[str, object],
    known: Mapping[str, Quantity],
    said: Said,
) -> None:
    """Add the members that are known; null is skipped, what is no number is counted."""
    for member, quantity in known.items():
        value = members.get(member)
        if value is not None:
            add_measurement(payload, sensor, quantity, value, said)


def add_measurement(
    payload: Payload,
    sensor: Sensor,
    quantity: Quantity,
    value: object,
    said: Said,
) -> None:
    """Add one value: a number, a text that is one, or a truth value as 1 or 0."""
    number = float(value) if isinstance(value, bool) else number_of_text(value)
    if number is None:
        said.count("measurement")
        return
    said.measurements.append(
        Measurement(
            sensor.name,
            quantity.name,
            number,
            quantity.unit,
            sensor.time_ns,
            payload.arrival_ns,
        ),
    )


def add_numbers(
    payload: Payload,
    sensor: Sensor,
    members: Mapping[str, object],
    said: Said,
    *,
    leave_out: frozenset[str] = frozenset(),
) -> None:
    """Add every number and truth value below `members`, by its path with `/`, without a unit.

    All but those whose last step is in `leave_out`.
    """
    for count, (path, value) in enumerate(leaves(members)):
        if count == MEASUREMENTS_MAX:
            said.count("measurements")
            return
        if isinstance(value, (bool, int, float)) and path.rpartition("/")[2] not in leave_out:
            if text_of(path, QUANTITY_CHARS_MAX) is None:
                said.count("measurement")
            else:
                add_measurement(payload, sensor, Quantity(path), value, said)


def leaves(value: object, path: str = "", depth: int = 0) -> Iterator[tuple[str, object]]:
    """What a value holds at its tips, by their paths; deeper than DEPTH_MAX is left out."""
    if depth > DEPTH_MAX:
        return
    if isinstance(value, dict):
        steps = list(value.items())
    elif isinstance(value, list):
        steps = list(enumerate(value))
    else:
        yield path, value
        return
    for step, child in steps:
        yield from leaves(child, f"{path}/{step}" if path else str(step), depth + 1)
