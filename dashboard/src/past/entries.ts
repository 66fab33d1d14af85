/** What the history says of one asset, folded into lanes, events and points. Pure. */
import type { Alert, Severity, Shape } from "../api/shape";
import { type Span, within } from "./span";

export type Entry = Shape<"HistoryPage">["items"][number];
export type Gap = Shape<"PastGap">;
export type Reason = Gap["reason"];

/** A stay in a zone, or a time in which nobody knows. */
export interface Bar {
  readonly kind: "zone" | "gap";
  readonly from: number;
  /** The end of the span where it goes on. */
  readonly to: number;
  /** It goes on after the span. */
  readonly isOpen: boolean;
  /** Of a gap the last zone that was known. */
  readonly zone: string | null;
  readonly reason: Reason | null;
  readonly readers: readonly string[];
}

export interface Fix {
  readonly timeMs: number;
  readonly x: number;
  readonly y: number;
}

export interface PastEvent {
  readonly id: string;
  readonly asset: string;
  readonly timeMs: number;
  readonly what:
    | { readonly type: "movement"; readonly movement: Shape<"PastMovement"> }
    | { readonly type: "crossing"; readonly crossing: Shape<"PastCrossing"> }
    | { readonly type: "alert"; readonly alert: Alert };
  readonly severity: Severity | null;
}

/** All that is shown of one asset in a span; each list oldest first. */
export interface Past {
  readonly asset: string;
  readonly bars: readonly Bar[];
  readonly fixes: readonly Fix[];
  readonly events: readonly PastEvent[];
}

/** Fold what was asked; what goes on ends with the span. */
export function pastOf(
  asset: string,
  entries: readonly Entry[],
  alerts: readonly Alert[],
  span: Span,
): Past {
  const bars = barsOf(entries, span);
  const fixes = entries.flatMap((entry) =>
    entry.type === "position" && entry.x_m !== null && entry.y_m !== null
      ? [{ timeMs: Date.parse(entry.time), x: entry.x_m, y: entry.y_m }]
      : [],
  );
  const events = [
    ...entries.flatMap((entry) => eventOf(asset, entry)),
    ...alertEvents(asset, alerts),
  ]
    .filter(({ timeMs }) => timeMs >= span.from && timeMs <= span.to)
    .sort(byTime);
  return { asset, bars, fixes: fixes.sort(byTime), events };
}

const byTime = (one: { timeMs: number }, other: { timeMs: number }) => one.timeMs - other.timeMs;

function barsOf(entries: readonly Entry[], span: Span): Bar[] {
  const bars = entries.flatMap((entry) => barOf(entry, span));
  const gaps = bars.filter(({ kind }) => kind === "gap");
  const stays = bars.filter(({ kind }) => kind === "zone").flatMap((bar) => without(bar, gaps));
  return [...stays, ...gaps].sort((one, other) => one.from - other.from);
}

function barOf(entry: Entry, span: Span): Bar[] {
  if (entry.type !== "visit" && entry.type !== "gap") return [];
  const from = Math.max(span.from, Date.parse(entry.from));
  const end = entry.to === null ? Number.POSITIVE_INFINITY : Date.parse(entry.to);
  const isOpen = end > span.to;
  const to = Math.min(span.to, end);
  if (to < from || from >= span.to) return [];
  const shared = { from, to, isOpen, zone: entry.zone };
  return entry.type === "gap"
    ? [{ ...shared, kind: "gap", reason: entry.reason, readers: entry.readers }]
    : [{ ...shared, kind: "zone", reason: null, readers: [] }];
}

/** What is left of a stay where nobody knew for a part of it. */
function without(bar: Bar, gaps: readonly Bar[]): Bar[] {
  let parts = [bar];
  for (const gap of gaps) {
    if (gap.to <= bar.from || gap.from >= bar.to) continue;
    parts = parts.flatMap((part) => [
      ...(gap.from > part.from ? [{ ...part, to: gap.from, isOpen: false }] : []),
      ...(gap.to < part.to ? [{ ...part, from: Math.max(part.from, gap.to) }] : []),
    ]);
  }
  return parts;
}

function eventOf(asset: string, entry: Entry): PastEvent[] {
  if (entry.type !== "movement" && entry.type !== "crossing") return [];
  const what =
    entry.type === "movement"
      ? ({ type: "movement", movement: entry } as const)
      : ({ type: "crossing", crossing: entry } as const);
  return [{ id: entry.id, asset, timeMs: Date.parse(entry.time), what, severity: null }];
}

function alertEvents(asset: string, alerts: readonly Alert[]): PastEvent[] {
  return alerts
    .filter((alert) => alert.asset === asset)
    .map((alert) => ({
      id: alert.id,
      asset,
      timeMs: Date.parse(alert.time),
      what: { type: "alert", alert },
      severity: alert.severity,
    }));
}

/** All events of several assets, oldest first. */
export function eventsOf(pasts: readonly Past[]): PastEvent[] {
  return pasts.flatMap(({ events }) => events).sort(byTime);
}

/** So many of a list that is sorted by time lie at or before a moment. */
export function countUpTo(list: readonly { readonly timeMs: number }[], moment: number): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle]?.timeMs ?? 0) <= moment) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The next event after a moment (`by` 1), or the last before it (-1). */
export function eventBeside(
  events: readonly PastEvent[],
  moment: number,
  by: 1 | -1,
): PastEvent | undefined {
  if (by === 1) return events[countUpTo(events, moment)];
  let place = countUpTo(events, moment) - 1;
  while (place >= 0 && (events[place]?.timeMs ?? 0) >= moment) place -= 1;
  return events[place];
}

/** What is known of the assets lies here; null where nothing is. Gaps are no knowledge. */
export function knownSpan(pasts: readonly Past[]): Span | null {
  const stays = pasts.flatMap(({ bars }) => bars.filter(({ kind }) => kind === "zone"));
  if (!stays.length) return null;
  const bounds = { from: Number.POSITIVE_INFINITY, to: Number.NEGATIVE_INFINITY };
  for (const { from, to } of stays) {
    bounds.from = Math.min(bounds.from, from);
    bounds.to = Math.max(bounds.to, to);
  }
  return bounds;
}

/** The span from when something is known on, with a little room before it; the whole where nothing is. */
export function fitted(pasts: readonly Past[], span: Span): Span {
  const known = knownSpan(pasts);
  if (!known) return span;
  return within({ from: known.from - (span.to - known.from) / 50, to: span.to }, span);
}

/** How long it was in each zone, the longest first. */
export function staysOf(bars: readonly Bar[]): { zone: string; ms: number }[] {
  const sums = new Map<string, number>();
  for (const { kind, zone, from, to } of bars) {
    if (kind === "zone" && zone !== null) sums.set(zone, (sums.get(zone) ?? 0) + to - from);
  }
  return [...sums].map(([zone, ms]) => ({ zone, ms })).sort((one, other) => other.ms - one.ms);
}

/** An alert is drawn on the plan for so long after it was raised. */
export const ALERT_MS = 60_000;

/** The alerts that were raised shortly before a moment. */
export function alertsAt(pasts: readonly Past[], moment: number): Alert[] {
  return pasts.flatMap(({ events }) =>
    events
      .slice(countUpTo(events, moment - ALERT_MS), countUpTo(events, moment))
      .flatMap(({ what }) => (what.type === "alert" ? [what.alert] : [])),
  );
}

/** What is known of a moment: the bar that it lies in, else the last one before it. */
export function barAt(bars: readonly Bar[], moment: number): { bar: Bar; isIn: boolean } | null {
  const last = latestOf(bars)[begunBy(bars, moment) - 1];
  if (!last) return null;
  if (!covers(last, moment)) return { bar: last, isIn: false };
  for (let place = begunBy(bars, moment) - 1; place >= 0; place -= 1) {
    const bar = bars[place];
    if (bar && covers(bar, moment)) return { bar, isIn: true };
  }
  return { bar: last, isIn: true };
}

const latest = new WeakMap<readonly Bar[], readonly Bar[]>();

/** Of each bar and those before it the one that ends last: where it is over, all of them are. */
function latestOf(bars: readonly Bar[]): readonly Bar[] {
  const known = latest.get(bars);
  if (known) return known;
  const made: Bar[] = [];
  for (const bar of bars) {
    const before = made.at(-1);
    made.push(before && before.to > bar.to ? before : bar);
  }
  latest.set(bars, made);
  return made;
}

/** So many bars have begun at a moment. */
function begunBy(bars: readonly Bar[], moment: number): number {
  let [low, high] = [0, bars.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((bars[middle]?.from ?? 0) <= moment) low = middle + 1;
    else high = middle;
  }
  return low;
}

function covers(bar: Bar, moment: number): boolean {
  return moment < bar.to || (bar.isOpen && moment <= bar.to);
}
