/** Alerts that nobody has, many in one zone: told by one tag, as "8 alerts in Dock". Pure. */

/** An alert that stands at a pixel, in a zone by its place in the plan's list; -1 for none. */
export interface Standing {
  readonly x: number;
  readonly y: number;
  readonly zone: number;
  readonly isHot: boolean;
}

/** On a plan of counts two names are already in each other's way; else four are. */
export const TOGETHER_FROM = { counts: 2, single: 4 } as const;

/** The alerts that nobody has, by zone, of each zone that has at least `least` of them. */
export function crowded<T extends Standing>(all: readonly T[], least: number): Map<number, T[]> {
  const byZone = new Map<number, T[]>();
  for (const each of all) {
    if (!each.isHot || each.zone < 0) continue;
    byZone.set(each.zone, [...(byZone.get(each.zone) ?? []), each]);
  }
  return new Map([...byZone].filter(([, some]) => some.length >= least));
}

/** Where the tag of a group stands: at the one nearest to the middle of all. */
export function middleOne<T extends Standing>(some: readonly T[]): T | undefined {
  const x = some.reduce((sum, each) => sum + each.x, 0) / some.length;
  const y = some.reduce((sum, each) => sum + each.y, 0) / some.length;
  const far = (each: T) => Math.hypot(each.x - x, each.y - y);
  return some.toSorted((one, other) => far(one) - far(other))[0];
}
