/** Floors and zones are asked for once, and again when the live map tells of another site file. */
import { effect } from "@preact/signals";
import { RefusedError } from "../api/client";
import { me } from "../session";
import { readSite } from "../site";
import { live, liveTurn } from "./live";

const AGAIN_MS = 5000;
let isKept = false;
let version = "";

/** Keep `floors` and `zones` of site.ts up. */
export function keepSite(): void {
  if (isKept) return;
  isKept = true;
  effect(() => {
    if (me.value?.rights.includes("look")) void load();
  });
  liveTurn.subscribe(() => {
    if (!live.site || live.site === version) return;
    const isFirst = version === "";
    version = live.site;
    if (!isFirst) void load();
  });
}

let again: ReturnType<typeof setTimeout> | undefined;

async function load(): Promise<void> {
  clearTimeout(again);
  try {
    await readSite();
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    clearTimeout(again);
    if (error.status !== 401) again = setTimeout(load, AGAIN_MS);
  }
}
