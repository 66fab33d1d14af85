"""What can be wrong with the outline of a zone."""

import re
from collections.abc import Iterator, Sequence

from shapely import Polygon
from shapely.validation import explain_validity

_AT = re.compile(r"(.*?)\[(\S+) (\S+)\]")
_WORDS = {
    "Self-intersection": "crosses itself",
    "Ring Self-intersection": "touches itself",
}


def polygon_faults(
    polygon: Sequence[tuple[float, float]],
    size_m: tuple[float, float] | None,
) -> Iterator[str]:
    """Say why the corners (metres) enclose no clean area, or leave a floor of `size_m`."""
    if len(set(polygon)) < 3:  # noqa: PLR2004 - two corners make a line
        yield "has no area; it needs three different corners"
        return
    shape = Polygon(polygon)
    if shape.convex_hull.area == 0:
        yield "has no area; all corners lie on one line"
    elif not shape.is_valid:
        yield _explained(explain_validity(shape))
    yield from _outside(polygon, size_m)


def _explained(explanation: str) -> str:
    match = _AT.fullmatch(explanation)
    if match is None:
        return f"is no clean outline: {explanation}"
    words, x_m, y_m = match.groups()
    return f"{_WORDS.get(words, words.lower())} at ({float(x_m):g}, {float(y_m):g})"


def _outside(
    polygon: Sequence[tuple[float, float]],
    size_m: tuple[float, float] | None,
) -> Iterator[str]:
    if size_m is None:
        return
    width_m, depth_m = size_m
    for x_m, y_m in polygon:
        if not (0 <= x_m <= width_m and 0 <= y_m <= depth_m):
            yield f"({x_m:g}, {y_m:g}) lies outside the floor of {width_m:g} x {depth_m:g} m"
            return
