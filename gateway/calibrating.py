"""Calibration of a site: what is fitted, where it is written, and what it is worth.

What it is worth is told by leaving one file out at a time: each file is scored with what was
fitted on all others, so a fit can not look good by knowing its own answers.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from gateway.blueprints import blueprint_of
from gateway.site import Site, parse_site
from gateway.site_edit import Patch, merged
from gateway.truth import runs_of
from readers.settings import ReaderSettings, device_name
from tags.reads import Read
from zones.calibration import Calibration
from zones.estimator_settings import AnyEstimatorSettings
from zones.floorplan import FloorPlan, PointKey
from zones.scoring import Run, Score, Spliced, Truth, score_run, splice, total

SEEDS = 2
PIECES = 30
"""Splices of each file that is left out: half of the pieces are its own, and scored."""


class Recorded(NamedTuple):
    """The reads of one tag in one file, in order of arrival, and where it truly was."""

    name: str
    reads: Sequence[Read]
    truth: Truth

    @property
    def runs(self) -> list[Run]:
        """Its stays as runs of their own."""
        return runs_of(self.truth, self.reads, self.name)

    @property
    def zones(self) -> str:
        """Where it was, as text."""
        return ", ".join(dict.fromkeys(stay.zone for stay in self.truth.stays))


Fit = Callable[[FloorPlan, Sequence[Run]], Calibration]


class FileScore(NamedTuple):
    """One file, scored as the site file stands and with what was fitted on all others.

    The splices are None where none can be made.
    """

    name: str
    zones: str
    before: Score
    after: Score
    spliced_before: Score | None
    spliced_after: Score | None


def plan_of(site: Site) -> FloorPlan:
    """The floor plan that decides under a site file."""
    return blueprint_of(site).plan


def calibrated(site: Site, calibration: Calibration) -> Site:
    """The site file with a calibration in it, checked. Raises SiteEditError or SiteError."""
    return parse_site(merged(site.text, patch_of(site, calibration)), env=None)


def patch_of(site: Site, calibration: Calibration) -> Patch:
    """Where a calibration stands in a site file."""
    readers = {
        place: below
        for place, reader in enumerate(site.settings.readers)
        if (below := _reader_patch(reader, calibration.bias_db))
    }
    patch: dict[str | int, Any] = {"readers": readers} if readers else {}
    if calibration.estimator is not None:
        patch["estimator"] = _estimator_patch(site.settings.estimator, calibration.estimator)
    return patch


def _reader_patch(reader: ReaderSettings, bias_db: Mapping[PointKey, float]) -> dict[str, Any]:
    patch: dict[str, Any] = _antennas_patch(reader.name, bias_db)
    devices = {
        name: below
        for name in reader.devices
        if (below := _antennas_patch(device_name(reader.name, name), bias_db))
    }
    return {**patch, "devices": devices} if devices else patch


def _antennas_patch(hearer: str, bias_db: Mapping[PointKey, float]) -> dict[str, Any]:
    antennas = {
        antenna: {"bias_db": round(bias, 2)}
        for (name, antenna), bias in sorted(bias_db.items())
        if name == hearer
    }
    return {"antennas": antennas} if antennas else {}


def _estimator_patch(old: AnyEstimatorSettings, new: AnyEstimatorSettings) -> dict[str, Any]:
    """The new settings that are not the default; old ones that no longer hold are taken out."""
    written = new.model_dump(mode="json", exclude_defaults=True)
    gone = dict.fromkeys(old.model_dump(exclude_unset=True))
    return {**gone, "kind": new.kind, **written}


def leave_one_out(site: Site, files: Sequence[Recorded], fit: Fit) -> Iterator[FileScore]:
    """Score each file with what was fitted on all others; there must be two at least."""
    plan = plan_of(site)
    for out in files:
        others = [run for file in files if file.name != out.name for run in file.runs]
        fitted = plan_of(calibrated(site, fit(plan, others)))
        splices = _splices(files, out.name)
        yield FileScore(
            name=out.name,
            zones=out.zones,
            before=_score(plan, out),
            after=_score(fitted, out),
            spliced_before=_score_all(plan, splices),
            spliced_after=_score_all(fitted, splices),
        )


def _score(plan: FloorPlan, file: Recorded) -> Score:
    return score_run(plan, Spliced(list(file.reads), file.truth))


def _splices(files: Sequence[Recorded], left_out: str) -> list[Spliced]:
    runs = [run for file in files for run in file.runs]
    try:
        return [splice(runs, seed, pieces=PIECES, left_out=left_out) for seed in range(SEEDS)]
    except ValueError:
        return []


def _score_all(plan: FloorPlan, splices: Sequence[Spliced]) -> Score | None:
    return total(score_run(plan, each) for each in splices) if splices else None
