/** A trail from what the history says: fixes where there are some, else the zones that it was in. */
import type { Shape } from "../api/shape";
import { minute, msOf } from "../times";
import type { DrawnFloor } from "./site";
import type { TrailPoint } from "./types";

export type PastEntry = Shape<"HistoryPage">["items"][number];

/** The trail on one floor, oldest first, with the time and the name where the zone changed. */
export function trailOf(entries: readonly PastEntry[], floor: DrawnFloor): TrailPoint[] {
  const marks = zoneMarks(entries, floor);
  const fixes = entries.flatMap((entry) =>
    entry.type === "position" && entry.x_m !== null && entry.y_m !== null
      ? [{ x: entry.x_m, y: entry.y_m, timeMs: msOf(entry.time) }]
      : [],
  );
  const points: TrailPoint[] = fixes.length ? labelled(fixes, marks) : marks;
  return points.toSorted((a, b) => a.timeMs - b.timeMs);
}

/** Each zone of this floor that it came to, at the zone's middle. */
function zoneMarks(entries: readonly PastEntry[], floor: DrawnFloor): TrailPoint[] {
  const middles = new Map(floor.zones.map(({ name, middle }) => [name, middle]));
  return entries.flatMap((entry) => {
    const middle = entry.type === "visit" ? middles.get(entry.zone) : null;
    if (entry.type !== "visit" || !middle) return [];
    const timeMs = msOf(entry.from);
    return [{ ...middle, timeMs, inZone: true, label: `${minute(timeMs)} ${entry.zone}` }];
  });
}

/** The first fix after each change of zone says when and where. */
function labelled(fixes: TrailPoint[], marks: readonly TrailPoint[]): TrailPoint[] {
  const sorted = fixes.toSorted((a, b) => a.timeMs - b.timeMs);
  for (const mark of marks) {
    const at = sorted.findIndex((fix) => fix.timeMs >= mark.timeMs);
    const fix = sorted[at];
    if (fix && mark.label) sorted[at] = { ...fix, label: mark.label };
  }
  return sorted;
}
