"""Any other JSON, by the pointers that the site file gives."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from readers.wire.payloads.devices import full_name, naming
from readers.wire.payloads.items import take_all
from readers.wire.payloads.places import Tracker, add_fix, add_level, add_plan_fix
from readers.wire.payloads.pointers import Pointer, find, parse_pointer
from readers.wire.payloads.said import Decode, JsonMapping, Options, Payload, Said
from readers.wire.payloads.sensors import Quantity, Sensor, add_measurement
from readers.wire.payloads.strict_json import RefusalError, Unreadable, read_items
from readers.wire.payloads.times import UNITS_NS, stated_time, time_of_digits, time_of_text
from readers.wire.payloads.values import antenna_of, number_of_text, rssi_of, tag_of
from tags.reads import Read

_NUMBER_END = 1 << 63
_DIGITS_MAX = 10


class _Item(NamedTuple):
    """One item and the message around it."""

    item: object
    whole: object

    def look(self, pointer: Pointer | None) -> object:
        """What stands in the item, else in the whole message; None for nothing."""
        if pointer is None:
            return None
        found = find(self.item, pointer)
        return find(self.whole, pointer) if found is None else found


_Name = Callable[[Payload, _Item, Said], str]


class _Map(NamedTuple):
    """A JsonMapping with its pointers parsed."""

    each: Pointer | None
    tag: Pointer | None
    antenna: Pointer | None
    rssi_dbm: Pointer | None
    time: Pointer | None
    lat: Pointer | None
    lon: Pointer | None
    x_m: Pointer | None
    y_m: Pointer | None
    accuracy_m: Pointer | None
    z_m: Pointer | None
    floor: Pointer | None
    measurements: tuple[tuple[Pointer, Quantity], ...]
    time_unit: str
    tag_prefix: str

    @property
    def places(self) -> bool:
        """Whether items say where something is, not only that it was heard."""
        return self.lat is not None or self.x_m is not None


def generic(options: Options) -> Decode:
    """Decode by `options.mapping`: each item is a read, or a fix where a place is mapped.

    Raises ValueError for a mapping that is missing or wrong. Measurements are those of
    the device; of the tag where no device is named.
    """
    if options.mapping is None:
        raise ValueError("format generic needs to be told where everything stands")
    where = _parsed(options.mapping)
    name_device = _naming(options)

    def take(payload: Payload, item: _Item, said: Said) -> None:
        _take(payload, item, where, name_device(payload, item, said), said)

    return lambda payload: take_all(payload, _items(payload.body, where.each), take)


def _naming(options: Options) -> _Name:
    if not isinstance(options.device, str):
        by_topic = naming(options, lambda _payload, _item: None)
        return lambda payload, _item, said: by_topic(payload, {}, said)
    pointer = parse_pointer(options.device)
    by_pointer = naming(Options(device="/found"), lambda _payload, _item: None)
    return lambda payload, item, said: by_pointer(payload, {"found": item.look(pointer)}, said)


def _parsed(mapping: JsonMapping) -> _Map:
    if mapping.time_unit not in UNITS_NS:
        raise ValueError(f"time_unit must be one of {', '.join(UNITS_NS)}")
    named = {
        name: None if pointer is None else parse_pointer(pointer)
        for name, pointer in mapping._asdict().items()
        if name in _POINTERS
    }
    measurements = tuple(
        (parse_pointer(mapped.pointer), Quantity(quantity, mapped.unit))
        for quantity, mapped in mapping.measurements.items()
    )
    return _Map(
        **named,
        measurements=measurements,
        time_unit=mapping.time_unit,
        tag_prefix=mapping.tag_prefix,
    )


_POINTERS = _Map._fields[:-3]


def _items(body: bytes, each: Pointer | None) -> Iterator[_Item]:
    for whole in read_items(body):
        if not each or isinstance(whole, Unreadable):
            # An array at the top is a list of items as it is.
            yield _Item(whole, whole)
            continue
        found = find(whole, each)
        elements = found if isinstance(found, list) else (_NO_LIST,)
        for element in elements:
            yield _Item(element, whole)


_NO_LIST = Unreadable("shape", "the list that `each` points to is not there")


def _take(payload: Payload, item: _Item, where: _Map, device: str, said: Said) -> None:
    if isinstance(item.item, Unreadable):
        raise RefusalError(item.item.reason, item.item.message)
    values = [(quantity, item.look(pointer)) for pointer, quantity in where.measurements]
    measured = [(quantity, value) for quantity, value in values if value is not None]
    tag = _tag(item, where, optional=bool(measured))
    antenna = _antenna(item.look(where.antenna))
    time_ns = _time_ns(payload, item.look(where.time), where.time_unit, said)
    reader = full_name(payload.link, device)
    if tag is not None and where.places:
        _add_place(payload, item, where, Tracker(tag, reader, time_ns), said)
    elif tag is not None:
        rssi_dbm = rssi_of(_number(item.look(where.rssi_dbm)), said)
        said.reads.append(Read(tag, reader, antenna, time_ns, payload.arrival_ns, rssi_dbm))
    sensor = Sensor(full_name(payload.link, device or tag or ""), time_ns)
    for quantity, value in measured:
        add_measurement(payload, sensor, quantity, value, said)


def _tag(item: _Item, where: _Map, *, optional: bool) -> str | None:
    """The identity; None where there is none and `optional`. Raises RefusalError."""
    found = item.look(where.tag)
    if isinstance(found, int) and not isinstance(found, bool) and 0 <= found < _NUMBER_END:
        found = str(found)
    return None if found is None and optional else tag_of(found, where.tag_prefix)


def _antenna(found: object) -> int:
    if isinstance(found, str) and found.isascii() and found.isdigit() and len(found) < _DIGITS_MAX:
        return antenna_of(int(found))
    return antenna_of(found)


def _number(found: object) -> object:
    number = number_of_text(found)
    return found if number is None else number


def _time_ns(payload: Payload, found: object, unit: str, said: Said) -> int:
    def understand(stated: object) -> int | None:
        time_ns = time_of_digits(stated, unit)
        return time_of_text(stated) if time_ns is None else time_ns

    return stated_time(found, payload, said, understand)


def _add_place(payload: Payload, item: _Item, where: _Map, tracker: Tracker, said: Said) -> None:
    accuracy = _number(item.look(where.accuracy_m))
    if where.lat is not None:
        place = (_number(item.look(where.lat)), _number(item.look(where.lon)))
        add_fix(payload, tracker, place, accuracy, said)
    else:
        place = (_number(item.look(where.x_m)), _number(item.look(where.y_m)))
        add_plan_fix(payload, tracker, place, accuracy, said)
    add_level(said, _number(item.look(where.z_m)), item.look(where.floor))
