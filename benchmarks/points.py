"""Points against 1,000 polygons: our arrays and shapely point by point, in the same run.

    python -m benchmarks.points [--points N] [--rounds N]

The peers ask for one point after the other: one has an STRtree of the polygons and lets
it answer with `intersects`, one tests what the tree finds against prepared polygons,
one has no tree. All must give the same answers. Ratios above 1 mean that the arrays
are faster. The rounds are interleaved, and the best of each is taken.
"""

import argparse
import random
import time
from collections.abc import Callable
from math import cos, pi, sin

import numpy as np
import shapely
from shapely import Point, Polygon, STRtree

from zones.point_grid import Floats
from zones.settings import ZoneSettings
from zones.shapes import Holding, ZoneShapes

ZONES = 1_000
SIDE_M = 1_000.0
SLOW_POINTS = 200
"""How many points the peer without a tree is asked for; it is that slow."""

Answers = list[tuple[int, int]]
Peer = Callable[[Floats, Floats], Answers]


def outline(rng: random.Random, corners: int) -> tuple[tuple[float, float], ...]:
    """Return the corners of a polygon with bays and bulges, 10 to 60 m across, no two alike."""
    x_m, y_m, size_m = rng.uniform(0, SIDE_M), rng.uniform(0, SIDE_M), rng.uniform(6, 24)
    bays, turn, depth = rng.randint(1, 6), rng.uniform(0, 2 * pi), rng.uniform(0, 0.5)
    angles = [2 * pi * n / corners for n in range(corners)]
    radii = [size_m * (1 + depth * sin(bays * angle + turn)) for angle in angles]
    return tuple(
        (x_m + radius * cos(angle), y_m + radius * sin(angle))
        for angle, radius in zip(angles, radii, strict=True)
    )


def arrays_of(shapes: ZoneShapes) -> Callable[[Floats, Floats], Holding]:
    """Return our way: all points at once, the answer as arrays."""
    return lambda xs, ys: shapes.holding(shapes.spots(xs, ys))


def tree_of(polygons: list[Polygon]) -> Peer:
    """Return shapely's tree, asked point by point."""
    tree = STRtree(polygons)

    def ask(xs: Floats, ys: Floats) -> Answers:
        answers: Answers = []
        for n, (x_m, y_m) in enumerate(zip(xs.tolist(), ys.tolist(), strict=True)):
            for zone in sorted(tree.query(Point(x_m, y_m), predicate="intersects").tolist()):
                answers.append((n, zone))
        return answers

    return ask


def prepared_of(polygons: list[Polygon]) -> Peer:
    """Return shapely's tree for the boxes, and prepared polygons, point by point."""
    tree = STRtree(polygons)
    shapely.prepare(polygons)

    def ask(xs: Floats, ys: Floats) -> Answers:
        answers: Answers = []
        for n, (x_m, y_m) in enumerate(zip(xs.tolist(), ys.tolist(), strict=True)):
            point = Point(x_m, y_m)
            answers += [
                (n, zone)
                for zone in sorted(tree.query(point).tolist())
                if polygons[zone].intersects(point)
            ]
        return answers

    return ask


def plain_of(polygons: list[Polygon]) -> Peer:
    """Return prepared polygons without a tree: every point against every polygon."""
    shapely.prepare(polygons)

    def ask(xs: Floats, ys: Floats) -> Answers:
        answers: Answers = []
        for n, (x_m, y_m) in enumerate(zip(xs.tolist(), ys.tolist(), strict=True)):
            point = Point(x_m, y_m)
            answers += [(n, zone) for zone, each in enumerate(polygons) if each.intersects(point)]
        return answers

    return ask


def cpu_us(ask: Callable[[Floats, Floats], object], xs: Floats, ys: Floats) -> float:
    """Return the CPU time per point in microseconds."""
    start = time.process_time()
    ask(xs, ys)
    return (time.process_time() - start) / len(xs) * 1e6


def compare(corners: int, points: int, rounds: int) -> None:
    """Print the times for polygons of so many corners, after a look at the answers."""
    rng = random.Random(corners)
    outlines = {f"z{n:04}": outline(rng, corners) for n in range(ZONES)}
    shapes = ZoneShapes([ZoneSettings(name=n, polygon=ring) for n, ring in outlines.items()])
    # The peers number the polygons as the shapes rank them, so that answers can be compared.
    polygons = [Polygon(outlines[name]) for name in shapes.names]
    peers = {
        "tree, point by point": (tree_of(polygons), points),
        "tree and prepared": (prepared_of(polygons), points),
        "prepared, no tree": (plain_of(polygons), SLOW_POINTS),
    }
    xs = np.array([rng.uniform(0, SIDE_M) for _ in range(points)])
    ys = np.array([rng.uniform(0, SIDE_M) for _ in range(points)])
    ours = arrays_of(shapes)
    best = dict.fromkeys(["arrays", *peers], float("inf"))
    for name, (peer, count) in peers.items():
        found = ours(xs[:count], ys[:count])
        pairs = list(zip(found.points.tolist(), found.zones.tolist(), strict=True))
        assert pairs == peer(xs[:count], ys[:count]), f"{name} answers something else"
    for _ in range(rounds):
        best["arrays"] = min(best["arrays"], cpu_us(ours, xs, ys))
        for name, (peer, count) in peers.items():
            best[name] = min(best[name], cpu_us(peer, xs[:count], ys[:count]))
    print(f"{ZONES} polygons of {corners} corners, {points} points, all with the same answers")
    for name, us in best.items():
        print(f"  {name:<24}{us:10.2f} us/point {us / best['arrays']:8.1f} x")


def main() -> None:
    """Run all comparisons."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    for corners in (4, 16, 100):
        compare(corners, chosen.points, chosen.rounds)


if __name__ == "__main__":
    main()
