/** What assets are called, for sentences: asked for once each, a few at a time. */
import { signal } from "@preact/signals";
import { ask, path, RefusedError } from "../api/client";
import type { Asset } from "../api/shape";

const AT_ONCE_MAX = 4;
const KEPT_MAX = 5000;

const known = signal<ReadonlyMap<string, Asset | null>>(new Map());
const waiting = new Set<string>();
let asking = 0;

/** The asset, as far as it is known by now; reading subscribes, and asks for what is not known. */
export function assetOf(id: string): Asset | null {
  const found = known.value.get(id);
  if (found === undefined) want(id);
  return found ?? null;
}

function want(id: string): void {
  if (waiting.has(id)) return;
  waiting.add(id);
  queueMicrotask(askNext);
}

const asked = new Set<string>();

function askNext(): void {
  for (const id of waiting) {
    if (asking >= AT_ONCE_MAX) return;
    if (asked.has(id)) continue;
    asked.add(id);
    asking += 1;
    void ask<Asset>(path`assets/${id}`)
      .then(
        (asset) => keep(id, asset),
        (error: unknown) => {
          if (!(error instanceof RefusedError)) throw error;
          // Who was removed has no name any more; what failed is asked again when it is shown anew.
          if (error.status === 404) keep(id, null);
        },
      )
      .finally(() => {
        asking -= 1;
        asked.delete(id);
        waiting.delete(id);
        askNext();
      });
  }
}

function keep(id: string, asset: Asset | null): void {
  const kept = [...known.peek(), [id, asset] as const];
  known.value = new Map(kept.slice(-KEPT_MAX));
}
