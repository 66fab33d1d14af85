/** Spans of time and the part of one that is shown: zoomed, moved, ticked. Milliseconds since 1970. Pure. */

export interface Span {
  readonly from: number;
  readonly to: number;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** No shorter part is shown. */
export const SHORTEST_MS = 30 * SECOND;
/** "Zoom to this event" shows so much before and after it. */
export const AROUND_MS = 2 * MINUTE;

export function lengthOf(span: Span): number {
  return span.to - span.from;
}

export function clamped(time: number, span: Span): number {
  return Math.min(span.to, Math.max(span.from, time));
}

/** `part` moved and cut so that it lies in `whole` and is not too short. */
export function within(part: Span, whole: Span): Span {
  const shortest = Math.min(SHORTEST_MS, lengthOf(whole));
  const length = Math.min(lengthOf(whole), Math.max(shortest, lengthOf(part)));
  const middle = (part.from + part.to) / 2;
  const wanted = lengthOf(part) < length ? middle - length / 2 : part.from;
  const from = Math.min(whole.to - length, Math.max(whole.from, wanted));
  return { from, to: from + length };
}

/** Shown `factor` times as long (below 1: zoomed in); the moment `anchor` stays where it is. */
export function zoomed(part: Span, whole: Span, factor: number, anchor: number): Span {
  const shortest = Math.min(SHORTEST_MS, lengthOf(whole));
  const length = Math.min(lengthOf(whole), Math.max(shortest, lengthOf(part) * factor));
  const share = lengthOf(part) ? (anchor - part.from) / lengthOf(part) : 0.5;
  return within({ from: anchor - share * length, to: anchor + (1 - share) * length }, whole);
}

/** Moved by `ms`, as far as `whole` goes. */
export function moved(part: Span, whole: Span, ms: number): Span {
  return within({ from: part.from + ms, to: part.to + ms }, whole);
}

/** Two minutes before and after a moment. */
export function around(time: number, whole: Span): Span {
  return within({ from: time - AROUND_MS, to: time + AROUND_MS }, whole);
}

/** The part moved, where it must, so that `time` is in it. */
export function holding(part: Span, whole: Span, time: number): Span {
  if (time >= part.from && time <= part.to) return part;
  const length = lengthOf(part);
  return within({ from: time - length / 2, to: time + length / 2 }, whole);
}

const STEPS: readonly number[] = [
  ...[1, 2, 5, 10, 15, 30].map((s) => s * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((min) => min * MINUTE),
  ...[1, 2, 3, 6, 12].map((h) => h * HOUR),
  ...[1, 2, 7, 14, 28, 91, 364].map((d) => d * DAY),
];

/** The usual step of ticks that makes at most `most` of them. */
export function tickStep(part: Span, most: number): number {
  return STEPS.find((step) => lengthOf(part) / step <= most) ?? lengthOf(part);
}

/** Round moments in the part, by a clock that is `offsetOf(moment)` ahead of UTC. */
export function ticksOf(
  part: Span,
  most: number,
  offsetOf: (moment: number) => number,
): readonly number[] {
  const step = tickStep(part, most);
  const found: number[] = [];
  let local = Math.ceil((part.from + offsetOf(part.from)) / step) * step;
  for (; found.length <= most * 2; local += step) {
    const guess = local - offsetOf(local);
    const moment = local - offsetOf(guess);
    if (moment > part.to) break;
    if (moment >= part.from) found.push(moment);
  }
  return found;
}
