"""Which zone lies in which: bay in hall in site."""

from collections.abc import Iterable, Mapping, Sequence

from zones.settings import ZoneSettings


def containment(
    zones: Sequence[ZoneSettings],
    around: Mapping[str, Sequence[str]],
) -> dict[str, tuple[str, ...]]:
    """For each zone those that it lies in, by parent or drawing, and those that they lie in.

    `around` names for each zone those that are drawn around it. Names come in the order
    of `zones`; parents in a circle come to an end.
    """
    place_of = {zone.name: place for place, zone in enumerate(zones)}
    outer = [
        _as_bits(place_of, [*around.get(zone.name, ()), *([zone.parent] if zone.parent else [])])
        for zone in zones
    ]
    # Warshall's closure, a row of bits for each zone.
    for middle, beyond in enumerate(outer):
        if beyond:
            for place, bits in enumerate(outer):
                if bits >> middle & 1:
                    outer[place] = bits | beyond
    return {
        zone.name: tuple(
            other.name
            for there, other in enumerate(zones)
            if there != place and outer[place] >> there & 1
        )
        for place, zone in enumerate(zones)
    }


def _as_bits(place_of: Mapping[str, int], names: Iterable[str]) -> int:
    bits = 0
    for name in names:
        if name in place_of:
            bits |= 1 << place_of[name]
    return bits
