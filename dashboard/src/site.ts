/** What is installed: floors, zones, readers and rules, asked again when the site file changes. */
import { computed, signal } from "@preact/signals";
import { ask } from "./api/client";
import type { Floor, Zone } from "./api/shape";
import { me } from "./session";

export const floors = signal<readonly Floor[]>([]);
export const zones = signal<readonly Zone[]>([]);
export const zoneByName = computed(() => new Map(zones.value.map((zone) => [zone.name, zone])));

/** The name of the site, for the frame. */
export const siteName = computed(() => me.value?.site.name ?? "");

/** Ask for floors and zones. Throws RefusedError. */
export async function readSite(): Promise<void> {
  const [someFloors, someZones] = await Promise.all([
    ask<{ items: Floor[] }>("floors", { limit: 1000 }),
    ask<{ items: Zone[] }>("zones", { limit: 1000 }),
  ]);
  floors.value = someFloors.items;
  zones.value = someZones.items;
}
