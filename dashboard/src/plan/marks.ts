/** Columns of what stands on a plan: made, grown, filled from a list. */
import { LOOK, type Marks } from "./types";

const NOWHERE = 0xffff;

/** Columns for `room` assets, all empty. */
export function emptyMarks(room = 64): Marks {
  return {
    count: 0,
    turn: 0,
    name: [],
    x: new Float32Array(room),
    y: new Float32Array(room),
    shape: new Uint8Array(room),
    look: new Uint8Array(room),
    zone: new Uint16Array(room).fill(NOWHERE),
    age_s: new Uint16Array(room),
  };
}

/** Make room for place `index`; the columns at least double when they grow. */
export function reserve(marks: Marks, index: number): void {
  const had = marks.x.length;
  if (index >= had) {
    const room = Math.max(index + 1, had * 2);
    const grown = <T extends Float32Array | Uint8Array | Uint16Array>(from: T, into: T): T => {
      into.set(from);
      return into;
    };
    marks.x = grown(marks.x, new Float32Array(room));
    marks.y = grown(marks.y, new Float32Array(room));
    marks.shape = grown(marks.shape, new Uint8Array(room));
    marks.look = grown(marks.look, new Uint8Array(room));
    marks.zone = grown(marks.zone, new Uint16Array(room).fill(NOWHERE));
    marks.age_s = grown(marks.age_s, new Uint16Array(room));
  }
  marks.count = Math.max(marks.count, index + 1);
}

/** One asset for `marksOf`. */
export interface Placed {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly shape: number;
  readonly lastKnown?: boolean;
  readonly provisional?: boolean;
  /** Its place in the plan's list of zones, for the counts; -1 where it is in none. */
  readonly zone?: number;
}

/**
 * The marks of a list. With `before`, who was there keeps the place, so that it glides; the
 * columns of `before` are used again.
 */
export function marksOf(list: readonly Placed[], before?: Marks): Marks {
  const marks = before ?? emptyMarks(list.length);
  const places = new Map<string, number>();
  for (let at = 0; at < marks.count; at++) {
    if (marks.look[at]) places.set(marks.name[at] ?? "", at);
  }
  const stays = new Set(list.map((each) => each.name));
  const free: number[] = [];
  for (let at = marks.count - 1; at >= 0; at--) {
    if (!marks.look[at] || !stays.has(marks.name[at] ?? "")) free.push(at);
    marks.look[at] = 0;
  }
  for (const each of list) put(marks, places.get(each.name) ?? free.pop() ?? marks.count, each);
  marks.turn += 1;
  return { ...marks };
}

function put(marks: Marks, at: number, each: Placed): void {
  reserve(marks, at);
  marks.name[at] = each.name;
  marks.x[at] = each.x;
  marks.y[at] = each.y;
  marks.shape[at] = each.shape;
  marks.zone[at] = each.zone === undefined || each.zone < 0 ? NOWHERE : each.zone;
  marks.look[at] =
    LOOK.shown | (each.lastKnown ? LOOK.lastKnown : 0) | (each.provisional ? LOOK.provisional : 0);
}
