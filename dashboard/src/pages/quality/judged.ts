/** Which figures of data quality are worth a person's time; docs/how-to/data-quality.md says why. */
import type { Shape } from "../../api/shape";

/** Below this share of its seconds a tag answers too seldom to be believed gone. */
const HARDLY = 0.5;
/** Zones hear one tag at nearly the same level below this difference. */
const CLEAR_DB = 3;
/** Nor is it clear where a tag is when the louder zone is louder no more often than this. */
const CLEAR_SHARE = 0.6;

export function isHardlyRead(tag: Pick<Shape<"Tag">, "read_share">): boolean {
  return tag.read_share !== null && tag.read_share < HARDLY;
}

export function isHardToTell(
  pair: Pick<Shape<"CrossRead">, "louder_share" | "margin_db">,
): boolean {
  const close = pair.margin_db !== null && Math.abs(pair.margin_db) < CLEAR_DB;
  return close || pair.louder_share <= CLEAR_SHARE;
}
