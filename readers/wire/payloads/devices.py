"""Who spoke: the device behind the link that a message names."""

from collections.abc import Callable, Mapping
from functools import lru_cache

from readers.wire.payloads.pointers import find, parse_pointer
from readers.wire.payloads.said import Options, Payload, Said
from readers.wire.payloads.values import text_of

DEVICE_CHARS_MAX = 128
TOPIC_CHARS_MAX = 1024
"""A longer topic names no device."""
OwnWay = Callable[[Payload, Mapping[str, object]], object]
"""How a format itself names its device: the name, or None where a message names none."""
NameDevice = Callable[[Payload, Mapping[str, object], Said], str]
"""The name of the device, empty where there is none."""


def naming(options: Options, own_way: OwnWay) -> NameDevice:
    """Make the function that names the device: as the site file says, else as the format does.

    A name that cannot be one (empty, long, unprintable, not there although the site file
    points to it) is counted as `device`. Raises ValueError for a bad pointer.
    """
    way = own_way if options.device is None else _way(options.device)

    def name_device(payload: Payload, item: Mapping[str, object], said: Said) -> str:
        stated = way(payload, item)
        if stated is None and options.device is None:
            return ""
        device = text_of(stated, DEVICE_CHARS_MAX)
        if device is None:
            said.count("device")
            return ""
        said.spoke(device)
        return device

    return name_device


def note_status(payload: Payload, device: str, said: Said) -> bool:
    """Take a text that says only whether a device is there; False where it says something else.

    That text is `online` or `offline` in any case, as a last will has it.
    """
    status = payload.body[:16].strip().lower()
    if status == b"offline":
        said.gone(device, "its last will says offline")
    elif status != b"online":
        return False
    said.accepted += 1
    return True


def full_name(link: str, device: str) -> str:
    """`LINK:DEVICE`, or `LINK` where there is no device."""
    return f"{link}:{device}" if device else link


def level(payload: Payload, number: int) -> str | None:
    """A level of the topic, from 1, or from -1 backwards; None where it has not so many."""
    return _level(payload.topic, number) if len(payload.topic) <= TOPIC_CHARS_MAX else None


@lru_cache(maxsize=1024)
def _level(topic: str, number: int) -> str | None:
    levels = topic.split("/") if topic else []
    place = number - 1 if number > 0 else number
    return levels[place] if -len(levels) <= place < len(levels) else None


def _way(device: int | str) -> OwnWay:
    if isinstance(device, int):
        return lambda payload, _item: level(payload, device)
    pointer = parse_pointer(device)

    def by_pointer(_payload: Payload, item: Mapping[str, object]) -> object:
        found = find(item, pointer)
        return str(found) if isinstance(found, int) and not isinstance(found, bool) else found

    return by_pointer
