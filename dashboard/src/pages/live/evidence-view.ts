/** Which part of the plan tells the story of an alert. Pure. */
import type { Alert } from "../../api/shape";
import type { Whereabouts } from "../../live/live";
import { joined } from "../../plan/outline";
import type { DrawnFloor } from "../../plan/site";
import type { BoxM } from "../../plan/types";

const AROUND_M = 4;

/** The box around its zones and where it is now; null where nothing of it is on this floor. */
export function evidenceBox(
  alert: Pick<Alert, "from" | "to" | "zones">,
  floor: DrawnFloor,
  now: Pick<Whereabouts, "floor" | "zone" | "x" | "y"> | null,
): BoxM | null {
  const told = [alert.from, alert.to].filter((each) => each !== null);
  const names = new Set([...(told.length ? told : alert.zones.slice(0, 2)), now?.zone]);
  const boxes = floor.zones.flatMap(({ name, outline }) =>
    outline && names.has(name) ? [outline.box] : [],
  );
  if (now?.floor === floor.name && now.x !== null && now.y !== null) {
    boxes.push({ left: now.x, right: now.x, bottom: now.y, top: now.y });
  }
  const [first, ...others] = boxes;
  if (!first) return null;
  const all = others.reduce(joined, first);
  return {
    left: all.left - AROUND_M,
    bottom: all.bottom - AROUND_M,
    right: all.right + AROUND_M,
    top: all.top + AROUND_M,
  };
}
