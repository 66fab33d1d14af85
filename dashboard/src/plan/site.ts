/** What is drawn of one floor: its rectangle and its zones, with all that is worked out once. */
import type { Floor, Zone } from "../api/shape";
import type { FloorMap } from "./map";
import { contains, joined, middleOf, type Outline, outlineOf } from "./outline";
import { shortNames } from "./short-names";
import type { BoxM, PointM } from "./types";

export interface DrawnZone {
  readonly name: string;
  readonly zone: Zone;
  readonly outline: Outline | null;
  readonly middle: PointM | null;
}

export interface DrawnFloor {
  readonly name: string;
  /** The floor itself. */
  readonly box: BoxM;
  /** The floor and everything that is drawn on it. */
  readonly extent: BoxM;
  readonly zones: readonly DrawnZone[];
  /** Shorter names of each zone, by its name. */
  readonly short: ReadonlyMap<string, readonly string[]>;
  /** The address of its picture. */
  readonly picture: string | null;
  /** The map under it, out of doors. */
  readonly map: FloorMap | null;
}

const known = new WeakMap<Floor, { zones: readonly Zone[]; drawn: DrawnFloor }>();

/** One floor with its zones in the order of the site file; those of no floor are on every one. */
export function drawnFloor(floor: Floor, zones: readonly Zone[]): DrawnFloor {
  const before = known.get(floor);
  if (before?.zones === zones) return before.drawn;
  const [width = 100, depth = 100] = floor.size_m;
  const box = { left: 0, bottom: 0, right: width, top: depth };
  const shown = zonesOf(floor.name, zones).map(drawnZone);
  const extent = shown.reduce(
    (all, { outline }) => (outline ? joined(all, outline.box) : all),
    box,
  );
  const drawn = {
    name: floor.name,
    box,
    extent,
    zones: shown,
    short: shortNames(shown.map(({ name }) => name)),
    picture: floor.plan,
    map: floor.map,
  };
  known.set(floor, { zones, drawn });
  return drawn;
}

/** The zones of a floor. */
export function zonesOf(floor: string, zones: readonly Zone[]): Zone[] {
  return zones.filter((zone) => zone.floor === floor || zone.floor === null);
}

function drawnZone(zone: Zone): DrawnZone {
  const outline = outlineOf(zone);
  return { name: zone.name, zone, outline, middle: outline && middleOf(outline) };
}

/** The smallest zone at a point of a floor; null where there is none. */
export function smallestZone(floor: DrawnFloor, { x, y }: PointM): string | null {
  let [best, least]: [string | null, number] = [null, Infinity];
  for (const { name, outline } of floor.zones) {
    if (!outline || !contains(outline, x, y)) continue;
    const { box } = outline;
    const area = (box.right - box.left) * (box.top - box.bottom);
    if (area < least) [best, least] = [name, area];
  }
  return best;
}
