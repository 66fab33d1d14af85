/** Degrees of WGS84 to metres of the site, and back: as zones/georeference.py does it. Pure. */
import type { PointM } from "./types";

const AXIS_M = 6_378_137;
const FLATTENING = 1 / 298.257223563;
const E2 = FLATTENING * (2 - FLATTENING);
const DEGREE = Math.PI / 180;
/** Each round of looking nearer leaves less than a thousandth of the error. */
const ROUNDS = 6;

type Axes = readonly [x: number, y: number, z: number];

export interface Origin {
  readonly lat: number;
  readonly lon: number;
  readonly bearing_deg: number;
}

export interface Degrees {
  readonly lat: number;
  /** Counted on from the origin's longitude: beyond the date line it goes on past 180. */
  readonly lon: number;
}

/** The plane that touches the ellipsoid at the site's origin, turned as its floors are. */
export class Globe {
  private readonly centre: Axes;
  private readonly x: Axes;
  private readonly y: Axes;

  constructor(readonly origin: Origin) {
    const [lat, lon, turn] = [origin.lat, origin.lon, origin.bearing_deg].map(
      (each) => each * DEGREE,
    ) as [number, number, number];
    const east: Axes = [-Math.sin(lon), Math.cos(lon), 0];
    const north: Axes = [
      -Math.sin(lat) * Math.cos(lon),
      -Math.sin(lat) * Math.sin(lon),
      Math.cos(lat),
    ];
    this.centre = earthCentred(lat, lon);
    this.x = turned(east, north, Math.cos(turn), -Math.sin(turn));
    this.y = turned(east, north, Math.sin(turn), Math.cos(turn));
  }

  toMetres({ lat, lon }: Degrees): PointM {
    const point = earthCentred(lat * DEGREE, lon * DEGREE);
    const away = point.map((each, at) => each - (this.centre[at] ?? 0));
    return { x: dot(this.x, away), y: dot(this.y, away) };
  }

  /** The place that `toMetres` takes to a point at most some hundred kilometres away. */
  toDegrees({ x, y }: PointM): Degrees {
    const turn = this.origin.bearing_deg * DEGREE;
    let { lat, lon } = this.origin;
    let away = { x, y };
    for (let round = 0; round < ROUNDS; round++) {
      const east = away.x * Math.cos(turn) + away.y * Math.sin(turn);
      const north = away.y * Math.cos(turn) - away.x * Math.sin(turn);
      lat = Math.max(-89.9, Math.min(89.9, lat + north / AXIS_M / DEGREE));
      lon += east / (AXIS_M * Math.cos(lat * DEGREE)) / DEGREE;
      const there = this.toMetres({ lat, lon });
      away = { x: x - there.x, y: y - there.y };
    }
    return { lat, lon };
  }
}

/** A point of the ellipsoid (radians), in metres from the middle of the earth. */
function earthCentred(lat: number, lon: number): Axes {
  const normal = AXIS_M / Math.sqrt(1 - E2 * Math.sin(lat) ** 2);
  return [
    normal * Math.cos(lat) * Math.cos(lon),
    normal * Math.cos(lat) * Math.sin(lon),
    normal * (1 - E2) * Math.sin(lat),
  ];
}

function turned(east: Axes, north: Axes, ofEast: number, ofNorth: number): Axes {
  const along = (at: 0 | 1 | 2) => ofEast * east[at] + ofNorth * north[at];
  return [along(0), along(1), along(2)];
}

function dot(axes: Axes, away: readonly number[]): number {
  return axes.reduce((sum, each, at) => sum + each * (away[at] ?? 0), 0);
}
