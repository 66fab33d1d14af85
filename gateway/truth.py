"""Truth files: where the tag of a recording really was.

`{"dwell": {"walks/hall.csv": {"antenna": 1}, "office.csv": {"zone": "office"}}}` says so for
whole recordings. `{"stays": [{"from": "2026-01-31T08:00:00Z", "zone": "hall"}, …]}` in place of
a zone says it step by step. `reader` tells whose antenna is meant where several have it, `tag`
names the one tag that was carried. Other keys of the file belong to others and are not read.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Annotated, NamedTuple, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from gateway.site_problems import suggestion
from tags.identity import normalise_tag
from tags.reads import Read
from tags.times import parse_time
from zones.floorplan import FloorPlan
from zones.scoring import Run, Stay, Truth


class TruthError(ValueError):
    """A truth file, or what it says about a recording, can not be used; the text says why."""


def _checked_time(text: str) -> str:
    parse_time(text)
    return text


class Place(BaseModel):
    """A zone by its name, or the zone that an antenna hears."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    zone: str | None = None
    antenna: int | None = Field(default=None, ge=1)
    reader: str | None = None

    @property
    def stated(self) -> int:
        """How many places this is: one is right."""
        return (self.zone is not None) + (self.antenna is not None)


class TimedPlace(Place):
    """Where the tag was from a moment on."""

    since: Annotated[str, AfterValidator(_checked_time)] = Field(alias="from")

    @model_validator(mode="after")
    def _is_one_place(self) -> Self:
        if self.stated != 1:
            raise ValueError("give either a zone or an antenna")
        return self


class Whereabouts(Place):
    """Where the tag of one recording was, all the while or step by step."""

    stays: tuple[TimedPlace, ...] = ()
    tag: Annotated[str, AfterValidator(normalise_tag)] | None = None

    @model_validator(mode="after")
    def _is_one_statement(self) -> Self:
        if self.stated + bool(self.stays) != 1:
            raise ValueError("give either a zone, an antenna or stays")
        times_ns = [parse_time(stay.since) for stay in self.stays]
        if times_ns != sorted(set(times_ns)):
            raise ValueError("stays must stand in order of time")
        return self


class _TruthFile(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    dwell: dict[str, Whereabouts]


class Extent(NamedTuple):
    """The first and last read of a tag (event time, ns), and the readers that heard it."""

    first_ns: int
    last_ns: int
    readers: tuple[str, ...]


def extent_of(reads: Sequence[Read]) -> Extent:
    """The extent of some reads; there must be one."""
    times_ns = [read.time_ns for read in reads]
    return Extent(min(times_ns), max(times_ns), tuple(sorted({read.reader for read in reads})))


class TruthFile(NamedTuple):
    """What a truth file says, by the path or name of each recording."""

    file: str
    dwell: Mapping[str, Whereabouts]

    def about(self, recording: Path) -> Whereabouts | None:
        """What is said of a recording: by the longest end of its path, else by its name."""
        parts = recording.absolute().parts
        named = [key for key in self.dwell if PurePath(key).name == recording.name]
        ends = [key for key in named if parts[-len(PurePath(key).parts) :] == PurePath(key).parts]
        if ends:
            return self.dwell[max(ends, key=lambda key: len(PurePath(key).parts))]
        if len(named) > 1:
            raise TruthError(f"{self.file}: {recording}: could be any of {', '.join(named)}")
        return self.dwell[named[0]] if named else None


def read_truth(path: Path) -> TruthFile:
    """Read a truth file. Raises TruthError, also where it can not be read."""
    try:
        parsed = _TruthFile.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        reason = first.get("ctx", {}).get("error", first["msg"])
        raise TruthError(f"{path}: {where + ': ' if where else ''}{reason}") from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise TruthError(f"{path}: can not be read: {reason}") from error
    return TruthFile(str(path), parsed.dwell)


def stays_in(
    plan: FloorPlan,
    whereabouts: Whereabouts,
    extent: Extent,
    name: str,
) -> Truth:
    """The stays of a recording's tag, in the zones of a site. Raises TruthError.

    Before the first of timed stays nothing is known, so that part is no stay.
    """
    if not whereabouts.stays:
        zone = _zone_of(plan, whereabouts, extent.readers, name)
        return Truth((Stay(extent.first_ns, zone),), extent.last_ns)
    stays = [
        Stay(parse_time(stay.since), _zone_of(plan, stay, extent.readers, name))
        for stay in whereabouts.stays
    ]
    ends_ns = [*(stay.from_ns for stay in stays[1:]), extent.last_ns]
    known = tuple(
        stay._replace(from_ns=max(stay.from_ns, extent.first_ns))
        for stay, end_ns in zip(stays, ends_ns, strict=True)
        if max(stay.from_ns, extent.first_ns) < end_ns
    )
    if not known:
        raise TruthError(f"{name}: no read lies in any of its stays")
    return Truth(known, extent.last_ns)


def runs_of(truth: Truth, reads: Sequence[Read], name: str) -> list[Run]:
    """The reads of each stay as a run of its own, those without reads left out."""
    ends_ns = [*(stay.from_ns for stay in truth.stays[1:]), truth.end_ns + 1]
    runs = [
        Run(name, stay.zone, [read for read in reads if stay.from_ns <= read.time_ns < end_ns])
        for stay, end_ns in zip(truth.stays, ends_ns, strict=True)
    ]
    return [run for run in runs if run.reads]


def _zone_of(plan: FloorPlan, place: Place, heard_by: Sequence[str], name: str) -> str:
    if place.zone is not None:
        if place.zone not in plan.zones:
            known = suggestion(place.zone, plan.zones)
            raise TruthError(f"{name}: the site has no zone '{place.zone}'{known}")
        return place.zone
    antenna = place.antenna or 0
    readers = [place.reader] if place.reader else heard_by
    zones = {reader: plan.point((reader, antenna)).zone for reader in readers}
    found = {zone for zone in zones.values() if zone is not None}
    if not found:
        points = " or ".join(f"{reader}/{antenna}" for reader in readers)
        raise TruthError(f"{name}: no antenna {points} with a zone stands in the site file")
    if len(found) > 1:
        points = ", ".join(f"{reader}/{antenna}" for reader, zone in zones.items() if zone)
        raise TruthError(f"{name}: antenna {antenna} may be {points}; name its reader, too")
    return found.pop()
