/** Places in a zone for what has no fix: each asset has one by its id and keeps it. */
import { contains, edgeDistance, type Outline } from "./outline";
import type { PointM } from "./types";

const FEWEST = 48;
/** Beyond this, assets share places. */
const MOST = 4096;
/** The corner of the zone's label stays free: so much of its width and height. */
const LABEL = { width: 0.6, height: 0.2, most_m: 3 };

/** Who sits where in one zone. A place is given by the hash of the name, or the next free one. */
export class Seats {
  private points: readonly PointM[] = [];
  private readonly seatOf = new Map<string, number>();
  private taken = new Set<number>();

  constructor(private readonly outline: Outline) {
    this.points = pointsIn(outline, FEWEST);
  }

  /** The place of `name`, the same until it leaves; the zone is set anew only when it fills up. */
  place(name: string): PointM {
    const known = this.seatOf.get(name);
    if (known !== undefined) return this.at(known);
    if (this.seatOf.size + 1 > this.points.length * 0.7 && this.points.length < MOST) this.widen();
    return this.at(this.seat(name));
  }

  /** `name` is somewhere else now. */
  leave(name: string): void {
    const seat = this.seatOf.get(name);
    if (seat === undefined) return;
    this.seatOf.delete(name);
    this.taken.delete(seat);
  }

  private at(seat: number): PointM {
    return this.points[seat % this.points.length] ?? { x: 0, y: 0 };
  }

  private seat(name: string): number {
    const count = this.points.length;
    let seat = hashOf(name) % count;
    for (let tries = 0; tries < count && this.taken.has(seat); tries++) seat = (seat + 1) % count;
    this.seatOf.set(name, seat);
    this.taken.add(seat);
    return seat;
  }

  private widen(): void {
    const names = [...this.seatOf.keys()].sort();
    this.points = pointsIn(this.outline, Math.min(this.points.length * 2, MOST));
    this.seatOf.clear();
    this.taken = new Set();
    for (const name of names) this.seat(name);
  }
}

/** FNV-1a, 32 bits: the same in every browser. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash >>> 0;
}

/**
 * About `count` points inside, spread evenly with a little disorder, none near an edge and none
 * under the label. At least one, whatever the outline; shuffled, always in the same way.
 */
export function pointsIn(outline: Outline, count: number): PointM[] {
  const { box } = outline;
  const [width, height] = [box.right - box.left, box.top - box.bottom];
  let step = Math.sqrt((width * height) / count) || 1;
  let found: PointM[] = [];
  for (let tries = 0; tries < 6; tries++) {
    found = gridIn(outline, step);
    if (found.length >= count * 0.75) break;
    step *= found.length < count / 3 ? 0.6 : 0.85;
  }
  if (!found.length) found = [{ x: box.left + width / 2, y: box.bottom + height / 2 }];
  return shuffled(found);
}

function gridIn(outline: Outline, step: number): PointM[] {
  const { box } = outline;
  const inset = Math.min(step * 0.45, 1.2);
  const found: PointM[] = [];
  for (let row = 0, y = box.bottom + step / 2; y < box.top; y += step, row++) {
    const odd = row % 2 ? step / 2 : 0;
    for (let x = box.left + step / 4 + odd; x < box.right; x += step) {
      const at = disordered(x, y, step);
      if (isFree(outline, at, inset)) found.push(at);
    }
  }
  return found;
}

function disordered(x: number, y: number, step: number): PointM {
  const hash = hashOf(`${x.toFixed(2)} ${y.toFixed(2)}`);
  return {
    x: x + ((hash & 0xff) / 255 - 0.5) * step * 0.4,
    y: y + (((hash >>> 8) & 0xff) / 255 - 0.5) * step * 0.4,
  };
}

function isFree(outline: Outline, { x, y }: PointM, inset: number): boolean {
  const { box } = outline;
  const [width, height] = [box.right - box.left, box.top - box.bottom];
  const high = Math.min(height * LABEL.height, LABEL.most_m);
  const isUnderLabel = y > box.top - high && x < box.left + width * LABEL.width;
  return !isUnderLabel && contains(outline, x, y) && edgeDistance(outline, x, y) >= inset;
}

function shuffled(points: PointM[]): PointM[] {
  let seed = points.length;
  for (let at = points.length - 1; at > 0; at--) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    const other = seed % (at + 1);
    const [one, two] = [points[at], points[other]];
    if (one && two) [points[at], points[other]] = [two, one];
  }
  return points;
}
