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
  /** What has been read of all. */
  readonly soFar: Loading;
}

export interface Loading {
  readonly pasts: readonly Past[];
  /** Assets of which there was more than is read. */
  readonly cut: readonly string[];
}

export const NOTHING: Loading = { pasts: [], cut: [] };

/** What is wanted, and what of it was read before; that is not asked again. */
export interface Wanted {
  readonly assets: readonly string[];
  readonly span: Span;
  readonly before?: Loading;
}

/** The past of each asset. Throws RefusedError; ends when `ended` is aborted. */
export async function loadPasts(
  { assets, span, before = NOTHING }: Wanted,
  tell: (progress: Progress) => void,
  ended: AbortSignal,
): Promise<Loading> {
  let soFar = before;
  let entriesBefore = 0;
  for (const [assetsDone, asset] of assets.entries()) {
    if (soFar.pasts.some((past) => past.asset === asset)) continue;
    const told = (more: number, share: number) =>
      tell({ assets: assets.length, assetsDone, entries: entriesBefore + more, share, soFar });
    told(0, 0);
    const [entries, alerts] = await Promise.all([
      readEntries(asset, span, told, ended),
      readAlerts(asset, span, ended),
    ]);
    entriesBefore += entries.items.length;
    soFar = {
      pasts: [...soFar.pasts, pastOf(asset, entries.items, alerts, span)],
      cut: entries.isCut ? [...soFar.cut, asset] : soFar.cut,
    };
  }
  return soFar;
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
