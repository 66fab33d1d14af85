/** Plane geometry of outlines: corners in metres, in order, the last one joined to the first. */

export type Point = readonly [x_m: number, y_m: number];
export type Ring = readonly Point[];
export interface Edge {
  from: Point;
  to: Point;
}

/** Coordinates are kept to a centimetre, finer than anybody can draw. */
export function rounded(point: Point): Point {
  return [Math.round(point[0] * 100) / 100 + 0, Math.round(point[1] * 100) / 100 + 0];
}

export function isSame(a: Point, b: Point): boolean {
  return a[0] === b[0] && a[1] === b[1];
}

export function distance(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

export function middle(a: Point, b: Point): Point {
  return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
}

/** Edge `n` goes from corner `n` to the next one. */
export function edgesOf(ring: Ring): Edge[] {
  return ring.flatMap((from, index) => {
    const to = ring[(index + 1) % ring.length];
    return to ? [{ from, to }] : [];
  });
}

/** Square metres; positive where the corners go round against the clock on paper with y upwards. */
export function signedArea(ring: Ring): number {
  return (
    edgesOf(ring).reduce((sum, { from, to }) => sum + from[0] * to[1] - to[0] * from[1], 0) / 2
  );
}

export function areaOf(ring: Ring): number {
  return Math.abs(signedArea(ring));
}

/** Which side of the line `a` to `b` the point lies on: the sign counts. */
export function side(a: Point, b: Point, point: Point): number {
  return (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0]);
}

/** The point of an edge that is nearest. */
export function nearestOn({ from, to }: Edge, point: Point): Point {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const squared = dx * dx + dy * dy;
  if (squared === 0) return from;
  const along = ((point[0] - from[0]) * dx + (point[1] - from[1]) * dy) / squared;
  const share = Math.min(1, Math.max(0, along));
  return [from[0] + share * dx, from[1] + share * dy];
}

export function distanceTo(edge: Edge, point: Point): number {
  return distance(nearestOn(edge, point), point);
}

function isOn(edge: Edge, point: Point): boolean {
  return distanceTo(edge, point) < 1e-9;
}

/** Whether two edges share a point, ends included. */
export function touches(one: Edge, other: Edge): boolean {
  if (crosses(one, other)) return true;
  return (
    isOn(one, other.from) || isOn(one, other.to) || isOn(other, one.from) || isOn(other, one.to)
  );
}

/** Whether two edges cross at a point that is an end of neither. */
export function crosses(one: Edge, other: Edge): boolean {
  const [a, b] = [side(one.from, one.to, other.from), side(one.from, one.to, other.to)];
  const [c, d] = [side(other.from, other.to, one.from), side(other.from, other.to, one.to)];
  return a * b < 0 && c * d < 0;
}

/** Whether two edges of an outline cross where neither ends. */
export function hasCrossing(ring: Ring): boolean {
  const edges = edgesOf(ring);
  return edges.some((edge, index) => edges.slice(index + 1).some((other) => crosses(edge, other)));
}

/** Whether an outline crosses or touches itself anywhere but where its edges meet. */
export function crossesItself(ring: Ring): boolean {
  const edges = edgesOf(ring);
  return edges.some((edge, index) =>
    edges.slice(index + 1).some((other, gap) => meetsWrongly(edge, other, gap, index, edges)),
  );
}

function meetsWrongly(one: Edge, other: Edge, gap: number, index: number, edges: Edge[]): boolean {
  const isNext = gap === 0;
  const isLast = index === 0 && gap === edges.length - 2;
  if (!isNext && !isLast) return touches(one, other);
  // Neighbours share a corner; they must not lie on each other.
  const [before, after] = isNext ? [one, other] : [other, one];
  return isOn(before, after.to) || isOn(after, before.from);
}

/** Whether the outline holds a point, its edge included. */
export function holds(ring: Ring, point: Point): boolean {
  let inside = false;
  for (const edge of edgesOf(ring)) {
    if (isOn(edge, point)) return true;
    const [[ax, ay], [bx, by]] = [edge.from, edge.to];
    const spans = ay > point[1] !== by > point[1];
    if (spans && point[0] < ((bx - ax) * (point[1] - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}

/** How far inside its edge a point lies. */
export function depth(ring: Ring, point: Point): number {
  return Math.min(...edgesOf(ring).map((edge) => distanceTo(edge, point)));
}

/** Whether `outer` holds all of `inner`. */
export function contains(outer: Ring, inner: Ring): boolean {
  if (!inner.every((corner) => holds(outer, corner))) return false;
  const edges = edgesOf(outer);
  return !edgesOf(inner).some((edge) => edges.some((other) => crosses(edge, other)));
}

/** Whether two outlines share more than an edge. Neither lies all in the other. */
export function overlaps(one: Ring, other: Ring): boolean {
  const [edges, others] = [edgesOf(one), edgesOf(other)];
  if (edges.some((edge) => others.some((each) => crosses(edge, each)))) return true;
  const isWithin = (ring: Ring, around: Ring) =>
    [...ring, ...edgesOf(ring).map(({ from, to }) => middle(from, to))].some(
      (point) => holds(around, point) && depth(around, point) > 1e-6,
    );
  return isWithin(one, other) || isWithin(other, one);
}

/** Where two straight lines meet; null for parallel ones. */
export function meeting(one: Edge, other: Edge): Point | null {
  const [px, py] = [one.to[0] - one.from[0], one.to[1] - one.from[1]];
  const [qx, qy] = [other.to[0] - other.from[0], other.to[1] - other.from[1]];
  const turn = px * qy - py * qx;
  if (Math.abs(turn) < 1e-9) return null;
  const [wx, wy] = [other.from[0] - one.from[0], other.from[1] - one.from[1]];
  const along = (wx * qy - wy * qx) / turn;
  return [one.from[0] + along * px, one.from[1] + along * py];
}
