"""Sightings page by page, and the tags among them that nobody knows."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

import msgspec

from history.paging import Page, PageRequest, checked_limit, decode_cursor, encode_cursor
from history.sightings import SLOT_S, Scope, Sighting, SightingStore
from tags.times import SECOND_NS, format_time

SLOT_NS = SLOT_S * SECOND_NS
WINDOW_SIGHTINGS = 20_000
"""A window that holds more is made smaller, unless it is one slot."""

LOOKED_AT_MAX = 200_000
"""Sightings that are looked at for one page, those of its last window not counted."""

_BEHIND_ALL = "\U0010ffff"

Key = tuple[int, str, int, str]
Sees = Callable[[Sighting], bool]
_KEY = (int, str, int, str)


class Heard(NamedTuple):
    """Which sightings: event times half-open, and a test that they pass."""

    scope: Scope
    passes: Sees


def sightings_page(store: SightingStore, wanted: Heard, request: PageRequest) -> Page:
    """List sightings, those of the newest slot first; in a slot by reader, antenna and tag.

    Where many have to be looked at, the page may be short although the cursor leads on.
    Raises QuestionError for a cursor of another list.
    """
    limit, until_ns, after = checked_limit(request), wanted.scope.until_ns, None
    if request.cursor is not None:
        after = _order(decode_cursor("sightings", request, _KEY))
        until_ns = min(until_ns, (-after[0] + SLOT_S) * SECOND_NS)
    scope = msgspec.structs.replace(wanted.scope, until_ns=until_ns)
    found: list[Sighting] = []
    looked, place = 0, None
    for begin_s, window in _windows(store, scope, limit):
        looked += len(window)
        passed = (each for each in window if after is None or _order(_key(each)) > after)
        found += [each for each in passed if wanted.passes(each)]
        if len(found) > limit:
            place = _key(found[limit - 1])
            break
        if looked > LOOKED_AT_MAX:
            place = (begin_s, _BEHIND_ALL, 0, "")
            break
    cursor = None if place is None else encode_cursor("sightings", request.sort, place)
    return Page([sighting_json(each) for each in found[:limit]], cursor)


def _windows(
    store: SightingStore, scope: Scope, limit: int
) -> Iterator[tuple[int, list[Sighting]]]:
    """The scope from its end to its beginning, in pieces of about as much as a page needs.

    Each with the slot at which it begins.
    """
    end_ns, slots = scope.until_ns, 1
    while end_ns > scope.since_ns:
        edge_ns = (end_ns - 1) // SLOT_NS * SLOT_NS + SLOT_NS
        begin_ns = max(scope.since_ns, edge_ns - slots * SLOT_NS)
        piece = msgspec.structs.replace(scope, since_ns=begin_ns, until_ns=end_ns)
        heard = list(islice(store.walk(piece), WINDOW_SIGHTINGS if slots > 1 else None))
        if len(heard) == WINDOW_SIGHTINGS and slots > 1:
            slots //= 2
            continue
        yield begin_ns // SLOT_NS * SLOT_S, sorted(heard, key=lambda each: _order(_key(each)))
        end_ns = begin_ns
        if len(heard) < limit:
            slots *= 2


def _key(each: Sighting) -> Key:
    return each.slot_s, each.reader, each.antenna, each.tag


def _order(key: Key) -> Key:
    return -key[0], *key[1:]


def sighting_json(each: Sighting) -> dict[str, object]:
    """Show a sighting."""
    mean = each.rssi_dbm_mean
    return {
        "tag": each.tag,
        "reader": each.reader,
        "antenna": each.antenna,
        "time": format_time(each.slot_s * SECOND_NS),
        "first": format_time(each.first_ns),
        "last": format_time(each.last_ns),
        "count": each.count,
        "rssi_dbm_max": each.rssi_dbm_max,
        "rssi_dbm_mean": None if mean is None else round(mean, 1),
    }


class _Stranger:
    """A tag that nobody knows, while its sightings are counted."""

    __slots__ = ("count", "first_ns", "last", "rssi_dbm_max")

    def __init__(self, first: Sighting) -> None:
        self.count = 0
        self.first_ns = first.first_ns
        self.last = first
        self.rssi_dbm_max = first.rssi_dbm_max

    def add(self, each: Sighting) -> None:
        self.count += each.count
        self.first_ns = min(self.first_ns, each.first_ns)
        self.last = max(self.last, each, key=lambda one: (one.last_ns, one.reader, one.antenna))
        told = [one for one in (self.rssi_dbm_max, each.rssi_dbm_max) if one is not None]
        self.rssi_dbm_max = max(told, default=None)

    def shown(self) -> dict[str, object]:
        return {
            "tag": self.last.tag,
            "count": self.count,
            "first": format_time(self.first_ns),
            "last": format_time(self.last.last_ns),
            "reader": self.last.reader,
            "antenna": self.last.antenna,
            "rssi_dbm_max": self.rssi_dbm_max,
        }


def strangers_page(store: SightingStore, wanted: Heard, request: PageRequest) -> Page:
    """List the tags that were heard, by tag: how often, from when to when, and where last.

    The cursor ties the further pages to the same times. Raises QuestionError.
    """
    limit, scope, after = checked_limit(request), wanted.scope, None
    if request.cursor is not None:
        since_ns, until_ns, after = decode_cursor("unknown tags", request, (int, int, str))
        scope = msgspec.structs.replace(scope, since_ns=since_ns, until_ns=until_ns)
    strangers: dict[str, _Stranger] = {}
    for each in store.walk(scope):
        if wanted.passes(each):
            strangers.setdefault(each.tag, _Stranger(each)).add(each)
    backwards = request.sort == "-seq"
    tags = sorted(
        (tag for tag in strangers if after is None or (tag < after if backwards else tag > after)),
        reverse=backwards,
    )
    items = [strangers[tag].shown() for tag in tags[:limit]]
    if len(tags) <= limit:
        return Page(items, None)
    place = (scope.since_ns, scope.until_ns, tags[limit - 1])
    return Page(items, encode_cursor("unknown tags", request.sort, place))
