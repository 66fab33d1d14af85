/** What a search looks for, as the address says it. Pure. */

export const LONGER = ["any", "15m", "1h", "8h", "24h", "7d"] as const;
export type Longer = (typeof LONGER)[number];

const MIN = 60_000;
const LONGER_MS: Record<Longer, number> = {
  any: 0,
  "15m": 15 * MIN,
  "1h": 60 * MIN,
  "8h": 480 * MIN,
  "24h": 1440 * MIN,
  "7d": 10_080 * MIN,
};

export interface Filters {
  readonly q: string;
  readonly category: string;
  readonly group: string;
  readonly zone: string;
  readonly reader: string;
  readonly unseen: Longer;
}

/** The filters of an address; what it does not say is not filtered. */
export function filtersIn(asked: (name: string) => string | null): Filters {
  const text = (name: string) => asked(name)?.trim() ?? "";
  return {
    q: text("q"),
    category: text("category"),
    group: text("group"),
    zone: text("zone"),
    reader: text("reader"),
    unseen: LONGER.find((each) => each === asked("unseen")) ?? "any",
  };
}

/** Whether something last heard then (null: never) has not been seen for as long as wanted. */
export function isUnseen(heardMs: number | null, longer: Longer, now: number): boolean {
  return longer === "any" || heardMs === null || now - heardMs > LONGER_MS[longer];
}

/** The place in a list of `count` after a step; it stays at the ends. */
export function placeAfter(place: number, step: number, count: number): number {
  return Math.min(count - 1, Math.max(0, place + step));
}

/** Names in which the text is, at most `most`. */
export function namesWith<T extends { readonly name: string }>(
  list: readonly T[],
  text: string,
  most: number,
): readonly T[] {
  const wanted = text.toLowerCase();
  if (!wanted) return [];
  return list.filter(({ name }) => name.toLowerCase().includes(wanted)).slice(0, most);
}
