/** Where a point snaps to: corners of other zones, walls, right angles, and else the grid. */
import {
  distance,
  distanceTo,
  type Edge,
  edgesOf,
  meeting,
  nearestOn,
  type Point,
  type Ring,
  rounded,
} from "./geometry";

export type SnapKind = "corner" | "wall" | "angle" | "grid" | null;

export interface Snapped {
  readonly at: Point;
  /** What it snapped to. */
  readonly to: SnapKind;
  /** Lines to show, as long as the pointer is there. */
  readonly guides: readonly Edge[];
}

export interface Surroundings {
  readonly on: boolean;
  /** Outlines of the other zones, and of the floor. */
  readonly rings: readonly Ring[];
  /** The corners before the point, nearest first, and after it. */
  readonly before: readonly Point[];
  readonly after: readonly Point[];
  /** How near it must be, in metres: a few pixels at the present zoom. */
  readonly reach_m: number;
}

export const GRID_M = 0.1;
const FAR_M = 1e6;

/** The outline of a floor, whose walls are snapped to as well. */
export function floorRing([width, depth]: Point): Ring {
  return [
    [0, 0],
    [width, 0],
    [width, depth],
    [0, depth],
  ];
}

/** Where `at` comes to lie. Without snapping it is kept to the centimetre. */
export function snap(at: Point, around: Surroundings): Snapped {
  if (!around.on) return { at: rounded(at), to: null, guides: [] };
  return toCorner(at, around) ?? toLines(at, around) ?? { at: onGrid(at), to: "grid", guides: [] };
}

function onGrid([x, y]: Point): Point {
  return rounded([Math.round(x / GRID_M) * GRID_M, Math.round(y / GRID_M) * GRID_M]);
}

function nearest<T>(items: readonly T[], far: (item: T) => number, reach_m: number): T | null {
  let best: T | null = null;
  let least = reach_m;
  for (const item of items) {
    const is = far(item);
    if (is > least || (is === least && best !== null)) continue;
    [best, least] = [item, is];
  }
  return best;
}

function toCorner(at: Point, { rings, reach_m }: Surroundings): Snapped | null {
  const corner = nearest(rings.flat(), (each) => distance(each, at), reach_m);
  return corner && { at: rounded(corner), to: "corner", guides: [] };
}

/** Onto the nearest wall and the nearest right angle; where they meet, if both are near. */
function toLines(at: Point, around: Surroundings): Snapped | null {
  const { reach_m } = around;
  const walls = around.rings.flatMap(edgesOf);
  const wall = nearest(walls, (edge) => distanceTo(edge, at), reach_m);
  const angles = rightAngles(around).filter((line) => distanceTo(line, at) <= reach_m);
  const angle = nearest(angles, (line) => distanceTo(line, at), reach_m);
  const second = angle && nearest(notAlong(angles, angle), (line) => distanceTo(line, at), reach_m);
  return (
    both(at, wall, angle, reach_m) ??
    both(at, angle, second, reach_m) ??
    one(at, wall, "wall") ??
    one(at, angle, "angle")
  );
}

function notAlong(lines: readonly Edge[], line: Edge): Edge[] {
  return lines.filter((each) => meeting(each, line) !== null);
}

function both(at: Point, line: Edge | null, other: Edge | null, reach_m: number): Snapped | null {
  const met = line && other && meeting(line, other);
  if (!met || distance(met, at) > reach_m * 1.5 || distanceTo(line, met) > 1e-6) return null;
  return { at: rounded(met), to: "angle", guides: [shown(line, met), shown(other, met)] };
}

function one(at: Point, line: Edge | null, to: SnapKind): Snapped | null {
  if (!line) return null;
  const there = nearestOn(line, at);
  // Along a wall that runs straight, the other coordinate keeps to the grid.
  const [gx, gy] = onGrid(there);
  if (line.from[0] === line.to[0]) return { at: rounded([line.from[0], gy]), to, guides: [line] };
  if (line.from[1] === line.to[1]) return { at: rounded([gx, line.from[1]]), to, guides: [line] };
  return { at: rounded(there), to, guides: [line] };
}

/** A guide that has no end is shown from where it starts to the point. */
function shown(line: Edge, at: Point): Edge {
  const isWall = Math.abs(line.to[0]) < FAR_M / 2 && Math.abs(line.to[1]) < FAR_M / 2;
  return isWall ? line : { from: middleOf(line), to: at };
}

function middleOf({ from, to }: Edge): Point {
  return [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2];
}

/** Lines on which the point would make a right angle: level, plumb, and square to the last edge. */
function rightAngles({ before, after }: Surroundings): Edge[] {
  return [...linesAt(before[0], before[1]), ...linesAt(after[0], after[1])];
}

function linesAt(corner: Point | undefined, beyond: Point | undefined): Edge[] {
  if (!corner) return [];
  const lines = [through(corner, 1, 0), through(corner, 0, 1)];
  if (!beyond) return lines;
  const [dx, dy] = [corner[0] - beyond[0], corner[1] - beyond[1]];
  const length = Math.hypot(dx, dy);
  const isSlanted = length > 0 && dx !== 0 && dy !== 0;
  return isSlanted ? [...lines, through(corner, -dy / length, dx / length)] : lines;
}

function through([x, y]: Point, dx: number, dy: number): Edge {
  return { from: [x - dx * FAR_M, y - dy * FAR_M], to: [x + dx * FAR_M, y + dy * FAR_M] };
}
