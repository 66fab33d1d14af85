/** In which zone a point would be, as the gateway ranks the zones that hold it. */
import { areaOf, contains, depth, holds, type Point, type Ring } from "./geometry";

/** A zone with its outlines; `parent` is the zone that it is said to lie in. */
export interface Tested {
  readonly name: string;
  readonly parent: string | null;
  readonly rings: readonly Ring[];
}

/** The zones that hold the point: the one it counts for, then those around or beside it.
 *
 * The innermost first; of zones that do not lie in each other the deeper one, then the smaller one,
 * then by name. Priorities of the site file are not known here.
 */
export function zonesAt(point: Point, zones: readonly Tested[]): string[] {
  const holding = zones.flatMap((zone) => {
    const ring = zone.rings.find((each) => holds(each, point));
    return ring ? [{ zone, ring }] : [];
  });
  const parents = new Map(zones.map((zone) => [zone.name, zone.parent]));
  const lies = (inner: (typeof holding)[number], outer: (typeof holding)[number]) =>
    hasAncestor(inner.zone.name, outer.zone.name, parents) ||
    (areaOf(inner.ring) < areaOf(outer.ring) && contains(outer.ring, inner.ring));
  return holding
    .toSorted((one, other) => {
      if (lies(one, other)) return -1;
      if (lies(other, one)) return 1;
      const deeper = depth(other.ring, point) - depth(one.ring, point);
      if (Math.abs(deeper) > 1e-9) return deeper;
      return areaOf(one.ring) - areaOf(other.ring) || (one.zone.name < other.zone.name ? -1 : 1);
    })
    .map(({ zone }) => zone.name);
}

function hasAncestor(
  name: string,
  ancestor: string,
  parents: ReadonlyMap<string, string | null>,
): boolean {
  const seen = new Set<string>();
  for (let at = parents.get(name); at && !seen.has(at); at = parents.get(at)) {
    if (at === ancestor) return true;
    seen.add(at);
  }
  return false;
}
