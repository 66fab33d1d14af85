/** What the parts of an alert's evidence say together. Pure. */
import type { Alert } from "../api/shape";
import { msOf } from "../times";
import type { Crossing, Portal, Sighting } from "./evidence-asks";

/** A read that the decision rests on. */
export interface EvidenceRead {
  readonly reader: string;
  readonly antenna: number;
  readonly time: string;
  readonly count: number;
  readonly rssi_dbm: number | null;
}

/** The reads that the decision rests on, as far as the alert tells them. */
export function readsOf(alert: Alert): EvidenceRead[] {
  const reads = alert.evidence["reads"];
  return Array.isArray(reads) ? reads.filter(isRead) : [];
}

function isRead(value: unknown): value is EvidenceRead {
  if (typeof value !== "object" || value === null) return false;
  const read = value as Partial<Record<keyof EvidenceRead, unknown>>;
  return typeof read.reader === "string" && typeof read.time === "string";
}

/** How the readers were, by name, in words of the gateway. */
export function readersThen(alert: Alert): [name: string, words: string][] {
  const readers = alert.evidence["readers"];
  if (typeof readers !== "object" || readers === null) return [];
  return Object.entries(readers).map(([name, said]) => [name, String(said)]);
}

/** How sure each zone was, the surest first, 0 to 1; none where zones were not weighed. */
export function scoresOf(alert: Alert): [zone: string, share: number][] {
  const estimate = alert.evidence["estimate"];
  if (typeof estimate !== "object" || estimate === null || alert.excursion) return [];
  const directions = new Set(["outbound", "inbound", "lingering", "unknown"]);
  return Object.entries(estimate)
    .filter((entry): entry is [string, number] => typeof entry[1] === "number")
    .filter(([name]) => !directions.has(name))
    .sort((one, other) => other[1] - one[1]);
}

/** The crossing of the alert's own tag that lies nearest to it; null where there was none. */
export function ownCrossing(alert: Alert, crossings: readonly Crossing[]): Crossing | null {
  const isOwn = (each: Crossing) =>
    each.tag === alert.tag && (alert.portal === null || each.portal === alert.portal);
  const apart = (each: Crossing) => Math.abs(msOf(each.time) - msOf(alert.time));
  return crossings.filter(isOwn).sort((one, other) => apart(one) - apart(other))[0] ?? null;
}

/** The portal at which it was heard on the outside, or that raised it; whether it decided or not. */
export function portalHeard(
  alert: Alert,
  portals: readonly Portal[],
  sightings: readonly Sighting[],
): Portal | undefined {
  const heard = new Set(
    [...sightings, ...readsOf(alert)].map(({ reader, antenna }) => `${reader}/${antenna}`),
  );
  return portals.find(({ outside }) => outside.some((point) => heard.has(point)));
}

/** Somebody else who went the same way through the portal about then, and how much later in ms. */
export interface Companion {
  readonly asset: string | null;
  readonly tag: string;
  readonly afterMs: number;
}

export function companionsOf(
  alert: Alert,
  portal: string | null,
  crossings: readonly Crossing[],
): Companion[] {
  const way = ownCrossing(alert, crossings)?.direction ?? null;
  const others = crossings.filter(
    (each) =>
      each.portal === portal &&
      each.tag !== alert.tag &&
      (way === null || each.direction === way || each.direction === "unknown"),
  );
  return others
    .map(({ asset, tag, time }) => ({ asset, tag, afterMs: msOf(time) - msOf(alert.time) }))
    .sort((one, other) => Math.abs(one.afterMs) - Math.abs(other.afterMs));
}

/** How many reads were inside and outside of a portal; null where it is not known. */
export function sidesOf(
  portal: Portal | undefined,
  sightings: readonly Sighting[],
): { inside: number; outside: number } | null {
  if (!portal || sightings.length === 0) return null;
  const sum = (points: readonly string[]) =>
    sightings
      .filter(({ reader, antenna }) => points.includes(`${reader}/${antenna}`))
      .reduce((total, { count }) => total + count, 0);
  return { inside: sum(portal.inside), outside: sum(portal.outside) };
}

/** A lane of the plot: a reader's antenna with its marks, in ms from the beginning of the span. */
export interface Lane {
  readonly reader: string;
  readonly antenna: number;
  readonly side: "inside" | "outside" | null;
  readonly marks: readonly Mark[];
  readonly count: number;
  readonly strongest_dbm: number | null;
}

export interface Mark {
  readonly fromMs: number;
  readonly toMs: number;
  readonly count: number;
  readonly rssi_dbm: number | null;
  /** Whether the alert rests on it. */
  readonly decides: boolean;
}

/** The reads by reader and antenna, those that heard it first on top. */
export function lanesOf(
  alert: Alert,
  sightings: readonly Sighting[],
  portal: Portal | undefined,
  sinceMs: number,
): Lane[] {
  const lanes = new Map<string, Mark[]>();
  const put = (point: string, mark: Mark) => lanes.set(point, [...(lanes.get(point) ?? []), mark]);
  for (const each of sightings) {
    put(`${each.reader}/${each.antenna}`, {
      fromMs: msOf(each.first) - sinceMs,
      toMs: msOf(each.last) - sinceMs,
      count: each.count,
      rssi_dbm: each.rssi_dbm_max,
      decides: false,
    });
  }
  for (const read of readsOf(alert)) {
    const atMs = msOf(read.time) - sinceMs;
    const { count, rssi_dbm } = read;
    put(`${read.reader}/${read.antenna}`, {
      fromMs: atMs,
      toMs: atMs,
      count,
      rssi_dbm,
      decides: true,
    });
  }
  return [...lanes]
    .map(([point, marks]) => laneOf(point, marks, portal))
    .sort((one, other) => firstMs(one) - firstMs(other) || (one.reader < other.reader ? -1 : 1));
}

const firstMs = (lane: Lane) => Math.min(...lane.marks.map(({ fromMs }) => fromMs));

function laneOf(point: string, marks: readonly Mark[], portal: Portal | undefined): Lane {
  const cut = point.lastIndexOf("/");
  const signals = marks.flatMap(({ rssi_dbm }) => (rssi_dbm === null ? [] : [rssi_dbm]));
  const heard = marks.filter(({ decides }) => !decides);
  const side = portal?.inside.includes(point) ? "inside" : null;
  return {
    reader: point.slice(0, cut),
    antenna: Number(point.slice(cut + 1)),
    side: portal?.outside.includes(point) ? "outside" : side,
    marks,
    count: (heard.length > 0 ? heard : marks).reduce((total, { count }) => total + count, 0),
    strongest_dbm: signals.length > 0 ? Math.max(...signals) : null,
  };
}

const WEAK_DBM = -75;
const STRONG_DBM = -40;

/** How large a mark is, 0 (weak) to 1 (strong); in between where the signal is not known. */
export function strengthOf(rssi_dbm: number | null): number {
  if (rssi_dbm === null) return 0.4;
  return Math.min(1, Math.max(0, (rssi_dbm - WEAK_DBM) / (STRONG_DBM - WEAK_DBM)));
}
