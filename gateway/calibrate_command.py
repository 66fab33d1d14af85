"""`tagwarden calibrate`: recordings to antenna bias and estimator settings in the site file."""

import argparse
from collections import Counter
from collections.abc import Sequence
from difflib import unified_diff
from pathlib import Path

from gateway.calibrating import (
    FileScore,
    Recorded,
    calibrated,
    leave_one_out,
    plan_of,
)
from gateway.calibration_report import bias_lines, score_lines
from gateway.command_files import CommandError, unreadable
from gateway.entries import ReadGroup
from gateway.replay import ReplayError, recorded_entries
from gateway.site import Site, SiteError
from gateway.site_edit import SiteEditError
from gateway.site_file import SiteFile, open_site_file, replace_site_file
from gateway.terminal import Style, say, show_progress, warn
from gateway.truth import TruthError, TruthFile, extent_of, read_truth, stays_in
from readers.wire.recording import RecordingError
from tags.reads import Read
from zones.blind import points_of
from zones.calibration import READS_MIN, Calibration, fit_bias, fit_with_truth
from zones.floorplan import ANY_ANTENNA, FloorPlan, PointKey

CARRIED_SHARE = 0.9
"""A file without a named tag must have this share of its reads from one."""

POINTS_NAMED = 4
BIAS_DB_USUAL = 6.0

_COLOURS: dict[str, Style] = {"+": "green", "-": "red", " ": "dim"}


def calibrate_command(chosen: argparse.Namespace) -> int:
    """`tagwarden calibrate`."""
    try:
        _calibrate(chosen)
    except SiteError as error:
        for problem in error.problems:
            warn(str(problem), "red")
        return 1
    except SiteEditError as error:
        warn(f"{chosen.site}: {error}", "red")
        return 1
    except (CommandError, RecordingError, ReplayError, TruthError) as error:
        warn(str(error), "red")
        return 1
    return 0


def _calibrate(chosen: argparse.Namespace) -> None:
    file = open_site_file(chosen.site, to_write=not chosen.dry_run)
    truth = None if chosen.truth is None else read_truth(chosen.truth)
    plan = plan_of(file.site)
    reads = _all_reads(chosen.files, plan, chosen.site)
    everything = [read for each in reads.values() for read in each]
    if truth is None:
        calibration = fit_bias(plan, everything)
        _warn_lopsided(calibration)
    else:
        recorded = [_recorded(plan, truth, path, each) for path, each in reads.items()]
        calibration = _fit_and_tell(file.site, recorded)
    _warn_unfitted(plan, calibration, everything)
    for line in bias_lines(plan, calibration, everything):
        say(line)
    _write(file, calibration, dry_run=chosen.dry_run)


# What is read


def _all_reads(paths: Sequence[Path], plan: FloorPlan, site: Path) -> dict[Path, list[Read]]:
    """The reads of each file; those of antennas without a zone are told and left out."""
    if len({path.resolve() for path in paths}) < len(paths):
        raise CommandError("a file is named twice; each would be the other's answer")
    reads: dict[Path, list[Read]] = {}
    for done, path in enumerate(paths):
        show_progress(done, len(paths), "read")
        reads[path] = _usable(_reads_of(path), plan, path, site)
    show_progress(len(paths), len(paths), "read")
    return reads


def _reads_of(path: Path) -> list[Read]:
    bad: list[str] = []
    try:
        entries = recorded_entries(path, lambda error: bad.append(str(error)), None)
        groups = [entry.reads for entry in entries if isinstance(entry, ReadGroup)]
    except OSError as error:
        raise CommandError(unreadable(error, path)) from error
    reads = [read for group in groups for read in group]
    for problem in bad:
        warn(problem, "yellow")
    if not reads:
        raise CommandError(f"{path}: there is no read in it")
    return reads


def _usable(reads: Sequence[Read], plan: FloorPlan, path: Path, site: Path) -> list[Read]:
    points = Counter((read.reader, read.antenna) for read in reads)
    strange = {point for point in points if plan.point(point).zone is None}
    if strange:
        named = ", ".join(
            f"{reader}/{antenna}" for reader, antenna in sorted(strange)[:POINTS_NAMED]
        )
        what = f"{path}: {named}: no zone in {site} for "
        if strange == set(points):
            raise CommandError(f"{what}any antenna of this recording")
        lost = sum(points[point] for point in strange)
        warn(f"{what}these; their {lost} reads are left out", "yellow")
    return [read for read in reads if (read.reader, read.antenna) not in strange]


def _recorded(plan: FloorPlan, truth: TruthFile, path: Path, reads: Sequence[Read]) -> Recorded:
    """The carried tag of a file, and where it was."""
    whereabouts = truth.about(path)
    if whereabouts is None:
        raise TruthError(f"{truth.file}: says nothing about {path}")
    tag = whereabouts.tag or _carried(path, reads)
    own = [read for read in reads if read.tag == tag]
    if not own:
        raise TruthError(f"{path}: there is no read of the tag {tag} in it")
    name = str(path)
    return Recorded(name, own, stays_in(plan, whereabouts, extent_of(own), name))


def _carried(path: Path, reads: Sequence[Read]) -> str:
    [(tag, count)] = Counter(read.tag for read in reads).most_common(1)
    if count < CARRIED_SHARE * len(reads):
        raise TruthError(
            f'{path}: which tag was carried? Add "tag" to its truth; most reads has {tag}'
        )
    return tag


# What is fitted and told


def _fit_and_tell(site: Site, files: Sequence[Recorded]) -> Calibration:
    plan = plan_of(site)
    zones = {stay.zone for file in files for stay in file.truth.stays}
    if len(zones) == 1:
        raise CommandError(
            f"all files are from {zones.pop()}: two zones at least must be told apart"
        )
    _warn_unseen(plan, zones)
    alone = _fitted_alone(files)
    if alone is None:
        scores: list[FileScore] = []
        for done, scored in enumerate(leave_one_out(site, files, fit_with_truth)):
            scores.append(scored)
            show_progress(done + 1, len(files) + 1, "calibrate")
        for line in score_lines(scores):
            say(line)
    else:
        warn(f"leaving one file out is not possible: {alone}", "yellow")
    fitted = fit_with_truth(plan, [run for file in files for run in file.runs])
    show_progress(1, 1, "calibrate")
    return fitted


def _warn_unfitted(plan: FloorPlan, calibration: Calibration, reads: Sequence[Read]) -> None:
    """Antennas that were hardly heard keep their bias. Raises CommandError if that is all."""
    heard: Counter[PointKey] = Counter()
    for read in reads:
        heard[read.reader, read.antenna] += 0 if read.rssi_dbm is None else read.count
    if not calibration.bias_db:
        raise CommandError(f"too few reads: no antenna has {READS_MIN} that say how strong")
    readers = {read.reader for read in reads}
    for key in points_of(plan):
        if key[0] in readers and key[1] != ANY_ANTENNA and key not in calibration.bias_db:
            few = f"{heard[key]} reads with a level are too few to tell; its bias stays"
            warn(f"{key[0]}/{key[1]}: {few}", "yellow")


def _warn_lopsided(calibration: Calibration) -> None:
    """Antennas of one kind differ by a few dB; more is where the tags happened to be."""
    for (reader, antenna), bias_db in sorted(calibration.bias_db.items()):
        if abs(bias_db) > BIAS_DB_USUAL:
            why = "is more than antennas usually differ; did most tags lie beside one?"
            warn(f"{reader}/{antenna}: {bias_db:+.1f} dB {why} --truth can tell", "yellow")


def _fitted_alone(files: Sequence[Recorded]) -> str | None:
    """Why no file can be left out; None where that can be done."""
    if len(files) == 1:
        return "there is only one file, and it would be its own answer"
    for out in files:
        zones = {stay.zone for file in files if file is not out for stay in file.truth.stays}
        if len(zones) == 1:
            return f"without {Path(out.name).name} all files are from {zones.pop()}"
    return None


def _warn_unseen(plan: FloorPlan, zones: set[str]) -> None:
    heard = {zone.name for zone in plan.zones.values() if zone.covered_by}
    if unseen := sorted(heard - zones):
        warn(f"no file is from {', '.join(unseen)}: how tags are heard there is a guess", "yellow")


# What is written


def _write(file: SiteFile, calibration: Calibration, *, dry_run: bool) -> None:
    """Put a calibration into the site file, and say what has changed in it."""
    after = calibrated(file.site, calibration)
    before = file.site.text.splitlines()
    changes = list(unified_diff(before, after.text.splitlines(), lineterm="", n=1))[2:]
    say("")
    if not changes:
        say(f"{file.path}: nothing to change, it says this already", "green")
        return
    for line in changes:
        if not line.startswith("@@"):
            say(line, _COLOURS[line[0]])
    say("")
    if dry_run:
        say(f"{file.path}: nothing is written (--dry-run)", "yellow")
        return
    replace_site_file(file, after.text)
    say(f"{file.path}: written; a running gateway takes it up by itself", "green")
    say("To undo it, put the lines with - back in place of those with +.", "dim")
