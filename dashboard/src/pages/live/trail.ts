/** The trail of one asset: the last 30 min from the history, and the steps that came since. */
import { effect, type ReadonlySignal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask, path, RefusedError } from "../../api/client";
import { liveTurn, whereIs } from "../../live/live";
import { type Entry, pastOf } from "../../past/entries";
import { trailsOn } from "../../past/trail";
import { type Step, stepsOf, thinned, trailPart } from "../../past/way";
import type { DrawnFloor } from "../../plan/site";
import { TRAIL_MS, TRAIL_POINTS } from "../../plan/trails";
import type { Trail } from "../../plan/types";
import { nowMs } from "../../times";

const LIMIT = 500;
/** A shorter step is no news. */
const STEP_M = 0.3;
const NONE: readonly Trail[] = [];

/** The trails of `asset` on a floor; a tag without an asset has none. */
export function useTrail(
  asset: string | null,
  floor: DrawnFloor | null,
  colour: Trail["colour"],
): ReadonlySignal<readonly Trail[]> {
  const trails = useSignal<readonly Trail[]>(NONE);
  useEffect(() => {
    trails.value = NONE;
    if (!asset || !floor) return;
    const ending = new AbortController();
    let steps: readonly Step[] = [];
    const show = (all: readonly Step[]) => {
      steps = all.slice(-2 * TRAIL_POINTS);
      const part = trailPart(steps, steps.at(-1)?.timeMs ?? 0);
      trails.value = trailsOn(part, floor, { asset, colour, isNamed: true });
    };
    void readSteps(asset, ending.signal).then((found) => {
      if (!ending.signal.aborted) show(found);
    });
    const end = effect(() => {
      void liveTurn.value;
      const next = newStep(asset, steps.at(-1));
      if (next) show([...steps, next]);
    });
    return () => {
      ending.abort();
      end();
    };
  }, [asset, floor, colour, trails]);
  return trails;
}

async function readSteps(asset: string, signal: AbortSignal): Promise<readonly Step[]> {
  const since = new Date(nowMs() - TRAIL_MS).toISOString();
  try {
    const where = path`assets/${asset}/history`;
    const query = { since, type: ["visit", "position"], sort: "-time", limit: LIMIT };
    const { items } = await ask<{ items: Entry[] }>(where, query, signal);
    return thinned(stepsOf(pastOf(asset, items, [], { from: 0, to: nowMs() })));
  } catch (error) {
    // An asset that nobody knows, or a gateway that is away: there is no trail then.
    if (error instanceof RefusedError || signal.aborted) return [];
    throw error;
  }
}

/** Where it is now, on any floor, where that is not where its way ends already. */
function newStep(asset: string, last: Step | undefined): Step | null {
  const now = whereIs(asset);
  // Where it only seems to be is not told as a place that it came to.
  if (!now || now.provisional) return null;
  const { zone } = now;
  const timeMs = Math.max(now.heardMs, last?.timeMs ?? 0);
  const isNew = zone !== null && zone !== last?.zone;
  if (now.x === null || now.y === null) return isNew ? { timeMs, zone, fix: null } : null;
  const fix = { timeMs, x: now.x, y: now.y };
  const isFar = !last?.fix || Math.hypot(fix.x - last.fix.x, fix.y - last.fix.y) >= STEP_M;
  return isNew || isFar ? { timeMs, zone, fix } : null;
}
