/** How many rows go into a column whole. Pure. */

/** A row by its lower edge in pixels, and of how many alerts it tells. */
export interface RowEdge {
  readonly bottom: number;
  readonly tells: number;
}

/**
 * How many of the rows are shown, and of how many alerts the others tell. Where not all go in,
 * `foot` pixels are kept for the line that says so.
 */
export function wholeRows(
  rows: readonly RowEdge[],
  height: number,
  foot: number,
): { readonly shown: number; readonly rest: number } {
  if (rows.every(({ bottom }) => bottom <= height)) return { shown: rows.length, rest: 0 };
  const first = rows.findIndex(({ bottom }) => bottom > height - foot);
  const rest = rows.slice(first).reduce((sum, { tells }) => sum + tells, 0);
  return { shown: first, rest };
}
