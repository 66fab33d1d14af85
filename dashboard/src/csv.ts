/** Rows as CSV that a spreadsheet opens without running what stands in them. Pure. */

export type Cell = string | number | null | undefined;

/** RFC 4180 with a head; a text that a spreadsheet would take for a formula gets an apostrophe. */
export function csvOf(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [head, ...rows].map((row) => row.map(cellOf).join(",")).join("\r\n");
}

function cellOf(cell: Cell): string {
  if (cell === null || cell === undefined) return "";
  if (typeof cell === "number") return String(cell);
  const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
