"""What it costs: reads with many known tags, and points in many polygons."""

import gc
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.scored.recordings import SITE
from benchmarks.scored.tables import Check, Section
from gateway.blueprints import stored_blueprint
from gateway.entries import ReadGroup, SiteChanged, Tick
from gateway.pipeline import Pipeline
from gateway.site import parse_site
from gateway.terminal import show_progress
from readers.health import ReaderHealth
from tags.reads import Read
from tags.times import SECOND_NS

POINTS = Path(__file__).parents[1] / "points.py"
FEW, MANY, ACTIVE = 100, 1_000_000, 100
RATE, GROUP, READS = 10_000, 500, 50_000
"""Reads a second of event time, in a group, and in a round."""

ROUNDS = 7
SETTLE_NS = 5 * SECOND_NS
BEGIN_NS = 1_790_000_000 * SECOND_NS
LINE = re.compile(r"^  (\S.+?) +([\d.]+) us/point +([\d.]+) x", re.MULTILINE)
COST_MAX, FASTER_MIN = 1.5, 20.0


class Site:
    """A pipeline that knows some tags, of which a hundred go on being read."""

    def __init__(self, known: int) -> None:
        self._pipeline = Pipeline(stored_blueprint)
        self._count = 0
        site = parse_site(SITE)
        self._pipeline.advance([SiteChanged(BEGIN_NS, "benchmark", site.version, site.text)])
        self._pipeline.advance([ReaderHealth(reader="r420", state="online", since_ns=BEGIN_NS)])
        for first in range(0, known, GROUP):
            self._take(range(first, min(first + GROUP, known)))
            show_progress(first + GROUP, known, f"learn {known:,} tags")
        self._pipeline.advance([Tick(self._now_ns() + SETTLE_NS)])
        self._count += SETTLE_NS * RATE // SECOND_NS

    def cost_us(self) -> float:
        """CPU microseconds a read, over a round of reads of the active tags."""
        began_s = time.process_time()
        for _ in range(0, READS, GROUP):
            self._take([(self._count + n) % ACTIVE for n in range(GROUP)])
        return (time.process_time() - began_s) / READS * 1e6

    def _take(self, tags: Sequence[int]) -> None:
        reads: list[Read] = []
        for tag in tags:
            self._count += 1
            now_ns = self._now_ns()
            reads.append(Read(f"30342b5f84010f40{tag:08x}", "r420", 1, now_ns, now_ns, -50.0))
        self._pipeline.advance([ReadGroup("benchmark", self._count, reads)])

    def _now_ns(self) -> int:
        return BEGIN_NS + self._count * SECOND_NS // RATE


def cost_section() -> tuple[Section, list[Check]]:
    """CPU time of a read in the pipeline, with few and with a million known tags.

    Both are measured in turn in one process, so that they see the same machine.
    """
    few, many = Site(FEW), Site(MANY)
    gc.collect()
    gc.freeze()
    costs = [(few.cost_us(), many.cost_us()) for _ in range(ROUNDS)]
    gc.unfreeze()
    ratio = statistics.median(b / a for a, b in costs)
    rows = [
        ("known tags", "us a read"),
        (f"{FEW:,}", f"{statistics.median(a for a, _ in costs):.2f}"),
        (f"{MANY:,}", f"{statistics.median(b for _, b in costs):.2f}"),
    ]
    words = (
        f"CPU time in the pipeline, {ACTIVE} of the tags being read; "
        "the whole way from the socket to the journal: benchmarks/way_of_a_read.py."
    )
    what = f"cost of a read, {MANY:,} known tags to {FEW}"
    check = Check(what, f"{ratio:.2f} times", f"at most {COST_MAX} times", ratio <= COST_MAX)
    return Section("Cost of a read", words, rows), [check]


def points_section() -> tuple[Section, list[Check]]:
    """Points tested against 1,000 polygons, in arrays and one by one, by benchmarks/points.py."""
    command = [sys.executable, str(POINTS)]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 - ours
    rows: list[tuple[str, ...]] = [("way", "us a point", "times the arrays")]
    ratios: list[float] = []
    for block in re.split(r"(?=^\d+ polygons)", out, flags=re.MULTILINE):
        corners = re.search(r"of (\d+) corners", block)
        for way, us, ratio in re.findall(
            r"^  (\S.+?) +([\d.]+) us/point +([\d.]+) x", block, re.MULTILINE
        ):
            rows.append((f"{way}, {corners[1] if corners else '?'} corners", us, ratio))
            ratios += [float(ratio)] if way.startswith("tree") else []
    least = min(ratios)
    words = "1,000 polygons; every way gives the same answers."
    what = "points in arrays, to shapely's tree one by one"
    target = f"at least {FASTER_MIN:.0f} times"
    check = Check(what, f"{least:.1f} times faster", target, least >= FASTER_MIN)
    return Section("Points in polygons", words, rows), [check]
