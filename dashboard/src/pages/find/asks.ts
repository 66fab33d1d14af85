/** Asks for assets that pass the filters: the gateway searches, page by page. */
import { askFully } from "../../api/client";
import type { Asset, Shape } from "../../api/shape";
import { assetById } from "../../live/assets";
import { whereIs } from "../../live/live";
import { nowMs } from "../../times";
import { type Filters, isUnseen } from "./filters";

const PAGE = 200;
/** So many pages are looked through for one list; then somebody asks for more. */
const PAGES_MAX = 10;

export interface Found {
  readonly rows: readonly Asset[];
  readonly hasMore: boolean;
}

interface Page {
  readonly items: readonly Asset[];
  readonly next: string | null;
}

/** At least `wanted` assets, where there are so many. Throws RefusedError. */
export async function findAssets(
  filters: Filters,
  wanted: number,
  ended: AbortSignal,
): Promise<Found> {
  const heard = filters.reader ? await tagsOf(filters.reader, ended) : null;
  const rows: Asset[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < PAGES_MAX * Math.ceil(wanted / PAGE); page += 1) {
    const { items, next }: Page = await readPage(filters, cursor, ended);
    rows.push(...items.filter((asset) => fits(asset, filters, heard)));
    cursor = next;
    if (cursor === null || rows.length >= wanted) break;
  }
  return { rows, hasMore: cursor !== null };
}

async function readPage(
  { q, category, group, zone }: Filters,
  cursor: string | null,
  ended: AbortSignal,
): Promise<Page> {
  if (!zone) {
    const query = { q, category, group, limit: PAGE, cursor };
    const { body, next } = await askFully<{ items: Asset[] }>("assets", query, ended);
    return { items: body.items, next };
  }
  type Positions = { items: Shape<"TagPosition">[] };
  const query = { q, zone, limit: PAGE, cursor };
  const { body, next } = await askFully<Positions>("positions", query, ended);
  const ids = new Set(body.items.flatMap(({ asset }) => asset ?? []));
  return { items: [...ids].flatMap((id) => assetById.value.get(id) ?? []), next };
}

function fits(asset: Asset, filters: Filters, heard: ReadonlySet<string> | null): boolean {
  if (filters.category && asset.category !== filters.category) return false;
  if (filters.group && asset.group !== filters.group) return false;
  if (heard && !asset.tags.some((tag) => heard.has(tag))) return false;
  return isUnseen(whereIs(asset.id)?.heardMs ?? null, filters.unseen, nowMs());
}

/** The tags that a reader heard last. */
async function tagsOf(reader: string, ended: AbortSignal): Promise<ReadonlySet<string>> {
  type Sightings = { items: Shape<"Sighting">[] };
  const { body } = await askFully<Sightings>("sightings", { reader, limit: 1000 }, ended);
  return new Set(body.items.map(({ tag }) => tag));
}
