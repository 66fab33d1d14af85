/** Where an asset was at a moment, and the way that led there. Pure. */
import { TRAIL_MS, TRAIL_POINTS } from "../plan/trails";
import { barAt, countUpTo, type Fix, type Past } from "./entries";

/** A fix is where somebody is for so long; after that only the zone is known. */
export const FIX_MS = 60_000;

export interface Whereabouts {
  readonly zone: string | null;
  /** The newest fix, where there is one that is young enough. */
  readonly fix: Fix | null;
  /** Nobody knew at that moment; `zone` is the last that was known. */
  readonly lastKnown: boolean;
}

/** Null before anything was known. */
export function whereAt(past: Past, moment: number): Whereabouts | null {
  const found = barAt(past.bars, moment);
  const newest = past.fixes[countUpTo(past.fixes, moment) - 1];
  const fix = newest && moment - newest.timeMs <= FIX_MS ? newest : null;
  if (!found) return fix ? { zone: null, fix, lastKnown: false } : null;
  const lastKnown = !found.isIn || found.bar.kind === "gap";
  return { zone: found.bar.zone, fix: lastKnown ? null : fix, lastKnown };
}

/** A point of the way: a fix, or only that a zone was come to. */
export type Step =
  | { readonly timeMs: number; readonly zone: string | null; readonly fix: Fix }
  | { readonly timeMs: number; readonly zone: string; readonly fix: null };

/** The way of an asset: fixes with their zones, and zones that were come to where there are none. */
export function stepsOf(past: Past): Step[] {
  const stays = past.bars.filter((bar) => bar.kind === "zone" && bar.zone !== null);
  const steps: Step[] = [];
  let place = 0;
  for (const fix of past.fixes) {
    while ((stays[place]?.to ?? Number.POSITIVE_INFINITY) < fix.timeMs) place += 1;
    const stay = stays[place];
    const isIn = stay !== undefined && stay.from <= fix.timeMs;
    steps.push({ timeMs: fix.timeMs, zone: isIn ? stay.zone : null, fix });
  }
  for (const stay of stays) {
    if (stay.zone !== null && !hasFix(past.fixes, stay.from, stay.to)) {
      steps.push({ timeMs: stay.from, zone: stay.zone, fix: null });
    }
  }
  return steps.sort((one, other) => one.timeMs - other.timeMs);
}

function hasFix(fixes: readonly Fix[], from: number, to: number): boolean {
  const next = fixes[countUpTo(fixes, from - 1)];
  return next !== undefined && next.timeMs <= to;
}

/** The part that a trail shows at a moment: the last half hour, at most 200 points. */
export function trailPart(steps: readonly Step[], moment: number): readonly Step[] {
  const end = countUpTo(steps, moment);
  const begin = countUpTo(steps, moment - TRAIL_MS - 1);
  return steps.slice(Math.max(begin, end - TRAIL_POINTS), end);
}

/** A part of a way on one floor, and the floors before and after it. */
export interface Run {
  steps: Step[];
  leftFor: string | null;
  cameFrom: string | null;
}

/** The parts of a way that lie on one floor; a part ends where another floor was come to. */
export function runsOn(
  steps: readonly Step[],
  floor: string,
  floorOf: (zone: string) => string | null,
): readonly Run[] {
  const runs: Run[] = [];
  let before: string | null = null;
  for (const step of steps) {
    const named: string | null = step.zone === null ? null : floorOf(step.zone);
    const here: string = named ?? before ?? floor;
    const open = before === floor ? runs.at(-1) : undefined;
    if (here === floor) takeStep(runs, open, step, before);
    else if (open) open.leftFor = here;
    before = here;
  }
  return runs;
}

function takeStep(runs: Run[], open: Run | undefined, step: Step, before: string | null): void {
  if (open) open.steps.push(step);
  else runs.push({ steps: [step], leftFor: null, cameFrom: before });
}
