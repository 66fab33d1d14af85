/** What Live shows, all of it from the address: floor, view, what is picked, what is filtered. */
import { computed } from "@preact/signals";
import { asked, look } from "../../address";
import type { Floor } from "../../api/shape";
import { live, tallies, whereIs } from "../../live/live";
import { LOOSE_TAGS } from "../../live/loose";
import { floors, zones } from "../../site";

/** Stands for what is on no floor, where there is such a thing. */
const NO_FLOOR: Floor = { name: "", size_m: [100, 100], height_m: null, plan: null, map: null };

/** The floors that can be chosen; one without a name where zones lie on none. */
export const choices = computed<readonly Floor[]>(() => {
  void tallies.value;
  const loose = zones.value.some((zone) => zone.floor === null) && hasLoose();
  return floors.value.length === 0 && zones.value.length === 0
    ? []
    : [...floors.value, ...(loose || floors.value.length === 0 ? [NO_FLOOR] : [])];
});

function hasLoose(): boolean {
  return live.floors.some(
    (floor) => floor.name === "" && (tallies.value.floors.get("")?.all ?? 0) > 0,
  );
}

/** The asset, or tag, that is picked. */
export const pickedAsset = computed(() => asked("asset"));

/** The floor that is shown: that of the address, else that of the picked asset, else the first. */
export const shownFloor = computed<Floor | undefined>(() => {
  const name = asked("floor") ?? floorOfPicked.value;
  return choices.value.find((floor) => floor.name === name) ?? choices.value[0];
});

const floorOfPicked = computed(() => {
  const { value } = pickedAsset;
  return value === null ? null : (whereIs(value)?.floor ?? null);
});

export const isTable = computed(() => asked("view") === "table");
export const isFollowing = computed(() => asked("follow") === "1" && pickedAsset.value !== null);

/** The categories that are filtered away. */
export const hidden = computed<ReadonlySet<string>>(() => {
  const said = asked("hide");
  if (said === null) return new Set();
  return new Set(said.split(",").map((each) => (each === "~tags" ? LOOSE_TAGS : unescaped(each))));
});

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Show or filter away one category. */
export function toggle(category: string): void {
  const next = new Set(hidden.value);
  if (!next.delete(category)) next.add(category);
  const said = [...next]
    .sort()
    .map((each) => (each === LOOSE_TAGS ? "~tags" : encodeURIComponent(each)));
  // An empty name is the category of assets without one.
  look({ hide: next.size ? said.join(",") || "," : null });
}

/** Pick an asset, or none; the floor becomes its own. */
export function pickAsset(asset: string | null): void {
  const floor = asset === null ? undefined : whereIs(asset)?.floor;
  look({ asset, follow: null, ...(floor ? { floor } : {}) });
}

export function showFloor(name: string): void {
  look({ floor: name, follow: null });
}

/** The floor before or after the one that is shown. */
export function stepFloor(by: 1 | -1): void {
  const { value } = shownFloor;
  const next = value && choices.value[choices.value.indexOf(value) + by];
  if (next) showFloor(next.name);
}

/** What a floor is called; the one without a name, too. */
export function floorTitle(floor: Floor, none: string): string {
  return floor.name || none;
}
