/** Names and categories of all assets: asked once, page by page, and kept up. */
import { computed, effect, signal } from "@preact/signals";
import { askFully, RefusedError } from "../api/client";
import type { Asset } from "../api/shape";
import { me } from "../session";
import { TAG } from "./frame";
import { live, liveTurn } from "./live";

/** By id; empty until they are loaded. */
export const assetById = signal<ReadonlyMap<string, Asset>>(new Map());

/** The categories there are, by number of assets; at most twelve. */
export const categories = computed<readonly string[]>(() => {
  const counts = new Map<string, number>();
  for (const { category } of assetById.value.values()) {
    counts.set(category, (counts.get(category) ?? 0) + 1);
  }
  return [...counts]
    .sort(([a, n], [b, m]) => m - n || a.localeCompare(b))
    .slice(0, 12)
    .map(([category]) => category);
});

/** What an asset is called: its name, else its id. */
export function nameOf(id: string): string {
  return assetById.value.get(id)?.name || id;
}

const EVERY_MS = 60_000;
const SOON_MS = 3000;
let loading = false;
let again: ReturnType<typeof setTimeout> | undefined;
/** Whether they are asked for soon: who comes and goes meanwhile does not put that off. */
let isSoon = false;

/** Ask for all assets, page by page; what cannot be had now is asked for again in a minute. */
export async function loadAssets(): Promise<void> {
  if (loading || !me.value) return;
  loading = true;
  isSoon = false;
  clearTimeout(again);
  try {
    assetById.value = await allAssets();
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
  } finally {
    loading = false;
    clearTimeout(again);
    again = setTimeout(loadAssets, isSoon ? SOON_MS : EVERY_MS);
  }
}

async function allAssets(): Promise<Map<string, Asset>> {
  const found = new Map<string, Asset>();
  let cursor: string | null = null;
  do {
    const answer: { body: { items: Asset[] }; next: string | null } = await askFully<{
      items: Asset[];
    }>("assets", { limit: 1000, cursor });
    for (const asset of answer.body.items) found.set(asset.id, asset);
    cursor = answer.next;
  } while (cursor);
  return found;
}

let isKept = false;

/** Have them loaded, and again soon after the live map shows one that is not known. */
export function keepAssets(): void {
  if (isKept) return;
  isKept = true;
  let lastCount = 0;
  effect(() => {
    if (me.value) void loadAssets();
  });
  liveTurn.subscribe(() => {
    if (live.byName.size === lastCount) return;
    lastCount = live.byName.size;
    if (isSoon || !assetById.peek().size || !hasNews()) return;
    isSoon = true;
    clearTimeout(again);
    again = setTimeout(loadAssets, SOON_MS);
  });
}

function hasNews(): boolean {
  const known = assetById.peek();
  for (const [name, index] of live.byName) {
    if (!((live.state[index] ?? 0) & TAG) && !known.has(name)) return true;
  }
  return false;
}
