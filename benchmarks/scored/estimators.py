"""Every estimator on the dwell recordings and on splices of them."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.scored.recordings import Recordings, load
from benchmarks.scored.tables import Check, Section
from gateway.calibrating import (
    PIECES,
    SEEDS,
    Recorded,
    calibrated,
    plan_of,
)
from gateway.scores import DWELL_HEAD, SPLICE_HEAD, dwell_cells, splice_cells
from gateway.site import Site, parse_site
from gateway.site_edit import merged
from zones.calibration import Calibration, fit_with_truth
from zones.floorplan import FloorPlan
from zones.scoring import Score, Spliced, score_run, splice, total

HELD_OUT_SEEDS, HELD_OUT_PIECES = 6, 40
ALL = ""
"""Names no file: nothing is left out of the fit."""


class Method(NamedTuple):
    """An estimator by its settings, and what of it is fitted: nothing, bias alone, or all."""

    name: str
    estimator: Mapping[str, Any]
    bias: bool = False
    fit: bool = False


METHODS = (
    Method("last read wins", {"kind": "last"}),
    Method("window, defaults", {"kind": "window"}),
    Method("window + bias", {"kind": "window"}, bias=True),
    Method("EdgeX mobility, defaults", {"kind": "mobility"}),
    Method("EdgeX mobility + bias", {"kind": "mobility"}, bias=True),
    Method("RSP asset_tracking", {"kind": "mobility", "holdoff_s": 0}),
    Method(
        "RSP retail_garment",
        {"kind": "mobility", "slope_db_per_s": -0.5, "holdoff_s": 60},
    ),
    Method("Bayes (ours), not calibrated", {"kind": "bayes"}),
    Method("Bayes (ours) + bias", {"kind": "bayes"}, bias=True),
    Method("Bayes (ours), calibrated", {"kind": "bayes"}, fit=True),
)
CALIBRATED = METHODS[-1]


class Task(NamedTuple):
    """One method with one file left out of its fit, or with all fitted where that is ALL."""

    method: Method
    left_out: str


class Scored(NamedTuple):
    """What one task came to."""

    dwell: Score
    spliced: Score


_fitted_on: list[Recordings] = []
_scored_on: list[Recordings] = []


def begin_worker(data: Path, held_out: Path | None) -> None:
    """Read the recordings once in each process."""
    _fitted_on.append(load(data))
    _scored_on.append(load(held_out) if held_out else _fitted_on[0])


def carry_out(task: Task) -> Scored:
    """Fit on all other files, and score on what was left out."""
    fitted, scored = _fitted_on[0], _scored_on[0]
    others = [file for file in fitted.dwell if file.name != task.left_out]
    plan = fitted_plan(task.method, fitted.site, others)
    files = [file for file in scored.dwell if task.left_out in {ALL, file.name}]
    return Scored(
        total(score_run(plan, Spliced(list(file.reads), file.truth)) for file in files),
        total(score_run(plan, each) for each in splices_of(scored.dwell, task.left_out)),
    )


def fitted_plan(method: Method, site: Site, files: Sequence[Recorded]) -> FloorPlan:
    """The floor plan of a site file that says what the method does."""
    if method.estimator:
        site = parse_site(merged(site.text, {"estimator": method.estimator}))
    return plan_of(calibrated(site, _calibration(method, plan_of(site), files)))


def _calibration(method: Method, plan: FloorPlan, files: Sequence[Recorded]) -> Calibration:
    if not (method.fit or method.bias):
        return Calibration({})
    fitted = fit_with_truth(plan, [run for file in files for run in file.runs])
    # A bias of the reads alone would tell which zone was left out: loud reads of it are missing.
    return fitted if method.fit else fitted._replace(estimator=None)


def splices_of(files: Sequence[Recorded], left_out: str) -> Iterator[Spliced]:
    """The splices that one fold is scored on."""
    runs = [run for file in files for run in file.runs]
    if left_out == ALL:
        for seed in range(HELD_OUT_SEEDS):
            yield splice(runs, seed, pieces=HELD_OUT_PIECES)
    else:
        for seed in range(SEEDS):
            yield splice(runs, seed, pieces=PIECES, left_out=left_out)


def section_of(scores: Mapping[str, Scored], *, held_out: bool) -> Section:
    """The table of all methods."""
    how = (
        "Fitted on one folder of recordings, scored on another."
        if held_out
        else "Each file is scored with what was fitted on all others."
    )
    rows = [
        (name, *dwell_cells(scored.dwell), *splice_cells(scored.spliced))
        for name, scored in scores.items()
    ]
    return Section("Estimators", how, [("method", *DWELL_HEAD, *SPLICE_HEAD), *rows])


def checks_of(scored: Scored) -> list[Check]:
    """The targets of the calibrated estimator."""
    dwell, spliced = scored
    return [
        _least("dwell: time in the right zone", dwell.accuracy, 0.92),
        _most("dwell: false moves/min", dwell.false_per_minute, 0.8),
        _least("splices: time in the right zone", spliced.accuracy, 0.68),
        _most("splices: false moves/min", spliced.false_per_minute, 0.5),
        Check(
            "splices: missed pieces",
            f"{spliced.missed_share:.1%}",
            "at most 5.0%",
            spliced.missed_share <= 0.05,
        ),
    ]


def _least(what: str, share: float, target: float) -> Check:
    return Check(what, f"{share:.1%}", f"at least {target:.1%}", share >= target)


def _most(what: str, figure: float, target: float) -> Check:
    return Check(what, f"{figure:.2f}", f"at most {target:.2f}", figure <= target)
