"""How right zones and directions are on recordings whose truth is known: the whole table.

    python benchmarks/accuracy.py [--data DIR] [--held-out DIR] [--json] [--markdown]

Without `--held-out` every file is scored with what was fitted on all other files of `--data`;
with it everything is fitted on `--data` and scored on the other folder, which no fit has seen.
`--data` is `../shared/data/recordings` beside the project, or what TAGWARDEN_RECORDINGS names.
What the columns mean stands in docs/accuracy.md, whose tables `--markdown` writes.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks.scored.directions import direction_sections
from benchmarks.scored.estimators import (
    ALL,
    CALIBRATED,
    METHODS,
    Scored,
    Task,
    begin_worker,
    carry_out,
    checks_of,
    section_of,
)
from benchmarks.scored.others import cost_section, points_section
from benchmarks.scored.recordings import Recordings, data_folder, load
from benchmarks.scored.stale import stale_section
from benchmarks.scored.tables import (
    Check,
    Section,
    as_data,
    as_markdown,
    as_text,
    checks_section,
    put_into,
)
from gateway.terminal import show_progress
from zones.scoring import total

PAGE = Path(__file__).parents[1] / "docs" / "accuracy.md"
PARTS = ("estimators", "directions", "stale", "cost", "points")
WORKERS = 2

Part = tuple[list[Section], list[Check]]


def estimators(data: Path, held_out: Path | None, recordings: Recordings) -> Part:
    """Score every method; the work is spread over processes."""
    if not recordings.dwell:
        raise SystemExit(f"{data}: its truth.json names no dwell recording")
    folds = [ALL] if held_out else [file.name for file in recordings.dwell]
    tasks = [Task(method, fold) for method in METHODS for fold in folds]
    scores: dict[str, list[Scored]] = {}
    with ProcessPoolExecutor(WORKERS, initializer=begin_worker, initargs=(data, held_out)) as pool:
        for done, (task, scored) in enumerate(zip(tasks, pool.map(carry_out, tasks), strict=True)):
            scores.setdefault(task.method.name, []).append(scored)
            show_progress(done + 1, len(tasks), "estimators")
    totals = {
        name: Scored(total(each.dwell for each in parts), total(each.spliced for each in parts))
        for name, parts in scores.items()
    }
    section = section_of(totals, held_out=held_out is not None)
    return [section], checks_of(totals[CALIBRATED.name])


def _one(made: tuple[Section, list[Check]]) -> Part:
    section, checks = made
    return [section], checks


def measured(
    wanted: Sequence[str], data: Path, held_out: Path | None
) -> tuple[list[Section], list[Check]]:
    """The parts that are wanted, with the targets of all that were measured in front."""
    recordings = load(data)
    scored = load(held_out) if held_out else recordings
    parts: dict[str, Callable[[], Part]] = {
        "estimators": lambda: estimators(data, held_out, recordings),
        "directions": lambda: direction_sections(scored),
        "stale": lambda: _one(stale_section(recordings)),
        "cost": lambda: _one(cost_section()),
        "points": lambda: _one(points_section()),
    }
    sections: list[Section] = []
    checks: list[Check] = []
    for name in wanted:
        more, found = parts[name]()
        sections += more
        checks += found
    return [checks_section(checks), *sections], checks


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="recordings with their truth.json")
    parser.add_argument("--held-out", type=Path, metavar="DIR", help="score on these instead")
    parser.add_argument("--only", choices=PARTS, action="append", help="measure only this part")
    parser.add_argument("--json", action="store_true", help="for a machine")
    parser.add_argument(
        "--markdown", action="store_true", help=f"write the tables into {PAGE.name}"
    )
    chosen = parser.parse_args()
    if chosen.markdown and (chosen.only or chosen.held_out):
        parser.error("--markdown writes all tables of the page; leave --only and --held-out out")
    data = data_folder(chosen.data)
    if not (data / "truth.json").is_file():
        print(f"{data}: there are no recordings; name a folder with --data or TAGWARDEN_RECORDINGS")
        sys.exit(2 if chosen.data else 0)
    sections, checks = measured(chosen.only or PARTS, data, chosen.held_out)
    if chosen.markdown:
        put_into(PAGE, as_markdown(sections))
    if chosen.json:
        print(json.dumps(as_data(sections, checks), indent=1))
    else:
        print("\n".join(as_text(sections)))


if __name__ == "__main__":
    main()
