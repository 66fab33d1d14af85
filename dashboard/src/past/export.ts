/** Saves what a page shows as a CSV file. */

import { type Cell, csvOf } from "../csv";
import { saveCsv } from "../files";
import type { Past } from "./entries";
import { barWords, eventWords } from "./event-words";
import type { Span } from "./span";

const HEAD = ["asset", "type", "from", "to", "zone", "what", "detail", "x_m", "y_m"];
const iso = (moment: number) => new Date(moment).toISOString();

/** Stays, gaps, events and positions of each asset, by time, in UTC. */
export function exportCsv(pasts: readonly Past[], span: Span): void {
  const rows = pasts.flatMap((past) => rowsOf(past).sort((a, b) => a.at - b.at));
  const text = csvOf(
    HEAD,
    rows.map(({ cells }) => cells),
  );
  saveCsv(text, `history-${iso(span.from).slice(0, 16).replaceAll(":", "")}.csv`);
}

function rowsOf({ asset, bars, events, fixes }: Past): { at: number; cells: Cell[] }[] {
  return [
    ...bars.map((bar) => ({
      at: bar.from,
      cells: [asset, bar.kind, iso(bar.from), iso(bar.to), bar.zone, barWords(bar)],
    })),
    ...events.map((event) => {
      const { head, rest } = eventWords(event);
      return {
        at: event.timeMs,
        cells: [asset, event.what.type, iso(event.timeMs), "", "", head, rest],
      };
    }),
    ...fixes.map((fix) => ({
      at: fix.timeMs,
      cells: [asset, "position", iso(fix.timeMs), "", "", "", "", fix.x, fix.y],
    })),
  ];
}
