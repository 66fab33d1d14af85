/** What the page of alerts is narrowed to; all of it stands in the address. Pure but for `asked`. */
import type { Query } from "../../api/client";
import type { Alert, Severity } from "../../api/shape";

export const SPANS = ["today", "day", "week", "month"] as const;
export type SpanName = (typeof SPANS)[number];
export const STATES = [
  "active_unacknowledged",
  "returned_unacknowledged",
  "active_acknowledged",
  "latched",
  "shelved",
  "suppressed",
  "out_of_service",
  "cleared",
] as const satisfies readonly Alert["state"][];
export const SEVERITIES = ["critical", "warning", "info"] as const satisfies readonly Severity[];

export interface AlertFilter {
  readonly tab: "open" | "closed";
  readonly severity: Severity | null;
  readonly state: Alert["state"] | null;
  readonly rule: string | null;
  readonly zone: string | null;
  readonly span: SpanName;
}

/** The filter that an address asks for; what it can not mean is left out. */
export function filterOf(asked: (name: string) => string | null): AlertFilter {
  const pick = <T extends string>(from: readonly T[], name: string) =>
    from.find((each) => each === asked(name)) ?? null;
  return {
    tab: asked("show") === "closed" ? "closed" : "open",
    severity: pick(SEVERITIES, "severity"),
    state: pick(STATES, "state"),
    rule: asked("rule"),
    zone: asked("zone"),
    span: pick(SPANS, "time") ?? "day",
  };
}

export function isNarrowed(filter: AlertFilter): boolean {
  return [filter.severity, filter.state, filter.rule, filter.zone].some((each) => each !== null);
}

/** Whether an alert is shown. The time counts for closed ones: what is open is open. */
export function passes(filter: AlertFilter, alert: Alert): boolean {
  const zones = [alert.from, alert.to, ...alert.zones];
  return (
    (filter.severity === null || alert.severity === filter.severity) &&
    (filter.state === null || alert.state === filter.state) &&
    (filter.rule === null || alert.rule === filter.rule) &&
    (filter.zone === null || zones.includes(filter.zone))
  );
}

const HOUR_MS = 3_600_000;

/** When a span begins; `today` begins at midnight of the site. */
export function sinceOf(span: SpanName, nowMs: number, zone: string): number {
  switch (span) {
    case "day":
      return nowMs - 24 * HOUR_MS;
    case "week":
      return nowMs - 7 * 24 * HOUR_MS;
    case "month":
      return nowMs - 30 * 24 * HOUR_MS;
    default:
      return midnightOf(nowMs, zone);
  }
}

/** The last midnight of a time zone. */
export function midnightOf(nowMs: number, zone: string): number {
  const shape = { timeZone: zone, hourCycle: "h23" } as const;
  const parts = new Intl.DateTimeFormat("en-GB", {
    ...shape,
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(nowMs);
  const of = (type: string) => Number(parts.find((each) => each.type === type)?.value ?? 0);
  const sinceMs = ((of("hour") * 60 + of("minute")) * 60 + of("second")) * 1000;
  return Math.floor(nowMs / 1000) * 1000 - sinceMs;
}

/** What the list of the gateway is asked for. It knows no zones: those are looked for here. */
export function queryOf(filter: AlertFilter, sinceMs: number): Query {
  const state = filter.state ?? (filter.tab === "open" ? "active" : "cleared");
  return {
    state,
    severity: filter.severity,
    rule: filter.rule,
    since: filter.tab === "open" ? null : new Date(sinceMs).toISOString(),
  };
}
