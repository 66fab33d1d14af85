"""A message item by item: what cannot be taken is refused, the rest goes on."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from readers.wire.payloads.said import Decode, Payload, Said
from readers.wire.payloads.strict_json import RefusalError, members, read_items

ITEMS_MAX = 100_000
_Item = TypeVar("_Item")
Take = Callable[[Payload, _Item, Said], None]
"""Adds to what was said what one item says. Raises RefusalError, then without reads or fixes."""


def each_item(take: Take[dict[str, object]]) -> Decode:
    """Make the decoder of a format whose items are objects: one, an array, or NDJSON."""

    def take_object(payload: Payload, item: object, said: Said) -> None:
        take(payload, members(item), said)

    return lambda payload: take_all(payload, read_items(payload.body), take_object)


def take_all(payload: Payload, items: Iterable[_Item], take: Take[_Item]) -> Said:
    """What the items say, counting those that are taken and those that `take` refuses.

    What comes after ITEMS_MAX items is refused together, unseen.
    """
    said = Said()
    for index, item in enumerate(items):
        if index == ITEMS_MAX:
            said.refuse(index, "too_many", f"more than {ITEMS_MAX} items in one message")
            break
        try:
            take(payload, item, said)
        except RefusalError as error:
            said.refuse(index, error.reason, str(error))
        else:
            said.accepted += 1
    return said
