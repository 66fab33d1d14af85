"""Blind antennas: read points that should hear something and do not."""

from collections.abc import Collection, Iterator, Mapping
from typing import Literal

import msgspec

from readers.health import ReaderHealth
from tags.times import SECOND_NS
from zones.floorplan import ANY_ANTENNA, FloorPlan, PointKey
from zones.quality import PointSums, Quality

SILENT_AFTER_S = 300
USUAL_GAPS = 10

BlindReason = Literal["reader_down", "disconnected", "never_heard", "fell_silent"]


class BlindPoint(msgspec.Struct, frozen=True, kw_only=True):
    """A read point that hears nothing, and why; antenna 0 is every one that is not listed."""

    reader: str
    antenna: int
    zone: str | None
    reason: BlindReason
    detail: str
    last_ns: int | None


def blind_points(
    quality: Quality,
    healths: Mapping[str, ReaderHealth],
    end_ns: int,
    readers: Collection[str] | None = None,
) -> list[BlindPoint]:
    """The read points of the site, or of some readers, that are deaf at `end_ns`.

    A reader that is down is one finding, a disconnected antenna is one. Of the rest
    those count that were never heard, and those silent for 300 s and for ten times
    their usual gap, while other antennas went on hearing. Where nobody hears
    anything, nothing can be told of anybody. What is in maintenance is left out. Of a
    reader without health it is not known how it was: it counts as down if it heard
    nothing at all.
    """
    if not quality.points:
        return []
    watch = _Watch(quality, healths, end_ns)
    found = [
        watch.finding(key)
        for key in points_of(quality.plan)
        if readers is None or key[0] in readers
    ]
    return [each for each in found if each is not None]


def points_of(plan: FloorPlan) -> Iterator[PointKey]:
    """The read points that should hear something: those that cover a zone or stand at a portal."""
    found: dict[PointKey, None] = {}
    for zone in plan.zones.values():
        found.update(dict.fromkeys(zone.covered_by))
    for portal in plan.portals.values():
        found.update(dict.fromkeys(portal.points))
    yield from sorted(found)


class _Watch:
    """What was heard until when, with the health of who should have."""

    def __init__(self, quality: Quality, healths: Mapping[str, ReaderHealth], end_ns: int) -> None:
        self._quality = quality
        self._healths = healths
        self._end_ns = end_ns
        self._newest_ns = max(sums.last_ns for sums in quality.points.values())

    def finding(self, key: PointKey) -> BlindPoint | None:
        reader, antenna = key
        health = self._healths.get(reader)
        if health is not None and health.is_maintained(antenna):
            return None
        heard = self._heard(key)
        told = self._of_health(health, key) or self._of_silence(heard)
        if told is None:
            return None
        return BlindPoint(
            reader=reader,
            antenna=antenna,
            zone=self._zone_of(key),
            reason=told[0],
            detail=told[1],
            last_ns=max((sums.last_ns for sums in heard), default=None),
        )

    def _heard(self, key: PointKey) -> list[PointSums]:
        points = self._quality.points
        if key[1] != ANY_ANTENNA:
            return [points[key]] if key in points else []
        return [sums for (reader, _), sums in sorted(points.items()) if reader == key[0]]

    def _zone_of(self, key: PointKey) -> str | None:
        if key[1] != ANY_ANTENNA:
            return self._quality.plan.point(key).zone
        zones = self._quality.plan.zones.values()
        return next((zone.name for zone in zones if key in zone.covered_by), None)

    def _of_silence(self, heard: list[PointSums]) -> tuple[BlindReason, str] | None:
        if not heard:
            return "never_heard", "no read, though its reader works and others hear"
        last_ns = max(sums.last_ns for sums in heard)
        epochs = max(sums.epochs for sums in heard)
        usual_ns = (last_ns - min(sums.first_ns for sums in heard)) // epochs
        patience_ns = max(SILENT_AFTER_S * SECOND_NS, USUAL_GAPS * usual_ns)
        silence_ns = self._end_ns - last_ns
        if silence_ns < patience_ns or self._newest_ns - last_ns < patience_ns:
            return None
        silent_s, usual_s = silence_ns // SECOND_NS, max(1, usual_ns // SECOND_NS)
        return "fell_silent", f"silent for {silent_s} s; before, it was heard every {usual_s} s"

    def _of_health(
        self,
        health: ReaderHealth | None,
        key: PointKey,
    ) -> tuple[BlindReason, str] | None:
        if health is None:
            known = self._heard((key[0], ANY_ANTENNA))
            return None if known else ("reader_down", "its reader heard nothing at all")
        if health.state != "online":
            return "reader_down", f"its reader is {health.state}"
        if health.lacks(key[1]):
            return "disconnected", "its reader says that the antenna is not connected"
        return None
