/** Readers where their antennas hang, as far as the site file says so. */
import type { Floor, Reader, Zone } from "../api/shape";
import type { PlanReader } from "./types";

const WELL = new Set(["online", "connecting", "disabled", "maintenance"]);

/** Each antenna of a floor with a known place; one place is drawn once. */
export function planReaders(
  readers: readonly Reader[],
  zones: readonly Zone[],
  floor: Floor | undefined,
): PlanReader[] {
  const floorOf = new Map(zones.map((zone) => [zone.name, zone.floor]));
  const found = new Map<string, PlanReader>();
  for (const { name, state, points } of readers) {
    for (const { at_m, zone } of points) {
      const its = floorOf.get(zone ?? "") ?? null;
      if (!at_m || !floor || (its !== null && its !== floor.name)) continue;
      const [x, y] = at_m;
      found.set(`${name} ${x} ${y}`, { name, x, y, silent: !WELL.has(state) });
    }
  }
  return [...found.values()];
}
