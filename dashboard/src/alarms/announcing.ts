/** What a screen reader is told of new alerts. Pure. */
import type { Alert, Severity } from "../api/shape";
import { isNew } from "./order";

const MANY = 5;
const MANY_MS = 10_000;

/** When which alert was new, by alert and occurrence; what is older than ten seconds is dropped. */
export interface Heard {
  readonly keys: ReadonlySet<string>;
  readonly lately: readonly { readonly severity: Severity; readonly ms: number }[];
  /** When many were last told together. */
  readonly summaryMs: number;
}

export interface Announcement {
  /** Of new critical alerts; told at once. */
  readonly assertive: readonly Alert[];
  /** Of all other new ones; told when nothing else is said. */
  readonly polite: readonly Alert[];
  /** In place of both where they are many. */
  readonly summary: { readonly count: number; readonly critical: number } | null;
}

export const NOTHING_HEARD: Heard = {
  keys: new Set(),
  lately: [],
  summaryMs: Number.NEGATIVE_INFINITY,
};
const QUIET: Announcement = { assertive: [], polite: [], summary: null };

const keyOf = (alert: Alert) => `${alert.id}/${alert.occurrences}`;

/** What was open when the page began is known, and told in one summary. */
export function begin(open: readonly Alert[], nowMs: number): readonly [Heard, Announcement] {
  const fresh = open.filter(isNew);
  const keys = new Set(fresh.map(keyOf));
  const summaryMs = fresh.length > 0 ? nowMs : NOTHING_HEARD.summaryMs;
  const heard = { keys, lately: [], summaryMs };
  return [heard, fresh.length > 0 ? { ...QUIET, summary: summaryOf(fresh) } : QUIET];
}

/** What to say of those that are new since: each, or over five within ten seconds one summary. */
export function announce(
  before: Heard,
  open: readonly Alert[],
  nowMs: number,
): readonly [Heard, Announcement] {
  const isFresh = (alert: Alert) => isNew(alert) && !before.keys.has(keyOf(alert));
  const fresh = open.filter(isFresh);
  const keys = new Set(open.filter(isNew).map(keyOf));
  const old = before.lately.filter(({ ms }) => nowMs - ms < MANY_MS);
  const lately = [...old, ...fresh.map(({ severity }) => ({ severity, ms: nowMs }))];
  const heard: Heard = { keys, lately, summaryMs: before.summaryMs };
  if (fresh.length === 0) return [heard, QUIET];
  if (lately.length <= MANY) return [heard, each(fresh)];
  if (fresh.length <= MANY && nowMs - before.summaryMs < MANY_MS) {
    // They were told together a moment ago; who is critical is told all the same.
    return [heard, { ...each(fresh), polite: [] }];
  }
  return [
    { ...heard, summaryMs: nowMs },
    { ...QUIET, summary: summaryOf(lately) },
  ];
}

function each(fresh: readonly Alert[]): Announcement {
  const isCritical = ({ severity }: Alert) => severity === "critical";
  return {
    assertive: fresh.filter(isCritical),
    polite: fresh.filter((alert) => !isCritical(alert)),
    summary: null,
  };
}

function summaryOf(alerts: readonly { readonly severity: Severity }[]) {
  const critical = alerts.filter(({ severity }) => severity === "critical").length;
  return { count: alerts.length, critical };
}
