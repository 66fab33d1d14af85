/** Asks for the past of assets, page by page; tells how far it is, and can be ended. */
import { askFully, path } from "../api/client";
import type { Alert } from "../api/shape";
import { type Entry, type Past, pastOf } from "./entries";
import type { Span } from "./span";

const PAGE = 1000;
/** More of one asset is not read: the span is to be made shorter then. */
export const ENTRIES_MAX = 20_000;
const TYPES = ["movement", "crossing", "visit", "position", "gap"];

export interface Progress {
  readonly assets: number;
  readonly assetsDone: number;
  readonly entries: number;
  /** The share of the span that has been read of the asset that is being read, 0 to 1. */
  readonly share: number;
}

export interface Loading {
  readonly pasts: readonly Past[];
  /** Assets of which there was more than is read. */
  readonly cut: readonly string[];
}

/** The past of each asset. Throws RefusedError; ends when `ended` is aborted. */
export async function loadPasts(
  assets: readonly string[],
  span: Span,
  tell: (progress: Progress) => void,
  ended: AbortSignal,
): Promise<Loading> {
  const pasts: Past[] = [];
  const cut: string[] = [];
  let entriesBefore = 0;
  for (const [assetsDone, asset] of assets.entries()) {
    const told = (entries: number, share: number) =>
      tell({ assets: assets.length, assetsDone, entries: entriesBefore + entries, share });
    told(0, 0);
    const [entries, alerts] = await Promise.all([
      readEntries(asset, span, told, ended),
      readAlerts(asset, span, ended),
    ]);
    if (entries.isCut) cut.push(asset);
    entriesBefore += entries.items.length;
    pasts.push(pastOf(asset, entries.items, alerts, span));
  }
  return { pasts, cut };
}

const asked = (span: Span) => ({
  since: new Date(span.from).toISOString(),
  until: new Date(span.to).toISOString(),
});

async function readEntries(
  asset: string,
  span: Span,
  tell: (entries: number, share: number) => void,
  ended: AbortSignal,
) {
  const query = { ...asked(span), type: TYPES, sort: "-time", limit: PAGE };
  const items: Entry[] = [];
  let cursor: string | null = null;
  do {
    const where = path`assets/${asset}/history`;
    const page: { body: { items: Entry[] }; next: string | null } = await askFully(
      where,
      { ...query, cursor },
      ended,
    );
    items.push(...page.body.items);
    cursor = page.next;
    tell(items.length, shareOf(items.at(-1), span));
  } while (cursor !== null && items.length < ENTRIES_MAX);
  return { items, isCut: cursor !== null };
}

function shareOf(oldest: Entry | undefined, span: Span): number {
  if (!oldest) return 1;
  const time = Date.parse(
    oldest.type === "visit" || oldest.type === "gap" ? oldest.from : oldest.time,
  );
  return Math.min(1, Math.max(0, (span.to - time) / (span.to - span.from)));
}

async function readAlerts(asset: string, span: Span, ended: AbortSignal): Promise<Alert[]> {
  const query = { ...asked(span), asset, limit: PAGE };
  return (await askFully<{ items: Alert[] }>("alerts", query, ended)).body.items;
}
