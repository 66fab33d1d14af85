/** When single shapes would be too close, each zone shows a number. Pure. */
import type { Severity } from "../api/shape";
import { LOOK, type Marks, type PlanAlarm } from "./types";

/** Closer than this on average, in pixels of a 16 px root, shapes cannot be told apart. */
export const CLOSEST = 9;

/** Whether shapes on `area` square pixels would lie closer than 9 px on average. */
export function isCrowded(count: number, area: number, unit: number): boolean {
  return count > 1 && Math.sqrt(area / count) < CLOSEST * unit;
}

/** How many stand in each zone, by its index; and how many are shown at all. */
export function countsOf(marks: Marks, zones: number): { byZone: Uint32Array; all: number } {
  const byZone = new Uint32Array(zones);
  let all = 0;
  for (let at = 0; at < marks.count; at++) {
    if (!((marks.look[at] ?? 0) & LOOK.shown)) continue;
    all += 1;
    const zone = marks.zone[at] ?? zones;
    if (zone < zones) byZone[zone] = (byZone[zone] ?? 0) + 1;
  }
  return { byZone, all };
}

const RANK: Record<Severity, number> = { info: 1, warning: 2, critical: 3 };
const STATES = { shelved: 0, acknowledged: 1, new: 2 };

/** The worse of two alerts: not acknowledged first, then by severity. */
export function worse(one: PlanAlarm | undefined, other: PlanAlarm): PlanAlarm {
  if (!one) return other;
  const rank = (each: PlanAlarm) => STATES[each.state] * 4 + RANK[each.severity];
  return rank(other) > rank(one) ? other : one;
}

/** The worst alert of each zone, by its place in the list of zones. */
export function worstIn(
  all: readonly { readonly alarm: PlanAlarm; readonly zone: number }[],
): Map<number, PlanAlarm> {
  const worst = new Map<number, PlanAlarm>();
  for (const { alarm, zone } of all) {
    if (zone >= 0) worst.set(zone, worse(worst.get(zone), alarm));
  }
  return worst;
}
