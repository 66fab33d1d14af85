"""The drawn plans of the demo's two floors: walls with their doors, racks, stairs, lorries.

Quiet strokes of one grey on nothing, so that they can lie on a dark page and on a light one.
"""

from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw

from simulators.demo_floors import BUILDING, FIRST, FLOOR_SIZE_M, GROUND
from simulators.layout import Point

PIXELS_PER_M: Final = 24
_GREY: Final = (124, 134, 141)
_WALL, _INNER, _FAINT, _FILL = (*_GREY, 255), (*_GREY, 200), (*_GREY, 130), (*_GREY, 64)
_NOTHING: Final = (0, 0, 0, 0)
_WALL_M: Final = 0.36
_INNER_M: Final = 0.14
_LINE_M: Final = 0.08

Stretch = tuple[float, float, float, float]
"""Left, bottom, right and top, in metres on the floor."""

_SHELVES: Final = tuple(
    (west + 2 + 3.6 * n, 28.6, west + 3.9 + 3.6 * n, 43.6) for west in (2, 26) for n in range(6)
)
_CAGE_SHELVES: Final = ((63.4, 42.2, 68.6, 43.5), (71, 42.2, 76.2, 43.5), (64.4, 38, 74.4, 39.2))
_COLD_SHELVES: Final = ((52, 53.3, 75, 54.4), (52, 49.7, 58, 50.8), (63, 49.7, 75, 50.8))
_DOCKS_X_M: Final = (5, 12, 19, 30, 36, 42, 48)
_LORRIES_X_M: Final = (12.3, 36.3)

_GROUND_WALLS: Final[tuple[Stretch, ...]] = (
    (2, 47, 78, 47),
    (16, 47, 16, 58),
    (50, 47, 50, 58),
    (62, 27, 62, 47),
    (62, 36, 78, 36),
    (62, 27, 78, 27),
    (60, 12, 60, 24),
    (60, 24, 78, 24),
)
_GROUND_DOORS: Final[tuple[Stretch, ...]] = (
    (13, 47, 15.5, 47),
    (23, 47, 27, 47),
    (59, 47, 61.8, 47),
    (62, 40, 62, 43),
    (66, 27, 74, 27),
    (61.5, 24, 65, 24),
)
_FIRST_WALLS: Final[tuple[Stretch, ...]] = (
    (2, 47, 78, 47),
    (54, 33, 54, 58),
    (54, 33, 78, 33),
    (50, 12, 50, 47),
    (20, 53, 20, 58),
    (20, 53, 36, 53),
    (28, 53, 28, 58),
    (36, 53, 36, 58),
)
_FIRST_DOORS: Final[tuple[Stretch, ...]] = (
    (50.6, 47, 53.4, 47),
    (54, 50.5, 54, 53),
    (54, 38.8, 54, 41.2),
    (22.5, 53, 24.5, 53),
    (31, 53, 33, 53),
)
_DESKS: Final = tuple((6 + 6 * n, 49, 9 + 6 * n, 50.6) for n in range(7))
_BENCHES: Final = ((57, 55, 63, 56.4), (67, 55, 73, 56.4))
_STORE_SHELVES: Final = tuple((57 + 6.5 * n, 35, 61 + 6.5 * n, 36.2) for n in range(3))
_OPEN_TO_GROUND: Final = (2.4, 12.4, 49.8, 46.8)


def floor_plan_png(floor: str) -> bytes:
    """The plan of a floor as PNG with alpha, 24 pixels a metre. Raises KeyError."""
    sheet = _Sheet()
    {GROUND: _draw_ground, FIRST: _draw_first}[floor](sheet)
    return sheet.png()


def _draw_ground(sheet: "_Sheet") -> None:
    for shelf in (*_SHELVES, *_CAGE_SHELVES, *_COLD_SHELVES):
        sheet.block(shelf)
    sheet.walls(_GROUND_WALLS, _GROUND_DOORS)
    gate = (78.0, 16.0, 78.0, 20.0)
    docks = [(x_m, 12.0, x_m + 4.0, 12.0) for x_m in _DOCKS_X_M]
    sheet.building([gate, *docks])
    for x_m in _LORRIES_X_M:
        sheet.block((x_m, 3.0, x_m + 3.4, 11.4))
    for bay in range(7):
        sheet.line((84.5, 25.0 + bay * 3, 89.5, 25.0 + bay * 3), _FAINT, _LINE_M)
    sheet.stairs((67.0, 18.4, 70.2, 23.0))


def _draw_first(sheet: "_Sheet") -> None:
    sheet.hatch(_OPEN_TO_GROUND)
    for piece in (*_DESKS, *_BENCHES, *_STORE_SHELVES):
        sheet.block(piece)
    sheet.walls(_FIRST_WALLS, _FIRST_DOORS)
    sheet.building([])
    sheet.stairs((67.0, 14.8, 70.2, 19.4))


class _Sheet:
    """A sheet of the size of a floor; what is drawn is given in metres, with y upwards."""

    def __init__(self) -> None:
        width_m, depth_m = FLOOR_SIZE_M
        size = (round(width_m * PIXELS_PER_M), round(depth_m * PIXELS_PER_M))
        self._picture = Image.new("RGBA", size, _NOTHING)
        self._pen = ImageDraw.Draw(self._picture)

    def png(self) -> bytes:
        """All that was drawn."""
        target = BytesIO()
        self._picture.save(target, "PNG", optimize=False)
        return target.getvalue()

    def line(self, stretch: Stretch, ink: tuple[int, int, int, int], width_m: float) -> None:
        """A straight stroke."""
        x0, y0, x1, y1 = stretch
        ends = (self._pixel((x0, y0)), self._pixel((x1, y1)))
        self._pen.line(ends, fill=ink, width=max(1, round(width_m * PIXELS_PER_M)))

    def block(self, stretch: Stretch) -> None:
        """Something that stands there: a shelf, a desk, a lorry."""
        left, bottom, right, top = stretch
        corners = (self._pixel((left, top)), self._pixel((right, bottom)))
        self._pen.rectangle(corners, fill=_FILL, outline=_FAINT, width=2)

    def walls(self, walls: tuple[Stretch, ...], doors: tuple[Stretch, ...]) -> None:
        """Thin walls, and the doors cut out of them."""
        for wall in walls:
            self.line(wall, _INNER, _INNER_M)
        for door in doors:
            self.line(door, _NOTHING, 2 * _INNER_M)

    def building(self, doors: list[Stretch]) -> None:
        """The outer walls; a thin line stays of a door."""
        left, bottom, right, top = BUILDING
        corners = (self._pixel((left, top)), self._pixel((right, bottom)))
        self._pen.rectangle(corners, outline=_WALL, width=round(_WALL_M * PIXELS_PER_M))
        for door in doors:
            self.line(door, _NOTHING, 2.5 * _WALL_M)
            self.line(door, _INNER, _INNER_M)

    def stairs(self, stretch: Stretch) -> None:
        """A flight of stairs, step by step."""
        left, bottom, right, top = stretch
        self.block(stretch)
        for step in range(1, 8):
            y_m = bottom + (top - bottom) * step / 8
            self.line((left, y_m, right, y_m), _FAINT, _LINE_M)

    def hatch(self, stretch: Stretch) -> None:
        """Where there is no floor."""
        left, bottom, right, top = stretch
        size = (right - left) + (top - bottom)
        for n in range(1, round(size / 1.5)):
            along = n * 1.5
            start = (left + max(0.0, along - (top - bottom)), top - min(along, top - bottom))
            end = (left + min(along, right - left), top - max(0.0, along - (right - left)))
            self.line((*start, *end), _FAINT, _LINE_M)

    def _pixel(self, point: Point) -> Point:
        return (
            round(point[0] * PIXELS_PER_M),
            round((FLOOR_SIZE_M[1] - point[1]) * PIXELS_PER_M),
        )
