/** Where labels and tags stand: what they cover is counted, and the best place is taken. Pure. */

/** Pixels from the left and from the top. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** Something that a label should not cover; `weight` says how much it matters. */
export interface Taken extends Rect {
  readonly weight: number;
  /** A tag: nothing may ever cover it. */
  readonly tag?: boolean;
}

/** An alert's symbol: only the name of an alert may cover it, where all is full of them. */
export const SYMBOL_WEIGHT = 1000;

/** Whether two touch. */
export function touches(one: Rect, other: Rect): boolean {
  return (
    one.x < other.x + other.w &&
    other.x < one.x + one.w &&
    one.y < other.y + other.h &&
    other.y < one.y + one.h
  );
}

/** What covers what, found by cells of 64 px, so that thousands of shapes cost little. */
export class Cover {
  private readonly cells = new Map<number, Taken[]>();

  /** What `under` has is covered, too; it is not changed. */
  constructor(private readonly under?: Cover) {}

  add(taken: Taken): void {
    for (const key of this.keysOf(taken)) {
      const cell = this.cells.get(key);
      if (cell) cell.push(taken);
      else this.cells.set(key, [taken]);
    }
  }

  /** The sum of the weights of what `rect` would cover; without end where that is a tag. */
  cost(rect: Rect): number {
    const met = new Set<Taken>();
    let sum = this.under?.cost(rect) ?? 0;
    for (const key of this.keysOf(rect)) {
      for (const taken of this.cells.get(key) ?? []) {
        if (met.has(taken) || !touches(rect, taken)) continue;
        met.add(taken);
        sum += taken.tag ? Infinity : taken.weight;
      }
    }
    return sum;
  }

  private *keysOf(rect: Rect): Iterable<number> {
    const [right, bottom] = [(rect.x + rect.w) >> 6, (rect.y + rect.h) >> 6];
    for (let row = rect.y >> 6; row <= bottom; row++) {
      for (let column = rect.x >> 6; column <= right; column++) yield row * 4096 + column;
    }
  }
}

/**
 * What fits into `room`: name and count, then a short name and count, then a short name alone;
 * else nothing. `figures` is what the count takes.
 */
export function labelFitting(
  name: string,
  short: readonly string[],
  room: number,
  figures: number,
  widthOf: (text: string) => number,
): { readonly text: string; readonly counted: boolean } | null {
  const counted = [name, ...short].find((text) => widthOf(text) + figures <= room);
  if (counted !== undefined) return { text: counted, counted: true };
  const alone = short.find((text) => widthOf(text) <= room);
  return alone === undefined ? null : { text: alone, counted: false };
}

/** The corners of a zone, top left first, in which a label of that size goes. */
export function corners(zone: Rect, width: number, height: number, pad: number): Rect[] {
  if (width + 2 * pad > zone.w || height + pad > zone.h) return [];
  const [left, right] = [zone.x + pad, zone.x + zone.w - width - pad];
  const [top, bottom] = [zone.y + pad, zone.y + zone.h - height - pad];
  return [
    { x: left, y: top, w: width, h: height },
    { x: left, y: bottom, w: width, h: height },
    { x: right, y: top, w: width, h: height },
    { x: right, y: bottom, w: width, h: height },
  ];
}

/** The place that covers least, below `most`; the first of equals. Null where there is none. */
export function cheapest(
  places: readonly Rect[],
  cover: Cover,
  spare: number,
  most = Infinity,
): Rect | null {
  let best: Rect | null = null;
  let least = most;
  for (const place of places) {
    const cost = cover.cost(widened(place, spare));
    if (cost < least) [best, least] = [place, cost];
  }
  return best;
}

/** As much of a text as `room` takes, with an ellipsis where that is not all. */
export function cutTo(text: string, room: number, widthOf: (text: string) => number): string {
  if (widthOf(text) <= room) return text;
  const signs = [...text];
  let [fits, fitsNot] = [0, signs.length];
  while (fitsNot - fits > 1) {
    const half = (fits + fitsNot) >> 1;
    if (widthOf(`${signs.slice(0, half).join("")}…`) <= room) fits = half;
    else fitsNot = half;
  }
  return `${signs.slice(0, fits).join("").trimEnd()}…`;
}

/** Grown by so many pixels on each side. */
export function widened(rect: Rect, by: number): Rect {
  return { x: rect.x - by, y: rect.y - by, w: rect.w + 2 * by, h: rect.h + 2 * by };
}

/** The eight places of a tag around a point, those that lie in the view. */
export function tagPlaces(
  x: number,
  y: number,
  w: number,
  h: number,
  view: Rect,
  unit: number,
): Rect[] {
  const [near, far] = [9 * unit, 12 * unit];
  const all: [number, number][] = [
    [x + near, y - h - 5 * unit],
    [x - w - near, y - h - 5 * unit],
    [x + near, y + 7 * unit],
    [x - w - near, y + 7 * unit],
    [x - w / 2, y - h - far],
    [x - w / 2, y + far],
    [x - w / 2, y - h - 26 * unit],
    [x - w / 2, y + 26 * unit],
  ];
  return all
    .map(([left, top]) => ({ x: left, y: top, w, h }))
    .filter(
      (place) =>
        place.x > view.x + 2 &&
        place.y > view.y + 2 &&
        place.x + w < view.x + view.w - 2 &&
        place.y + h < view.y + view.h - 2,
    );
}
