/** Folds what is where into stock: by zone or by item, confirmed or last known. */

/** Confirmed is what was heard within so long; the same for all, so that shares can be compared. */
export const CONFIRMED_MS = 15 * 60_000;

/** One asset that is somewhere. */
export interface Stocked {
  readonly zone: string;
  readonly item: string;
  /** Null: nobody says when it was heard; of the past no ages are kept. */
  readonly heardMs: number | null;
  /** The readers of its zone could not hear. */
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

/**
 * The rows by `key`, the fullest first. Looked at `nowMs`, confirmed is what was heard lately;
 * of the past (null) it is what was where readers could hear.
 */
export function foldStock(
  items: Iterable<Stocked>,
  key: "zone" | "item",
  nowMs: number | null,
): Stock {
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

function add(row: Mutable, item: Stocked, nowMs: number | null): void {
  row.onHand += 1;
  const isYoung = nowMs === null || (item.heardMs !== null && nowMs - item.heardMs <= CONFIRMED_MS);
  const isConfirmed = !item.unknown && isYoung;
  if (isConfirmed) row.confirmed += 1;
  else row.lastKnown += 1;
  if (item.heardMs !== null) row.oldestMs = Math.min(row.oldestMs ?? item.heardMs, item.heardMs);
}
