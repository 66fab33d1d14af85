/** What is wrong with an outline, and what to live with. */
import {
  areaOf,
  contains,
  crossesItself,
  hasCrossing,
  overlaps,
  type Point,
  type Ring,
} from "./geometry";

/** A zone that is already there; `rings` are the outlines that it is made of. */
export interface Neighbour {
  readonly name: string;
  readonly rings: readonly Ring[];
}

export type Fault = "few" | "crossing" | "flat";

export interface Verdict {
  /** Why it can not be saved; null where it can. */
  readonly fault: Fault | null;
  /** Corners that lie off the floor, by place. */
  readonly outside: readonly number[];
  /** Zones that share ground with it, and neither lies in the other. */
  readonly overlapping: readonly string[];
  /** Zones that lie all in it, and those that it lies all in. */
  readonly inner: readonly string[];
  readonly outer: readonly string[];
}

const AREA_M2_MIN = 0.01;

/** Judge an outline on a floor of `size` metres among its neighbours. */
export function judged(ring: Ring, size: Point, neighbours: readonly Neighbour[]): Verdict {
  const fault = faultOf(ring);
  const near = fault === null ? neighbours : [];
  const outer = near.filter((each) => each.rings.some((other) => contains(other, ring)));
  const inner = near.filter(
    (each) => !outer.includes(each) && each.rings.every((other) => contains(ring, other)),
  );
  const crossing = near.filter(
    (each) =>
      !outer.includes(each) &&
      !inner.includes(each) &&
      each.rings.some((other) => overlaps(ring, other)),
  );
  return {
    fault,
    outside: outsideOf(ring, size),
    overlapping: crossing.map(nameOf),
    inner: inner.map(nameOf),
    outer: outer.map(nameOf),
  };
}

const nameOf = (neighbour: Neighbour) => neighbour.name;

export function faultOf(ring: Ring): Fault | null {
  if (ring.length < 3) return "few";
  // A bow tie has no area either; what lies on a line does not cross itself.
  if (areaOf(ring) < AREA_M2_MIN) return hasCrossing(ring) ? "crossing" : "flat";
  return crossesItself(ring) ? "crossing" : null;
}

function outsideOf(ring: Ring, [width, depth]: Point): number[] {
  return ring.flatMap(([x, y], place) => (x < 0 || y < 0 || x > width || y > depth ? [place] : []));
}
