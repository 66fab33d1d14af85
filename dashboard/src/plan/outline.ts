/** Outlines of zones: rings in metres, what lies in them, and where their middle is. */
import type { Zone } from "../api/shape";
import type { BoxM, PointM } from "./types";

/** Corners in order, the last joined to the first; flat: x0, y0, x1, y1, … */
export type Ring = Float64Array;

/** One zone as drawn: outer rings and holes; a point is inside by the even-odd rule. */
export interface Outline {
  readonly rings: readonly Ring[];
  readonly box: BoxM;
}

type Corners = readonly (readonly number[])[];

/** The outline of a zone in metres; null for one that is drawn nowhere. */
export function outlineOf(zone: Pick<Zone, "geometry" | "polygon">): Outline | null {
  const rings = ringsOf(zone)
    .map(ringOf)
    .filter((ring) => ring.length >= 6);
  return rings.length ? { rings, box: boxOf(rings) } : null;
}

function ringsOf(zone: Pick<Zone, "geometry" | "polygon">): Corners[] {
  const { type, coordinates } = zone.geometry ?? {};
  if (type === "Polygon" && Array.isArray(coordinates)) return coordinates as Corners[];
  if (type === "MultiPolygon" && Array.isArray(coordinates)) {
    return (coordinates as Corners[][]).flat();
  }
  return zone.polygon ? [zone.polygon] : [];
}

function ringOf(corners: Corners): Ring {
  const points = corners.map(([x = 0, y = 0]) => [x, y] as const);
  const [first, last] = [points[0], points.at(-1)];
  if (first && last && points.length > 1 && first[0] === last[0] && first[1] === last[1]) {
    points.pop();
  }
  return Float64Array.from(points.flat());
}

function boxOf(rings: readonly Ring[]): BoxM {
  const box = { left: Infinity, bottom: Infinity, right: -Infinity, top: -Infinity };
  for (const ring of rings) {
    eachCorner(ring, (x, y) => {
      box.left = Math.min(box.left, x);
      box.right = Math.max(box.right, x);
      box.bottom = Math.min(box.bottom, y);
      box.top = Math.max(box.top, y);
    });
  }
  return box;
}

/** Go round a ring. */
export function eachCorner(ring: Ring, take: (x: number, y: number, index: number) => void): void {
  for (let at = 0; at + 1 < ring.length; at += 2) take(ring[at] ?? 0, ring[at + 1] ?? 0, at / 2);
}

/** The least box around both. */
export function joined(one: BoxM, other: BoxM): BoxM {
  return {
    left: Math.min(one.left, other.left),
    bottom: Math.min(one.bottom, other.bottom),
    right: Math.max(one.right, other.right),
    top: Math.max(one.top, other.top),
  };
}

/** Whether a point lies inside. */
export function contains(outline: Outline, x: number, y: number): boolean {
  const { box } = outline;
  if (x < box.left || x > box.right || y < box.bottom || y > box.top) return false;
  let inside = false;
  for (const ring of outline.rings) if (crosses(ring, x, y)) inside = !inside;
  return inside;
}

function crosses(ring: Ring, x: number, y: number): boolean {
  let odd = false;
  let [x0, y0] = [ring[ring.length - 2] ?? 0, ring[ring.length - 1] ?? 0];
  eachCorner(ring, (x1, y1) => {
    if (y0 > y !== y1 > y && x < x0 + ((y - y0) * (x1 - x0)) / (y1 - y0)) odd = !odd;
    [x0, y0] = [x1, y1];
  });
  return odd;
}

/** How far a point is from the nearest edge, in metres. */
export function edgeDistance(outline: Outline, x: number, y: number): number {
  let least = Infinity;
  for (const ring of outline.rings) {
    let [x0, y0] = [ring[ring.length - 2] ?? 0, ring[ring.length - 1] ?? 0];
    eachCorner(ring, (x1, y1) => {
      least = Math.min(least, distanceToLine(x, y, x0, y0, x1, y1));
      [x0, y0] = [x1, y1];
    });
  }
  return least;
}

function distanceToLine(
  x: number,
  y: number,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
): number {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const long = dx * dx + dy * dy;
  const along = long ? Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / long)) : 0;
  return Math.hypot(x - x0 - along * dx, y - y0 - along * dy);
}

const MIDDLE_STEPS = 12;

/** The point inside that is farthest from every edge, to a twelfth of the size. */
export function middleOf(outline: Outline): PointM {
  const { box } = outline;
  const [width, height] = [box.right - box.left, box.top - box.bottom];
  let best = { x: box.left + width / 2, y: box.bottom + height / 2 };
  let most = contains(outline, best.x, best.y) ? edgeDistance(outline, best.x, best.y) * 1.05 : -1;
  for (let row = 1; row < MIDDLE_STEPS; row++) {
    for (let column = 1; column < MIDDLE_STEPS; column++) {
      const x = box.left + (width * column) / MIDDLE_STEPS;
      const y = box.bottom + (height * row) / MIDDLE_STEPS;
      if (!contains(outline, x, y)) continue;
      const distance = edgeDistance(outline, x, y);
      if (distance > most) [best, most] = [{ x, y }, distance];
    }
  }
  return best;
}

/** So much farther than the border itself a sharp corner may be moved. */
const SHARPEST = 3;

/** Its rings moved inwards by `by` metres, for a line beside the border; corners stay corners. */
export function insetRings(outline: Outline, by: number): Ring[] {
  return outline.rings.map((ring) => {
    const side = insideOf(outline, ring) * by;
    const count = ring.length / 2;
    const moved = new Float64Array(ring.length);
    for (let at = 0; at < count; at++) {
      const [nx, ny] = normalAt(ring, (at + count - 1) % count);
      const [mx, my] = normalAt(ring, at);
      // The corner goes along the sum of both normals, so that both edges move by the same.
      const reach = side / Math.max(1 + nx * mx + ny * my, 1 / SHARPEST);
      moved[2 * at] = (ring[2 * at] ?? 0) + (nx + mx) * reach;
      moved[2 * at + 1] = (ring[2 * at + 1] ?? 0) + (ny + my) * reach;
    }
    return moved;
  });
}

/** The unit normal of the edge from corner `at` to the next, to its left. */
function normalAt(ring: Ring, at: number): readonly [number, number] {
  const next = (at + 1) % (ring.length / 2);
  const dx = (ring[2 * next] ?? 0) - (ring[2 * at] ?? 0);
  const dy = (ring[2 * next + 1] ?? 0) - (ring[2 * at + 1] ?? 0);
  const long = Math.hypot(dx, dy) || 1;
  return [-dy / long, dx / long];
}

/** 1 where the inside of the outline is to the left of a ring, else -1. */
function insideOf(outline: Outline, ring: Ring): 1 | -1 {
  const { box } = outline;
  const step = Math.min(box.right - box.left, box.top - box.bottom) / 1000;
  const [nx, ny] = normalAt(ring, 0);
  const x = ((ring[0] ?? 0) + (ring[2] ?? 0)) / 2;
  const y = ((ring[1] ?? 0) + (ring[3] ?? 0)) / 2;
  return contains(outline, x + nx * step, y + ny * step) ? 1 : -1;
}
