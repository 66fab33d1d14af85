/** Where an asset was at a moment. Pure. */
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
