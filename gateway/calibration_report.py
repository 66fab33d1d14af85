"""What a calibration is told as: tables for the terminal."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from gateway.calibrating import FileScore
from gateway.scores import DWELL_HEAD, SPLICE_HEAD, dwell_cells, splice_cells
from gateway.tables import Row, columns
from tags.reads import Read
from zones.calibration import Calibration
from zones.floorplan import FloorPlan, PointKey
from zones.scoring import Score, total


def score_lines(scores: Sequence[FileScore]) -> Iterator[str]:
    """What leaving one file out came to, per file and in total."""
    yield "Leaving one file out: each file is scored with what was fitted on all others."
    yield "Arrows lead from the site file as it is to the fit."
    yield ""
    head = ("file", "zone", *DWELL_HEAD)
    rows: list[Row] = [
        (Path(score.name).name, score.zones, *_arrows(dwell_cells, score.before, score.after))
        for score in scores
    ]
    before, after = total(s.before for s in scores), total(s.after for s in scores)
    yield from columns([head, *rows, ("all", "", *_arrows(dwell_cells, before, after))])
    spliced = [score for score in scores if score.spliced_before and score.spliced_after]
    yield ""
    if not spliced:
        yield "No splices: two zones with files of 20 s at least are needed."
        return
    yield "Pieces of 20 s of different files, joined end to end:"
    yield ""
    yield from columns([("file", *SPLICE_HEAD), *_splice_rows(spliced)])
    yield ""


def _splice_rows(scores: Sequence[FileScore]) -> Iterator[Row]:
    for score in scores:
        cells = _arrows(splice_cells, score.spliced_before, score.spliced_after)
        yield (Path(score.name).name, *cells)
    before = total(score.spliced_before or Score() for score in scores)
    after = total(score.spliced_after or Score() for score in scores)
    yield ("all", *_arrows(splice_cells, before, after))


def _arrows(cells: Callable[[Score | None], Row], before: Score | None, after: Score | None) -> Row:
    pairs = zip(cells(before), cells(after), strict=True)
    return tuple(f"{old} → {new}" for old, new in pairs)


def bias_lines(
    plan: FloorPlan,
    calibration: Calibration,
    reads: Iterable[Read],
) -> Iterator[str]:
    """The bias of each antenna, and how much it rests on."""
    levels: dict[PointKey, list[float]] = {}
    for read in reads:
        if read.rssi_dbm is not None:
            levels.setdefault((read.reader, read.antenna), []).append(read.rssi_dbm)
    rows = [
        (
            f"{key[0]}/{key[1]}",
            plan.point(key).zone or "",
            str(len(levels.get(key, ()))),
            _mean(levels.get(key, ())),
            f"{plan.point(key).bias_cdb / 100:+.2f} → {bias_db:+.2f}",
        )
        for key, bias_db in sorted(calibration.bias_db.items())
    ]
    yield from columns([("antenna", "zone", "reads", "mean dBm", "bias dB"), *rows])


def _mean(levels: Sequence[float]) -> str:
    return f"{sum(levels) / len(levels):.1f}" if levels else "-"
