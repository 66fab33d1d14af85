/** What the evidence of an alert rests on, asked of the gateway: each part by itself. */
import { ask, path } from "../api/client";
import type { Alert, Shape } from "../api/shape";
import { type Loaded, useLoaded } from "../parts/loaded";
import { beat, msOf, nowMs } from "../times";

export const BEFORE_MS = 45_000;
export const AFTER_MS = 15_000;
/** Crossings are looked for so long before and after; a portal takes a while to decide. */
const NEAR_MS = 15_000;
const SETTLED_MS = 40_000;
const AGAIN_MS = 4000;

export type Crossing = Shape<"Crossing">;
export type Sighting = Shape<"Sighting">;
export type Delivery = Shape<"Delivery">;
export type LogLine = Shape<"Audit">;
export type Portal = Shape<"Portal">;

interface Page<T> {
  items: T[];
}

const iso = (ms: number) => new Date(ms).toISOString();

/** Whether more may become known of it still. Follows the beat. */
export function isYoung(alert: Alert): boolean {
  void beat.value;
  return nowMs() - Math.max(msOf(alert.time), msOf(alert.raised_at)) < SETTLED_MS;
}

/** While an alert is young it is asked again now and then. */
function everyMsOf(alert: Alert): number | undefined {
  return isYoung(alert) ? AGAIN_MS : undefined;
}

function asking<T>(
  alert: Alert,
  part: string,
  load: (signal: AbortSignal) => Promise<T>,
): Loaded<T> {
  return useLoaded(load, `${alert.id} ${part}`, everyMsOf(alert));
}

/** What antennas heard of its tag around it, oldest first; none where it is not about a tag. */
export function useSightings(alert: Alert): Loaded<Sighting[]> {
  return asking(alert, "sightings", async (signal) => {
    if (!alert.tag) return [];
    const at = msOf(alert.time);
    const query = {
      tag: alert.tag,
      since: iso(at - BEFORE_MS),
      until: iso(at + AFTER_MS),
      limit: 500,
    };
    return (await ask<Page<Sighting>>("sightings", query, signal)).items.reverse();
  });
}

/** What went through portals around it. */
export function useCrossings(alert: Alert): Loaded<Crossing[]> {
  return asking(alert, "crossings", async (signal) => {
    if (!alert.tag) return [];
    const at = msOf(alert.time);
    const query = { since: iso(at - NEAR_MS), until: iso(at + NEAR_MS), limit: 200 };
    return (await ask<Page<Crossing>>("crossings", query, signal)).items;
  });
}

export function usePortals(): Loaded<Portal[]> {
  return useLoaded(
    async (signal) => (await ask<Page<Portal>>("portals", { limit: 1000 }, signal)).items,
    "portals",
  );
}

/** Where the asset is now; asked again every few seconds. */
export function usePosition(alert: Alert): Loaded<Shape<"Position"> | null> {
  return useLoaded(
    async (signal) =>
      alert.asset === null
        ? null
        : ask<Shape<"Position">>(path`assets/${alert.asset}/position`, {}, signal),
    alert.asset ?? "",
    AGAIN_MS,
  );
}

export function useCustody(alert: Alert): Loaded<Shape<"Custody"> | null> {
  return useLoaded(
    async (signal) =>
      alert.asset === null
        ? null
        : ask<Shape<"Custody">>(path`assets/${alert.asset}/custody`, {}, signal),
    alert.asset ?? "",
  );
}

/** Who was told; asked again with each change of the alert. */
export function useDeliveries(alert: Alert): Loaded<Delivery[]> {
  return asking(
    alert,
    `deliveries ${alert.seq}`,
    async (signal) =>
      (await ask<Page<Delivery>>("deliveries", { alert: alert.id, limit: 100 }, signal)).items,
  );
}

/** What became of it, oldest first; asked again with each change of the alert. */
export function useLog(alert: Alert): Loaded<LogLine[]> {
  return useLoaded(
    async (signal) =>
      (await ask<Page<LogLine>>(path`alerts/${alert.id}/log`, { limit: 200 }, signal)).items,
    `${alert.id} ${alert.seq}`,
  );
}
