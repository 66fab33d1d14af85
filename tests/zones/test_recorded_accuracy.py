"""What calibration is worth on real recordings, where they are at hand."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.scored.directions import cases_of, ours
from benchmarks.scored.estimators import METHODS, fitted_plan
from benchmarks.scored.recordings import SHARED, Recordings, load
from benchmarks.scored.stale import moves_at_the_end
from benchmarks.scored.tables import BEGIN, END, put_into
from zones.scoring import Score, Spliced, score_run, total

FOLDER = Path(os.environ.get("TAGWARDEN_RECORDINGS", SHARED))
ALONE, CALIBRATED = METHODS[-3], METHODS[-1]


@pytest.fixture(scope="module")
def recordings() -> Recordings:
    if not (FOLDER / "truth.json").is_file():
        pytest.skip(f"no recordings: {FOLDER} has no truth.json; TAGWARDEN_RECORDINGS names others")
    return load(FOLDER)


def left_out(recordings: Recordings, *, calibrated: bool) -> Iterator[Score]:
    """Each dwell recording, scored with what was fitted on all others."""
    method = CALIBRATED if calibrated else ALONE
    for file in recordings.dwell:
        others = [other for other in recordings.dwell if other is not file]
        plan = fitted_plan(method, recordings.site, others)
        yield score_run(plan, Spliced(list(file.reads), file.truth))


def test_calibration_helps_on_recordings_that_it_has_not_seen(recordings: Recordings) -> None:
    before = total(left_out(recordings, calibrated=False))
    after = total(left_out(recordings, calibrated=True))
    assert after.accuracy > before.accuracy
    assert after.false_per_minute < 1.0


def test_the_weak_read_of_the_stale_window_moves_nothing(recordings: Recordings) -> None:
    assert moves_at_the_end(CALIBRATED, recordings) == 0


def test_walks_along_the_middle_are_mostly_right_even_when_forced(recordings: Recordings) -> None:
    cases = [case for case in cases_of(recordings.walks) if case.group == "along the middle"]
    right = sum(ours(case) == case.truth for case in cases)
    assert right >= 0.9 * len(cases)


def test_the_tables_of_a_page_are_replaced_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "accuracy.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    for made in ("new", "newer"):
        put_into(page, iter([made, "lines"]))
        assert page.read_text() == f"before\n{BEGIN}\n\n{made}\nlines\n\n{END}\nafter\n"


def test_a_page_without_marks_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "accuracy.md"
    page.write_text("nothing is made here")
    with pytest.raises(ValueError, match="has no lines"):
        put_into(page, iter(["new"]))
