/** What is where: now by the live map, at another time as the gateway tells it. */
import { type Answer, askFully } from "../../api/client";
import type { Shape } from "../../api/shape";
import { assetById } from "../../live/assets";
import { live, whereAt } from "../../live/live";
import { words } from "../../words";
import type { Stocked } from "./fold";

const PAGE = 1000;
const PAGES_MAX = 200;

function itemOf(id: string): string {
  const asset = assetById.value.get(id);
  return asset?.sku || asset?.category || words().stock.other;
}

/** The assets of the live map that are in a zone. */
export function* stockNow(): Generator<Stocked> {
  for (let index = 0; index < live.count; index++) {
    const where = whereAt(live, index);
    if (!where?.zone || where.isTag) continue;
    const { zone, heardMs, name } = where;
    const unknown = where.lastKnown && live.timeMs - heardMs < 60_000;
    yield { zone, heardMs, unknown, item: itemOf(name) };
  }
}

/** The assets that were in a zone at `asOf`; an asset with several tags counts once. */
export async function stockAt(asOf: string, ended: AbortSignal): Promise<Stocked[]> {
  const found = new Map<string, Stocked>();
  let cursor: string | null = null;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const query = { as_of: asOf, limit: PAGE, cursor };
    const answer: Answer<Shape<"TagPositionPage">> = await askFully("positions", query, ended);
    for (const each of answer.body.items) {
      if (!each.asset || !each.zone) continue;
      found.set(each.asset, {
        zone: each.zone,
        heardMs: null,
        unknown: each.presence !== "present",
        item: itemOf(each.asset),
      });
    }
    cursor = answer.next;
    if (cursor === null) break;
  }
  return [...found.values()];
}
