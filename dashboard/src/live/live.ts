/** The live map as the pages see it: who is where, on which floor, and what nobody hears. */
import { computed, signal } from "@preact/signals";
import type { Severity } from "../api/shape";
import type { PointM } from "../plan/types";
import {
  emptyLive,
  FLOORLESS,
  type LiveState,
  NOWHERE,
  PROVISIONAL,
  SEVERITY_SHIFT,
  TAG,
  UNKNOWN,
} from "./frame";

/** The columns. They change with each frame: read `liveTurn` to be told. */
export const live: LiveState = emptyLive();
export const liveTurn = signal(0);

/** An asset not heard for so long is last known only. */
export const STALE_AFTER_S = 60;

const SEVERITIES: readonly (Severity | null)[] = [null, "info", "warning", "critical"];

/** Where an item is. `x` and `y` in metres where it has a fix. */
export interface Whereabouts {
  readonly name: string;
  readonly floor: string | null;
  readonly zone: string | null;
  readonly x: number | null;
  readonly y: number | null;
  readonly heardMs: number;
  readonly provisional: boolean;
  readonly lastKnown: boolean;
  readonly isTag: boolean;
  readonly alert: Severity | null;
}

/** Whether an item is last known only: not heard for a minute, or its readers do not hear. */
export function isLastKnown(map: LiveState, index: number): boolean {
  const age_s = map.timeMs / 1000 - (map.heard_s[index] ?? 0);
  return age_s > STALE_AFTER_S || ((map.state[index] ?? 0) & UNKNOWN) !== 0;
}

/** One item by its index; null where there is none. */
export function whereAt(map: LiveState, index: number): Whereabouts | null {
  const name = map.name[index];
  if (!name) return null;
  const state = map.state[index] ?? 0;
  const fix = fixAt(map, index);
  return {
    name,
    floor: map.floors[map.floor[index] ?? FLOORLESS]?.name || null,
    zone: map.zones[map.zone[index] ?? NOWHERE]?.name ?? null,
    x: fix?.x ?? null,
    y: fix?.y ?? null,
    heardMs: (map.heard_s[index] ?? 0) * 1000,
    provisional: (state & PROVISIONAL) !== 0,
    lastKnown: isLastKnown(map, index),
    isTag: (state & TAG) !== 0,
    alert: SEVERITIES[(state >> SEVERITY_SHIFT) & 3] ?? null,
  };
}

/** The newest fix of an item in metres; null where it has none. */
export function fixAt(map: LiveState, index: number): PointM | null {
  const floor = map.floors[map.floor[index] ?? FLOORLESS];
  const [x, y] = [map.x[index] ?? NOWHERE, map.y[index] ?? NOWHERE];
  if (!floor || x === NOWHERE) return null;
  return { x: floor.left_m + x * floor.step_m, y: floor.bottom_m + y * floor.step_m };
}

/** Where an asset, or a tag, is; null where nobody knows. Follows the live map. */
export function whereIs(name: string): Whereabouts | null {
  void liveTurn.value;
  const index = live.byName.get(name);
  return index === undefined ? null : whereAt(live, index);
}

/** The names of the zones that nobody hears. */
export const unheard = computed<ReadonlySet<string>>(() => {
  void liveTurn.value;
  return unheardOf(live.wordsTurn);
});

let known: { turn: number; names: ReadonlySet<string> } = { turn: -1, names: new Set() };

function unheardOf(turn: number): ReadonlySet<string> {
  if (known.turn !== turn) {
    const names = live.unheard.flatMap((number) => live.zones[number]?.name ?? []);
    known = { turn, names: new Set(names) };
  }
  return known.names;
}

/** How many are somewhere, and how sure it is. */
export interface Tally {
  all: number;
  seen: number;
  lastKnown: number;
  /** The worst severity of an open alert, as its number; 0 for none. */
  worst: number;
}

export interface Tallies {
  readonly site: Tally;
  readonly floors: ReadonlyMap<string, Tally>;
  /** Tags that no asset carries. */
  readonly looseTags: number;
}

/** The tally of the site and of each floor, by name; what is on no floor is under "". */
export function talliesOf(map: LiveState): Tallies {
  const site = noTally();
  let looseTags = 0;
  const floors = new Map(map.floors.map((floor) => [floor.name, noTally()]));
  const byNumber = map.floors.map((floor) => floors.get(floor.name));
  for (let index = 0; index < map.count; index++) {
    if (!map.name[index]) continue;
    if ((map.state[index] ?? 0) & TAG) {
      looseTags += 1;
      continue;
    }
    const seen = !isLastKnown(map, index);
    const worst = ((map.state[index] ?? 0) >> SEVERITY_SHIFT) & 3;
    count(site, seen, worst);
    const floor = byNumber[map.floor[index] ?? FLOORLESS];
    if (floor) count(floor, seen, worst);
  }
  return { site, floors, looseTags };
}

function noTally(): Tally {
  return { all: 0, seen: 0, lastKnown: 0, worst: 0 };
}

function count(tally: Tally, seen: boolean, worst: number): void {
  tally.all += 1;
  if (seen) tally.seen += 1;
  else tally.lastKnown += 1;
  tally.worst = Math.max(tally.worst, worst);
}

/** The tallies now, at most once a second: numbers that change five times a second cannot be read. */
export const tallies = signal(talliesOf(live));
let lastTally = 0;
liveTurn.subscribe(() => {
  const now = performance.now();
  if (now - lastTally < 950 && live.turn > 1) return;
  lastTally = now;
  tallies.value = talliesOf(live);
});
