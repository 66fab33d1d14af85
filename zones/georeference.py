"""Degrees of WGS84 to metres of the site, and back.

The site's plane touches the ellipsoid at the origin. A point is taken to
earth-centred coordinates and then to east, north and up of the origin (National
Geospatial-Intelligence Agency, NGA.STND.0036, "World Geodetic System 1984"; the
rotation is that of any textbook on satellite navigation). Looking down on that plane
shortens a distance d by about d³/6R²: 3 cm at 20 km, 4 m at 100 km. The formulas know
neither poles nor a date line.
"""

from math import atan2, cos, degrees, hypot, radians, sin, sqrt
from typing import NamedTuple

from zones.position_settings import OriginSettings

AXIS_M = 6_378_137.0
"""Semi-major axis of WGS84."""

_FLATTENING = 1 / 298.257223563
_E2 = _FLATTENING * (2 - _FLATTENING)

FAR_M = 1e7
"""How far away everything is said to be that lies more than 60 degrees of arc off."""

_DEPTH_M_MAX = AXIS_M / 2


LAT_MAX, LON_MAX = 90, 180


def are_degrees(lat: float, lon: float) -> bool:
    """Whether there is such a place on the globe; what is no number is none."""
    return abs(lat) <= LAT_MAX and abs(lon) <= LON_MAX


class Axes(NamedTuple):
    """Unit vectors of the site's plane, or a point, in earth-centred coordinates (metres)."""

    x: float
    y: float
    z: float

    def dot(self, x: float, y: float, z: float) -> float:
        """The inner product."""
        return self.x * x + self.y * y + self.z * z


class Georeference:
    """The tie between the globe and the floors of one site."""

    def __init__(self, origin: OriginSettings) -> None:
        lat, lon, turn = map(radians, (origin.lat, origin.lon, origin.bearing_deg))
        self.origin = origin
        self._centre = _earth_centred(lat, lon)
        east = Axes(-sin(lon), cos(lon), 0.0)
        north = Axes(-sin(lat) * cos(lon), -sin(lat) * sin(lon), cos(lat))
        self._up = Axes(cos(lat) * cos(lon), cos(lat) * sin(lon), sin(lat))
        self._x = _turned(east, north, cos(turn), -sin(turn))
        self._y = _turned(east, north, sin(turn), cos(turn))

    def to_metres(self, lat: float, lon: float) -> tuple[float, float]:
        """Where a point (degrees) lies on the site's plane: x and y in metres.

        Beyond 60 degrees of arc only the direction is right, and the distance is `FAR_M`.
        """
        point = _earth_centred(radians(lat), radians(lon))
        away = [one - other for one, other in zip(point, self._centre, strict=True)]
        x_m, y_m = self._x.dot(*away), self._y.dot(*away)
        if self._up.dot(*away) < -_DEPTH_M_MAX:
            length_m = hypot(x_m, y_m)
            # The very opposite of the origin lies in no direction.
            return (x_m / length_m * FAR_M, y_m / length_m * FAR_M) if length_m else (FAR_M, 0.0)
        return x_m, y_m

    def to_degrees(self, x_m: float, y_m: float) -> tuple[float, float]:
        """Latitude and longitude of a point of the site's plane, looked at from above.

        Raises ValueError for what lies beside the globe.
        """
        on_plane = Axes(
            *(
                origin + x_m * x + y_m * y
                for origin, x, y in zip(self._centre, self._x, self._y, strict=True)
            ),
        )
        x, y, z = (
            place + self._height_m(on_plane) * up
            for place, up in zip(on_plane, self._up, strict=True)
        )
        return degrees(atan2(z, (1 - _E2) * hypot(x, y))), degrees(atan2(y, x))

    def _height_m(self, point: Axes) -> float:
        """How far the ellipsoid is above a point of the plane (mostly below: negative)."""
        up, squash = self._up, 1 / (1 - _E2)
        a = up.x * up.x + up.y * up.y + up.z * up.z * squash
        b = up.x * point.x + up.y * point.y + up.z * point.z * squash
        c = point.x * point.x + point.y * point.y + point.z * point.z * squash - AXIS_M**2
        inside = b * b - a * c
        if inside < 0:
            raise ValueError("lies beside the globe")
        # The stable one of the two ways to write the upper root: b is positive here.
        return -c / (b + sqrt(inside))


def _earth_centred(lat: float, lon: float) -> Axes:
    """A point of the ellipsoid (radians)."""
    normal_m = AXIS_M / sqrt(1 - _E2 * sin(lat) ** 2)
    return Axes(
        normal_m * cos(lat) * cos(lon),
        normal_m * cos(lat) * sin(lon),
        normal_m * (1 - _E2) * sin(lat),
    )


def _turned(east: Axes, north: Axes, of_east: float, of_north: float) -> Axes:
    return Axes(*(of_east * e + of_north * n for e, n in zip(east, north, strict=True)))
