/** Which readers hear which zone, as their antennas say. */
import { signal } from "@preact/signals";
import { ask, RefusedError } from "../../api/client";
import type { Reader } from "../../api/shape";
import type { PlanReader } from "../../plan/types";
import { zoneByName } from "../../site";

export const readers = signal<readonly Reader[]>([]);
const EVERY_MS = 10_000;

/** Ask for the readers now and every ten seconds, until the result is called. */
export function keepReaders(): () => void {
  void readReaders();
  const timer = setInterval(readReaders, EVERY_MS);
  return () => clearInterval(timer);
}

/** Ask for the readers; where that is refused the last ones stay. */
export async function readReaders(): Promise<void> {
  try {
    readers.value = (await ask<{ items: Reader[] }>("readers", { limit: 1000 })).items;
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
  }
}

/** Readers with an antenna that hears the zone. */
export function readersOf(zone: string): readonly Reader[] {
  return readers.value.filter((reader) => zonesHeard(reader).has(zone));
}

function zonesHeard(reader: Reader): Set<string | null | undefined> {
  return new Set([reader.zone, ...(reader.points ?? []).map((point) => point.zone)]);
}

/** Antennas whose place is known, on the floor of the zone that they hear. */
export function planReaders(floor: string | undefined): readonly PlanReader[] {
  return readers.value.flatMap((reader) =>
    (reader.points ?? []).flatMap((point) => {
      const on = zoneByName.value.get(point.zone ?? "")?.floor;
      const [x, y] = point.at_m ?? [];
      if (x === undefined || y === undefined || (on && on !== floor)) return [];
      return [{ name: reader.name, x, y, silent: reader.state !== "online" }];
    }),
  );
}
