/** Which readers hear which zone, as their antennas say. */
import type { Reader } from "../../api/shape";
import { readers } from "../../live/readers";
import type { PlanReader } from "../../plan/types";
import { zoneByName } from "../../site";

const known = () => readers.value ?? [];

/** Readers with an antenna that hears the zone. */
export function readersOf(zone: string): readonly Reader[] {
  return known().filter((reader) => zonesHeard(reader).has(zone));
}

function zonesHeard(reader: Reader): Set<string | null | undefined> {
  return new Set([reader.zone, ...(reader.points ?? []).map((point) => point.zone)]);
}

/** Antennas whose place is known, on the floor of the zone that they hear. */
export function planReaders(floor: string | undefined): readonly PlanReader[] {
  return known().flatMap((reader) =>
    (reader.points ?? []).flatMap((point) => {
      const on = zoneByName.value.get(point.zone ?? "")?.floor;
      const [x, y] = point.at_m ?? [];
      if (x === undefined || y === undefined || (on && on !== floor)) return [];
      return [{ name: reader.name, x, y, silent: reader.state !== "online" }];
    }),
  );
}
