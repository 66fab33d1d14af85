/** The way of an asset as trails of one floor's plan, each end that leads to another floor named. */
import type { DrawnFloor } from "../plan/site";
import type { Trail, TrailPoint } from "../plan/types";
import { zoneByName } from "../site";
import { minute } from "../times";
import { words } from "../words";
import { type Run, runsOn, type Step } from "./way";

export interface TrailLook {
  readonly asset: string;
  readonly colour: Trail["colour"];
  /** Whether it says when it came to a zone or a floor; one of several trails does. */
  readonly isNamed: boolean;
}

const floorOf = (zone: string): string | null => zoneByName.value.get(zone)?.floor ?? null;

/** The trails of steps, oldest first, on a floor. Reading subscribes to zones and language. */
export function trailsOn(steps: readonly Step[], floor: DrawnFloor, look: TrailLook): Trail[] {
  const middles = new Map(floor.zones.map(({ name, middle }) => [name, middle]));
  return runsOn(steps, floor.name, floorOf)
    .map((run) => ({
      colour: look.colour,
      points: pointsOf(run, middles, look.isNamed),
      ...(run.leftFor ? {} : { of: look.asset }),
    }))
    .filter(({ points }) => points.length > 1 || points[0]?.leadsTo !== undefined);
}

type Middles = ReadonlyMap<string, DrawnFloor["zones"][number]["middle"]>;

function pointsOf(run: Run, middles: Middles, isNamed: boolean): TrailPoint[] {
  let before: string | null = null;
  const points = run.steps.flatMap((step): TrailPoint[] => {
    const at = step.fix ?? (step.zone === null ? null : middles.get(step.zone));
    if (!at) return [];
    const isNew = step.zone !== null && step.zone !== before;
    before = step.zone ?? before;
    const point = { x: at.x, y: at.y, timeMs: step.timeMs, zone: step.fix ? null : step.zone };
    return [isNew && isNamed ? { ...point, label: `${minute(step.timeMs)} ${step.zone}` } : point];
  });
  if (isNamed) linkEnds(points, run, before ?? "");
  return points;
}

/** The ends of a way on this floor say which floor came before or after, and when. */
function linkEnds(points: TrailPoint[], { cameFrom, leftFor, steps }: Run, last: string): void {
  const told = words().history;
  const [begin, end] = [points[0], points.at(-1)];
  if (begin && cameFrom) {
    const text = told.fromFloor(steps[0]?.zone ?? "", cameFrom.floor, minute(cameFrom.timeMs));
    points[0] = { ...begin, label: text, leadsTo: cameFrom.floor };
  }
  if (end && leftFor) {
    const text = told.toFloor(last, leftFor.floor, minute(leftFor.timeMs));
    points[points.length - 1] = { ...end, label: text, leadsTo: leftFor.floor };
  }
}
