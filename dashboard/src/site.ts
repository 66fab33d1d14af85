/** What is installed: floors, zones, and what is restricted, asked again when the site file changes. */
import { computed, signal } from "@preact/signals";
import { ask, RefusedError } from "./api/client";
import type { Floor, Shape, Zone } from "./api/shape";
import { me } from "./session";

export const floors = signal<readonly Floor[]>([]);
export const zones = signal<readonly Zone[]>([]);
export const zoneByName = computed(() => new Map(zones.value.map((zone) => [zone.name, zone])));

/** Whether floors and zones were ever told; until then an empty list says nothing. */
export const isSiteKnown = signal(false);
/** Why they were not told when they were last asked for. */
export const siteRefusal = signal<string | null>(null);

/** Zones that are forbidden for somebody, by a rule that is in service. */
export const restricted = signal<ReadonlySet<string>>(new Set());

/** The name of the site, for the frame. */
export const siteName = computed(() => me.value?.site.name ?? "");

/** The hosts of maps as they were first told: the policy that this window got names no other. */
let mapHosts: ReadonlySet<string> | null = null;

/** Whether this window may ask a map's host, or would have to be loaded again first. */
export function mayAsk(map: Shape<"Map">): boolean {
  return mapHosts?.has(new URL(map.url).host) ?? true;
}

function hostsOf(some: readonly Floor[]): Set<string> {
  return new Set(some.flatMap(({ map }) => (map ? [new URL(map.url).host] : [])));
}

type Rule = Pick<Shape<"Rule">, "kind" | "zones" | "out_of_service">;

/** The zones that rules forbid to somebody. */
export function restrictedBy(rules: readonly Rule[]): ReadonlySet<string> {
  const forbid = rules.filter(
    ({ kind, out_of_service }) => kind === "forbidden" && out_of_service === null,
  );
  return new Set(forbid.flatMap((rule) => rule.zones));
}

let asks = 0;

/**
 * Ask for floors, zones, and which of them are restricted; an answer that came after a newer one
 * was asked for is dropped. Throws RefusedError.
 */
export async function readSite(): Promise<void> {
  const mine = ++asks;
  const answers = Promise.all([
    ask<{ items: Floor[] }>("floors", { limit: 1000 }),
    ask<{ items: Zone[] }>("zones", { limit: 1000 }),
    askRules(),
  ]);
  const [someFloors, someZones, rules] = await answers.catch((error: unknown) => {
    if (mine === asks && error instanceof RefusedError) siteRefusal.value = error.message;
    throw error;
  });
  if (mine !== asks) return;
  isSiteKnown.value = true;
  siteRefusal.value = null;
  mapHosts ??= hostsOf(someFloors.items);
  floors.value = someFloors.items;
  zones.value = someZones.items;
  restricted.value = restrictedBy(rules);
}

/** The rules; none for who sees a part of the site only, whom no rule is told. */
async function askRules(): Promise<readonly Rule[]> {
  try {
    return (await ask<{ items: Rule[] }>("rules", { limit: 1000 })).items;
  } catch (error) {
    if (!(error instanceof RefusedError) || error.status !== 403) throw error;
    return [];
  }
}
