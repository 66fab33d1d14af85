/** The live map's connection: whether it is there, and how old its newest frame is. */
import { computed, signal } from "@preact/signals";

export type LinkState = "connecting" | "live" | "lost";

/** How the connection is, since when (this machine's clock, ms), and when the next try comes. */
export interface Link {
  state: LinkState;
  sinceMs: number;
  nextTryMs: number | null;
}

export const link = signal<Link>({ state: "connecting", sinceMs: Date.now(), nextTryMs: null });

/** When the newest frame came, by this machine's clock in ms; 0 before the first. */
export const heardMs = signal(0);

export const isLost = computed(() => link.value.state === "lost");
