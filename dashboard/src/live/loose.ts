/** The category by which tags without an asset are filtered; no asset can have it. */
export const LOOSE_TAGS = "\u0000";
