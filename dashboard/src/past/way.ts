/** The way of an asset: its fixes and zones, thinned, and cut into the floors that it led over. Pure. */
import { GAP_MS, TRAIL_MS, TRAIL_POINTS } from "../plan/trails";
import { countUpTo, type Fix, type Past } from "./entries";

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

/** Nearer to the fix before it a fix is no news. */
const NEAR_M = 1;
/** Of something that stands a fix stays so often, so that nobody takes the pause for a gap. */
const STANDS_MS = GAP_MS / 2;

/** The steps that a drawing needs: changes of zone and the ends of gaps all stay. */
export function thinned(steps: readonly Step[]): Step[] {
  const kept: Step[] = [];
  for (const [place, step] of steps.entries()) {
    const [before, after, last] = [steps[place - 1], steps[place + 1], kept.at(-1)];
    const isEnd = !before || !after || isBreak(before, step) || isBreak(step, after);
    if (isEnd || !last?.fix || !step.fix || isFar(last, step)) kept.push(step);
  }
  return kept;
}

function isBreak(before: Step, after: Step): boolean {
  return before.zone !== after.zone || after.timeMs - before.timeMs > GAP_MS;
}

function isFar(from: Step, to: Step): boolean {
  if (to.timeMs - from.timeMs >= STANDS_MS || !from.fix || !to.fix) return true;
  return Math.hypot(to.fix.x - from.fix.x, to.fix.y - from.fix.y) >= NEAR_M;
}

/** Where a way goes on, or came from, on another floor. */
export interface Link {
  readonly floor: string;
  /** When it was first seen there, or first seen here again. */
  readonly timeMs: number;
}

/** A part of a way on one floor, and the floors before and after it. */
export interface Run {
  steps: Step[];
  leftFor: Link | null;
  cameFrom: Link | null;
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
    else if (open) open.leftFor = { floor: here, timeMs: step.timeMs };
    before = here;
  }
  return runs;
}

function takeStep(runs: Run[], open: Run | undefined, step: Step, before: string | null): void {
  if (open) open.steps.push(step);
  else {
    const cameFrom = before === null ? null : { floor: before, timeMs: step.timeMs };
    runs.push({ steps: [step], leftFor: null, cameFrom });
  }
}
