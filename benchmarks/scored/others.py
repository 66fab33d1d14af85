"""Figures that other benchmarks measure, each in a process of its own."""

import json
import re
import statistics
import subprocess
import sys
from pathlib import Path

from benchmarks.scored.tables import Check, Section

FOLDER = Path(__file__).parents[1]
READS, FEW, MANY = 200_000, 100, 1_000_000
ROUNDS = 3


def cost_section() -> tuple[Section, list[Check]]:
    """CPU time of a read on its whole way, with few and with a million known tags."""
    few: list[float] = []
    many: list[float] = []
    for _ in range(ROUNDS):
        few.append(_cost_us(FEW))
        many.append(_cost_us(MANY))
    ratio = statistics.median(b / a for a, b in zip(few, many, strict=True))
    rows = [
        ("known tags", "us a read"),
        (f"{FEW:,}", f"{statistics.median(few):.2f}"),
        (f"{MANY:,}", f"{statistics.median(many):.2f}"),
    ]
    words = f"From LLRP bytes to the committed journal, {FEW} tags active."
    check = Check(
        "cost of a read, 1,000,000 known tags to 100", f"{ratio:.2f}", "at most 1.50", ratio <= 1.5
    )
    return Section("Cost of a read", words, rows), [check]


def _cost_us(known: int) -> float:
    result = json.loads(_output("way_of_a_read.py", "ours", READS, FEW, known))
    return float(result["cpu_s"] / result["reads"] * 1e6)


def points_section() -> tuple[Section, list[Check]]:
    """Points tested against 1,000 polygons, in arrays and one by one."""
    found = re.findall(
        r"polygons of (\d+) corners|^  (.+?) +([\d.]+) us/point +([\d.]+) x$",
        _output("points.py"),
        re.MULTILINE,
    )
    rows: list[tuple[str, ...]] = [("way", "us a point", "times the arrays")]
    ratios: list[float] = []
    corners = ""
    for heading, way, us, ratio in found:
        corners = heading or corners
        if way:
            rows.append((f"{way}, {corners} corners", us, ratio))
            ratios += [float(ratio)] if way == "tree, point by point" else []
    least = min(ratios)
    words = "1,000 polygons; every way gives the same answers."
    check = Check(
        "points in arrays, times faster than one by one", f"{least:.0f}", "at least 20", least >= 20
    )
    return Section("Points in polygons", words, rows), [check]


def _output(script: str, *arguments: object) -> str:
    command = [sys.executable, str(FOLDER / script), *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 - ours
