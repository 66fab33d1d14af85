/** What the address says of a page about the past. Pure. */
import { momentIn } from "../moments";
import { SPEEDS, type Speed } from "./playhead";
import { around, clamped, type Span, within } from "./span";

/** More assets at once nobody reads. */
export const ASSETS_MAX = 10;
const HOUR = 3_600_000;
const USUAL_MS = 4 * HOUR;
/** An older end than this would ask for years at once. */
export const LONGEST_MS = 92 * 24 * HOUR;

/** The ids of `a,b`; a comma in an id stands as `%2C`. */
export function idsOf(text: string | null): readonly string[] {
  const ids = (text ?? "").split(",").filter(Boolean).map(unescaped);
  return [...new Set(ids)].slice(0, ASSETS_MAX);
}

function unescaped(text: string): string {
  return text.replaceAll("%2C", ",").replaceAll("%25", "%");
}

export function textOf(ids: readonly string[]): string {
  return ids.map((id) => id.replaceAll("%", "%25").replaceAll(",", "%2C")).join(",");
}

export function speedIn(text: string | null): Speed {
  return SPEEDS.find((speed) => String(speed) === text) ?? 5;
}

/** The whole span: as asked, else the hours around `at`, else the last four. */
export function spanIn(asked: (name: string) => string | null, now: number): Span {
  const [from, to, at] = ["from", "to", "at"].map((name) => momentIn(asked(name)));
  const usualTo = at != null ? Math.min(now, at + HOUR) : now;
  const end = to ?? (from != null ? Math.min(now, from + USUAL_MS) : usualTo);
  const begin =
    from ?? (at != null && to == null ? Math.min(at, end) - USUAL_MS / 2 : end - USUAL_MS);
  if (begin >= end) return { from: end - USUAL_MS, to: end };
  return { from: Math.max(begin, end - LONGEST_MS), to: end };
}

/** The part that is shown: as asked, else two minutes around a moment that came without a span. */
export function partIn(asked: (name: string) => string | null, whole: Span): Span {
  const [from, to, at] = ["zoom_from", "zoom_to", "at"].map((name) => momentIn(asked(name)));
  if (from != null && to != null && from < to) return within({ from, to }, whole);
  if (at != null && asked("from") === null) return around(clamped(at, whole), whole);
  return whole;
}
