/** The live map as rows. Pure. */
import { RANK } from "../../alarms/order";
import type { Asset, Severity } from "../../api/shape";
import { type LiveState, TAG } from "../../live/frame";
import { whereAt } from "../../live/live";
import { LOOSE_TAGS } from "../../live/loose";

export interface LiveRow {
  readonly name: string;
  readonly title: string;
  readonly category: string;
  readonly zone: string | null;
  readonly heardMs: number;
  readonly lastKnown: boolean;
  readonly provisional: boolean;
  readonly alert: Severity | null;
  readonly hot: boolean;
}

export type SortKey = "name" | "category" | "zone" | "heard" | "sure" | "alert";

/** What stands on a floor, without what is filtered away, where `text` is in name, id or zone. */
export function rowsOf(
  map: LiveState,
  floor: string,
  assets: ReadonlyMap<string, Asset>,
  hidden: ReadonlySet<string>,
  text: string,
): LiveRow[] {
  const floorNumber = map.floors.findIndex(({ name }) => name === floor);
  const wanted = text.trim().toLowerCase();
  const rows: LiveRow[] = [];
  for (let index = 0; index < map.count; index++) {
    if (map.floor[index] !== floorNumber) continue;
    const row = rowAt(map, index, assets);
    if (row && !hidden.has(filterOf(map, index, row)) && fits(row, wanted)) rows.push(row);
  }
  return rows;
}

function filterOf(map: LiveState, index: number, row: LiveRow): string {
  return (map.state[index] ?? 0) & TAG ? LOOSE_TAGS : row.category;
}

function rowAt(map: LiveState, index: number, assets: ReadonlyMap<string, Asset>): LiveRow | null {
  const where = whereAt(map, index);
  if (!where) return null;
  const asset = assets.get(where.name);
  return {
    name: where.name,
    title: asset?.name || where.name,
    category: asset?.category ?? "",
    zone: where.zone,
    heardMs: where.heardMs,
    lastKnown: where.lastKnown,
    provisional: where.provisional,
    alert: where.alert,
    hot: where.alert === "critical",
  };
}

function fits(row: LiveRow, wanted: string): boolean {
  if (!wanted) return true;
  return [row.title, row.name, row.zone ?? ""].some((each) => each.toLowerCase().includes(wanted));
}

const compare = new Intl.Collator(undefined, { numeric: true }).compare;

const KEYS: Record<SortKey, (one: LiveRow, other: LiveRow) => number> = {
  name: (one, other) => compare(one.title, other.title),
  category: (one, other) => compare(one.category, other.category),
  zone: (one, other) => compare(one.zone ?? "", other.zone ?? ""),
  heard: (one, other) => other.heardMs - one.heardMs,
  sure: (one, other) => sureness(one) - sureness(other),
  alert: (one, other) => rank(other) - rank(one),
};

function sureness(row: LiveRow): number {
  return row.lastKnown ? 2 : row.provisional ? 1 : 0;
}

function rank(row: LiveRow): number {
  return row.alert ? RANK[row.alert] : 0;
}

export interface Order {
  by: SortKey;
  down: boolean;
}

/** The order that an address asks for, such as `zone`, or `-zone` for the other way; else by name. */
export function orderOf(text: string | null): Order {
  const by = text?.replace(/^-/, "") ?? "";
  const isKnown = (name: string): name is SortKey => Object.hasOwn(KEYS, name);
  return isKnown(by) ? { by, down: text !== by } : { by: "name", down: false };
}

/** The rows by one column; equals by name. */
export function sorted(rows: readonly LiveRow[], by: SortKey, down: boolean): LiveRow[] {
  const sign = down ? -1 : 1;
  return rows.toSorted((one, other) => sign * KEYS[by](one, other) || KEYS.name(one, other));
}
