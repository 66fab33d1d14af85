/** Which tiles of a map are seen, and where they lie on a floor. Web Mercator, 256 pixels. Pure. */
import type { Degrees, Globe } from "./globe";
import type { BoxM, PointM } from "./types";

export interface Tile {
  readonly z: number;
  /** From the west; beyond the date line it goes on past the last one. */
  readonly x: number;
  readonly y: number;
}

const EQUATOR_M = 2 * Math.PI * 6_378_137;
const TILE_PIXELS = 256;
/** A wall of 3840 by 2160 pixels needs 160. */
export const MOST_TILES = 200;

/** Where a tile's left upper corner is. */
export function cornerOf({ z, x, y }: Tile): Degrees {
  const lat = Math.atan(Math.sinh(Math.PI * (1 - (2 * y) / 2 ** z)));
  return { lat: (lat * 180) / Math.PI, lon: (x / 2 ** z) * 360 - 180 };
}

/** Which tile of a zoom a place is in, and how far in: not rounded. */
export function placeOf({ lat, lon }: Degrees, z: number): { x: number; y: number } {
  const radians = (lat * Math.PI) / 180;
  const down = (1 - Math.asinh(Math.tan(radians)) / Math.PI) / 2;
  return { x: ((lon + 180) / 360) * 2 ** z, y: down * 2 ** z };
}

/** The zoom whose tiles are about as fine as the screen. */
export function zoomFor(lat: number, pixelsPerMetre: number, maxZoom: number): number {
  const whole = EQUATOR_M * Math.cos((lat * Math.PI) / 180) * pixelsPerMetre;
  const zoom = Math.round(Math.log2(whole / TILE_PIXELS));
  return Math.min(Math.max(zoom, 0), maxZoom);
}

/** The tiles that are seen, of a coarser zoom where there were too many. */
export function tilesIn(globe: Globe, seen: BoxM, pixelsPerMetre: number, maxZoom: number): Tile[] {
  const edge = around(seen).map((point) => globe.toDegrees(point));
  const lat = edge.reduce((sum, each) => sum + each.lat, 0) / edge.length;
  for (let z = zoomFor(lat, pixelsPerMetre, maxZoom); z >= 0; z--) {
    const span = spanOf(edge, z);
    if ((span.right - span.left + 1) * (span.bottom - span.top + 1) <= MOST_TILES)
      return tilesOf(span, z);
  }
  return [];
}

interface Span {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

function spanOf(edge: readonly Degrees[], z: number): Span {
  const places = edge.map((each) => placeOf(each, z));
  const [xs, ys] = [places.map((each) => each.x), places.map((each) => each.y)];
  return {
    left: Math.floor(Math.min(...xs)),
    right: Math.floor(Math.max(...xs)),
    top: Math.max(Math.floor(Math.min(...ys)), 0),
    bottom: Math.min(Math.floor(Math.max(...ys)), 2 ** z - 1),
  };
}

function tilesOf({ left, right, top, bottom }: Span, z: number): Tile[] {
  const found: Tile[] = [];
  for (let y = top; y <= bottom; y++) for (let x = left; x <= right; x++) found.push({ z, x, y });
  return found;
}

/** Corners and middles of the edges: a turned box reaches furthest at one of them, or nearly. */
function around({ left, right, bottom, top }: BoxM): PointM[] {
  const [x, y] = [(left + right) / 2, (bottom + top) / 2];
  return [left, x, right].flatMap((each) =>
    [bottom, y, top].map((other) => ({ x: each, y: other })),
  );
}

/** The tile that a tile is a part of, and which part: from where to where, 0 to 1. */
export interface Part {
  readonly tile: Tile;
  readonly x: number;
  readonly y: number;
  readonly size: number;
}

/** A tile itself, then the coarser ones that it is a part of. */
export function* coarser(tile: Tile): Generator<Part> {
  for (let up = 0; up <= tile.z; up++) {
    const many = 2 ** up;
    const [x, y] = [Math.floor(tile.x / many), Math.floor(tile.y / many)];
    yield {
      tile: { z: tile.z - up, x, y },
      x: tile.x / many - x,
      y: tile.y / many - y,
      size: 1 / many,
    };
  }
}

/** The address of a tile; around the globe the numbers begin again. */
export function addressOfTile(url: string, { z, x, y }: Tile): string {
  const many = 2 ** z;
  const numbers = { z, x: ((x % many) + many) % many, y };
  return url.replaceAll(/\{([xyz])\}/g, (_, name: "x" | "y" | "z") => String(numbers[name]));
}
