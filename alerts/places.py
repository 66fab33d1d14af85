"""Where tags are, and with them the assets that carry them."""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from alerts.alert import subject_of
from inventory.assets import Asset
from inventory.register import Register
from tags.epc.values import ID_PREFIX
from tags.identity import pure_identity
from zones.floorplan import Succession
from zones.movements import Movement, movement_id

OUTSIDE = ""
"""Stands for the place outside all zones, where a position is seen; no zone is called that."""


class Place(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Where a tag is since when, by the movement that brought it there; None is not known.

    `gone_from` is the zone from which it vanished while those who cover it were healthy.
    """

    zone: str | None
    time_ns: int
    gone_from: str | None = None


_NOT_KNOWN = Place(None, 0)
_EVER_NS = -(1 << 63)


def place_of(movement: Movement) -> str | None:
    """Where a movement leads: a zone, OUTSIDE, or None where it is not known."""
    if movement.to_zone is None and movement.kind != "departed":
        return OUTSIDE
    return movement.to_zone


class Standing(NamedTuple):
    """Where a subject is: where the tag of it is that moved last; or where it vanished from."""

    asset: Asset | None
    tag: str
    zone: str | None
    gone_from: str | None = None
    since_ns: int = 0

    def as_movement(self, now_ns: int) -> Movement:
        """The standing in the form in which rules judge: there now, from nowhere, by no read."""
        return Movement(
            id=movement_id(self.tag, None, self.zone, now_ns),
            time_ns=now_ns,
            decided_ns=now_ns,
            tag=self.tag,
            asset=None if self.asset is None else self.asset.id,
            kind="moved" if self.gone_from is None else "departed",
            from_zone=self.gone_from,
            to_zone=self.zone or None,
        )


class Places:
    """The places of tags, by tag; also by the URI by which an asset carries a tag."""

    def __init__(self, places: dict[str, Place], register: Register) -> None:
        self._places = places
        self._register = register

    def note(self, movement: Movement) -> None:
        """Note where a tag is."""
        gone_from = movement.from_zone if movement.kind == "departed" else None
        self._places[movement.tag] = Place(place_of(movement), movement.time_ns, gone_from)
        self._note_binding(movement.tag)

    def note_bindings(self, tags: Iterable[str]) -> None:
        """Note the places of these tags under the names by which assets carry them now."""
        for tag in tags:
            self._note_binding(tag)

    def follow(self, succession: Succession) -> None:
        """Renamed zones keep what is in them; what was in a gone one is nowhere known."""
        for tag, place in self._places.items():
            zone, gone_from = succession.heir_of(place.zone), succession.heir_of(place.gone_from)
            if (zone, gone_from) != (place.zone, place.gone_from):
                self._places[tag] = Place(zone, place.time_ns, gone_from)

    def tags(self) -> list[str]:
        """All that have a place, in order."""
        return sorted(self._places)

    def tags_named(self, names: set[str]) -> list[str]:
        """Those that have a place and go by one of the names, or have it as their URI."""
        if any(name.startswith(ID_PREFIX) for name in names):
            return [tag for tag in self.tags() if tag in names or pure_identity(tag) in names]
        return sorted(names.intersection(self._places))

    def standings(self, tags: Iterable[str]) -> dict[str, Standing]:
        """Where the subjects are that these tags stand for, as far as it is known."""
        found: dict[str, Standing] = {}
        for tag in tags:
            place = self._places[tag]
            asset = self._register.asset_of(tag)
            phantom = asset is None and tag.startswith(ID_PREFIX)
            nowhere = place.zone is None and (place.gone_from is None or self.has_other(asset, tag))
            if nowhere or phantom or self.is_outdated(asset, tag, place.time_ns):
                continue
            subject = subject_of(None if asset is None else asset.id, tag)
            there = Standing(asset, tag, place.zone, place.gone_from, place.time_ns)
            if subject not in found or found[subject].zone is None:
                found[subject] = there
        return found

    def has_other(self, asset: Asset | None, tag: str) -> bool:
        """Whether another tag of the asset is known to be somewhere."""
        names = () if asset is None else asset.tags
        own = {tag, self._register.binding(tag)}
        others = (self._places.get(name, _NOT_KNOWN) for name in names if name not in own)
        return any(place.zone is not None for place in others)

    def later_than(self, asset: Asset | None, tag: str, time_ns: int) -> str | None:
        """Where the asset, or the tag without one, is known to have come after a time."""
        names = (tag,) if asset is None else asset.tags
        places = [self._places[name] for name in names if name in self._places]
        later = [place for place in places if place.zone is not None and place.time_ns > time_ns]
        return max(later, key=_time_of, default=_NOT_KNOWN).zone

    def newest(self, asset: Asset | None, tag: str) -> str | None:
        """Where the asset, or the tag without one, is known to be now."""
        return self.later_than(asset, tag, _EVER_NS)

    def is_outdated(self, asset: Asset | None, tag: str, time_ns: int) -> bool:
        """Whether another tag of the asset moved later; gone tags say nothing."""
        return self.later_than(asset, tag, time_ns) is not None

    def _note_binding(self, tag: str) -> None:
        place = self._places[tag]
        name = self._register.binding(tag)
        if self._places.get(name, place).time_ns <= place.time_ns:
            self._places[name] = place


def _time_of(place: Place) -> int:
    return place.time_ns
