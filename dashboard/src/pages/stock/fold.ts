/** Folds what is where into stock: by zone or by item, confirmed or last known. */

/** Confirmed is what was heard within so long; the same for all, so that shares can be compared. */
export const CONFIRMED_MS = 15 * 60_000;

/** One asset that is somewhere. `heardMs` null: nobody says when it was heard. */
export interface Stocked {
  readonly zone: string;
  readonly item: string;
  readonly heardMs: number | null;
  readonly unknown: boolean;
}

export interface StockRow {
  readonly name: string;
  readonly onHand: number;
  readonly confirmed: number;
  readonly lastKnown: number;
  /** The read that is longest ago, in ms since 1970. */
  readonly oldestMs: number | null;
}

export interface Stock {
  readonly rows: readonly StockRow[];
  readonly total: StockRow;
}

/** The rows by `key`, the fullest first; `nowMs` is when it is looked at. */
export function foldStock(items: Iterable<Stocked>, key: "zone" | "item", nowMs: number): Stock {
  const found = new Map<string, Mutable>();
  const total = emptyRow("");
  for (const each of items) {
    const name = each[key];
    let row = found.get(name);
    if (!row) {
      row = emptyRow(name);
      found.set(name, row);
    }
    add(row, each, nowMs);
    add(total, each, nowMs);
  }
  const rows = [...found.values()].sort(
    (a, b) => b.onHand - a.onHand || a.name.localeCompare(b.name),
  );
  return { rows, total };
}

type Mutable = { -readonly [Key in keyof StockRow]: StockRow[Key] };

function emptyRow(name: string): Mutable {
  return { name, onHand: 0, confirmed: 0, lastKnown: 0, oldestMs: null };
}

function add(row: Mutable, item: Stocked, nowMs: number): void {
  row.onHand += 1;
  const isConfirmed =
    !item.unknown && item.heardMs !== null && nowMs - item.heardMs <= CONFIRMED_MS;
  if (isConfirmed) row.confirmed += 1;
  else row.lastKnown += 1;
  if (item.heardMs !== null) row.oldestMs = Math.min(row.oldestMs ?? item.heardMs, item.heardMs);
}
