/** Tiles of maps as pictures: asked for a few at a time, kept while there is room. */
import { signal } from "@preact/signals";
import { greyed } from "./picture";
import { MOST_TILES } from "./tiles";

const MOST_KEPT = MOST_TILES + 56;
const AT_ONCE = 8;
const AGAIN_MS = 30_000;

interface Kept {
  image: HTMLCanvasElement | null;
  waiting: Set<() => void>;
}

/** In the order in which they were last drawn. */
const kept = new Map<string, Kept>();
const queue: { address: string; dark: boolean }[] = [];
let asking = 0;

/** Whether the last tile that was asked for did not come. */
export const isMapMissing = signal(false);

/** A tile as a picture, grey as plans are; null while there is none, then `whenThere` is called. */
export function tileAt(
  address: string,
  dark: boolean,
  whenThere: () => void,
): HTMLCanvasElement | null {
  const found = kept.get(keyOf(address, dark));
  if (!found) return ask(address, dark, whenThere);
  kept.delete(keyOf(address, dark));
  kept.set(keyOf(address, dark), found);
  if (!found.image) found.waiting.add(whenThere);
  return found.image;
}

/** The same where it is there already; nothing is asked for. */
export function tileThere(address: string, dark: boolean): HTMLCanvasElement | null {
  return kept.get(keyOf(address, dark))?.image ?? null;
}

function keyOf(address: string, dark: boolean): string {
  return `${dark ? "dark" : "light"} ${address}`;
}

function ask(address: string, dark: boolean, whenThere: () => void): null {
  kept.set(keyOf(address, dark), { image: null, waiting: new Set([whenThere]) });
  queue.push({ address, dark });
  if (queue.length > MOST_TILES) forget(queue.shift());
  for (const [key] of kept) {
    if (kept.size <= MOST_KEPT) break;
    kept.delete(key);
  }
  next();
  return null;
}

function forget(dropped: { address: string; dark: boolean } | undefined): void {
  if (dropped) kept.delete(keyOf(dropped.address, dropped.dark));
}

/** What was asked for last is looked at now, so it comes first. */
function next(): void {
  while (asking < AT_ONCE) {
    const wanted = queue.pop();
    if (!wanted) return;
    load(wanted.address, wanted.dark);
  }
}

function load(address: string, dark: boolean): void {
  const image = new Image();
  asking++;
  const done = (drawn: HTMLCanvasElement | null) => {
    asking--;
    isMapMissing.value = !drawn;
    settle(keyOf(address, dark), drawn);
    next();
  };
  image.onload = () => done(greyed(image, dark));
  image.onerror = () => done(null);
  // Map servers want to know who asks; the page and its address stay unknown to them.
  image.referrerPolicy = "strict-origin";
  image.src = address;
}

function settle(key: string, drawn: HTMLCanvasElement | null): void {
  const found = kept.get(key);
  if (!found) return;
  found.image = drawn;
  const tell = () => {
    for (const whenThere of found.waiting) whenThere();
    found.waiting.clear();
  };
  const askAgain = () => {
    if (kept.get(key) === found) kept.delete(key);
    tell();
  };
  if (drawn) tell();
  else setTimeout(askAgain, AGAIN_MS);
}
