"""Rectangles over a site, each with the shapes that it touches: most points need no closer look."""

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Bools = NDArray[np.bool_]
Geometries = NDArray[np.object_]

SIDE_MAX = 128
ENTRIES_MAX = 100_000
"""Cells by shapes that they may touch; with more of them the cells become larger."""


class Candidates(NamedTuple):
    """Pairs of a point and a shape that may hold it, by point and place of the shape.

    `sure` says that it does.
    """

    points: Whole
    shapes: Whole
    sure: Bools


class PointGrid:
    """Cells of all sizes, small where there are many shapes.

    `tree` holds the boxes of `cores`; those that are `is_round` reach further than
    their core and are never sure.
    """

    def __init__(self, tree: STRtree, cores: Geometries, is_round: Bools) -> None:
        bounds = shapely.bounds(tree.geometries).reshape(-1, 4)
        self._xs, self._ys = _edges(bounds)
        self._columns = max(1, len(self._xs) - 1)
        boxes = self._boxes()
        cells, shapes = tree.query(boxes)
        drawn = np.flatnonzero(~is_round[shapes])
        touch = np.ones(len(shapes), dtype=np.bool_)
        touch[drawn] = shapely.intersects(cores[shapes[drawn]], boxes[cells[drawn]])
        covered = np.zeros(len(shapes), dtype=np.bool_)
        covered[drawn] = shapely.covers(cores[shapes[drawn]], boxes[cells[drawn]])
        order = np.lexsort((shapes, cells))
        order = order[touch[order]]
        self._shapes, self._covered = shapes[order], covered[order]
        self._starts = np.searchsorted(cells[order], np.arange(len(boxes) + 1))

    def candidates(self, xs: Floats, ys: Floats) -> Candidates:
        """The shapes that may hold each point; no number is nowhere."""
        if not len(self._shapes):
            nothing = np.zeros(0, dtype=np.int64)
            return Candidates(nothing, nothing, nothing.astype(np.bool_))
        within = (xs >= self._xs[0]) & (xs <= self._xs[-1])
        within &= (ys >= self._ys[0]) & (ys <= self._ys[-1])
        cells = _place(self._ys, ys) * self._columns + _place(self._xs, xs)
        starts = self._starts[cells]
        counts = np.where(within, self._starts[cells + 1] - starts, 0)
        points = np.repeat(np.arange(len(xs)), counts)
        first = np.cumsum(counts) - counts
        entries = np.arange(len(points)) + (starts - first)[points]
        return Candidates(points, self._shapes[entries], self._covered[entries])

    def _boxes(self) -> Geometries:
        """The cells, row by row; a point on an edge belongs to the one that begins there."""
        lefts, bottoms = np.meshgrid(self._xs[:-1], self._ys[:-1])
        rights, tops = np.meshgrid(self._xs[1:], self._ys[1:])
        boxes = shapely.box(lefts.ravel(), bottoms.ravel(), rights.ravel(), tops.ravel())
        return np.asarray(boxes, dtype=np.object_)


def _edges(bounds: Floats) -> tuple[Floats, Floats]:
    """Where the columns and the rows are cut: at edges of boxes, as many as the limits allow."""
    side = SIDE_MAX
    while True:
        xs, ys = _cuts(bounds[:, [0, 2]], side), _cuts(bounds[:, [1, 3]], side)
        across = _place(xs, bounds[:, 2]) - _place(xs, bounds[:, 0]) + 1
        up = _place(ys, bounds[:, 3]) - _place(ys, bounds[:, 1]) + 1
        if side == 1 or int((across * up).sum()) <= ENTRIES_MAX:
            return xs, ys
        side //= 2


def _cuts(ends: Floats, side: int) -> Floats:
    cuts = np.unique(ends)
    wanted = np.linspace(0, len(cuts) - 1, side + 1).round().astype(np.int64)
    return cuts if len(cuts) <= side + 1 else cuts[wanted]


def _place(edges: Floats, values: Floats) -> Whole:
    """In which interval each value lies; what is outside is put into the next one."""
    places = np.searchsorted(edges, values, side="right") - 1
    return np.clip(places, 0, max(0, len(edges) - 2))
