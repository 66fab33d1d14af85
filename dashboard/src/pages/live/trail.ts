/** The trail of one asset: the last 30 min from the history, and the fixes that came since. */
import { effect, type ReadonlySignal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask, path, RefusedError } from "../../api/client";
import { liveTurn, whereIs } from "../../live/live";
import type { DrawnFloor } from "../../plan/site";
import { type PastEntry, trailOf } from "../../plan/trail-of";
import { TRAIL_MS, TRAIL_POINTS } from "../../plan/trails";
import type { Trail, TrailPoint } from "../../plan/types";
import { nowMs } from "../../times";

const LIMIT = 500;
/** A shorter step is no news. */
const STEP_M = 0.3;
const NONE: readonly Trail[] = [];

/** The trail of `asset` on a floor; a tag without an asset has none. */
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
    let points: TrailPoint[] = [];
    const show = () => {
      trails.value = points.length > 1 ? [{ points, colour }] : NONE;
    };
    void readTrail(asset, floor, ending.signal).then((found) => {
      if (ending.signal.aborted) return;
      points = found;
      show();
    });
    const end = effect(() => {
      void liveTurn.value;
      const next = newPoint(asset, floor, points.at(-1));
      if (!next) return;
      points = [...points, next].slice(-TRAIL_POINTS);
      show();
    });
    return () => {
      ending.abort();
      end();
    };
  }, [asset, floor, colour, trails]);
  return trails;
}

async function readTrail(
  asset: string,
  floor: DrawnFloor,
  signal: AbortSignal,
): Promise<TrailPoint[]> {
  const since = new Date(nowMs() - TRAIL_MS).toISOString();
  try {
    const where = path`assets/${asset}/history`;
    const query = { since, type: ["visit", "position"], sort: "-time", limit: LIMIT };
    const { items } = await ask<{ items: PastEntry[] }>(where, query, signal);
    return trailOf(items, floor);
  } catch (error) {
    // An asset that nobody knows, or a gateway that is away: there is no trail then.
    if (error instanceof RefusedError || signal.aborted) return [];
    throw error;
  }
}

/** The newest fix, where it is one on this floor and not where the trail ends already. */
function newPoint(asset: string, floor: DrawnFloor, last: TrailPoint | undefined) {
  const now = whereIs(asset);
  if (!now || now.x === null || now.y === null || now.floor !== floor.name) return null;
  if (last && Math.hypot(now.x - last.x, now.y - last.y) < STEP_M) return null;
  return { x: now.x, y: now.y, timeMs: now.heardMs };
}
