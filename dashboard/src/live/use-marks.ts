/** The marks of one floor as a signal, for a plan. */
import { effect, type ReadonlySignal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Asset, Floor, Zone } from "../api/shape";
import { shapeOf } from "../plan/shapes";
import { drawnFloor } from "../plan/site";
import type { Marks } from "../plan/types";
import { assetById } from "./assets";
import { live, liveTurn } from "./live";
import { LOOSE_TAGS } from "./loose";
import { FloorMarks } from "./marks";

const DOT = 4;

/** Follows the live map, at most once in `everyMs`. Assets of a category in `hidden` are left out. */
export function useFloorMarks(
  floor: Floor | undefined,
  zones: readonly Zone[],
  hidden: ReadonlySet<string>,
  everyMs = 0,
): ReadonlySignal<Marks | null> {
  const made = useSignal<Marks | null>(null);
  const key = [...hidden].join("\n");
  useEffect(() => {
    made.value = null;
    if (!floor) return;
    const drawn = drawnFloor(floor, zones);
    const shapes = new Shapes(hidden);
    let last = -Infinity;
    const follower = new FloorMarks({ name: floor.name, zones: drawn.zones, shapeOf: shapes.of });
    return effect(() => {
      void liveTurn.value;
      const now = performance.now();
      if (shapes.assets === assetById.value && now - last < everyMs) return;
      last = now;
      shapes.assets = assetById.value;
      made.value = follower.follow(live);
    });
  }, [floor, zones, key, made, everyMs]);
  return made;
}

/** The shape of each asset by its category; each category is looked at once. */
class Shapes {
  assets: ReadonlyMap<string, Asset> = new Map();
  private readonly known = new Map<string, number>();

  constructor(private readonly hidden: ReadonlySet<string>) {}

  readonly of = (name: string, isTag: boolean): number => {
    if (isTag) return this.hidden.has(LOOSE_TAGS) ? -1 : DOT;
    const category = this.assets.get(name)?.category ?? "";
    let shape = this.known.get(category);
    if (shape === undefined) {
      shape = this.hidden.has(category) ? -1 : shapeOf(category);
      this.known.set(category, shape);
    }
    return shape;
  };
}
