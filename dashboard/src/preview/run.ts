/** A preview: the gateway plays the last day with a change that is not saved. */
import { type Signal, signal } from "@preact/signals";
import { ask, change, path, RefusedError } from "../api/client";
import type { Severity } from "../api/shape";
import { wrongText } from "../entries/wrong";

/** Merge patches of entries by part and name; null takes an entry out, an unknown name adds one. */
export type Changed = Partial<
  Record<
    "floors" | "zones" | "readers" | "portals" | "rules" | "channels",
    Record<string, Record<string, unknown> | null>
  >
>;

/** An alert that there would be, or would be no more. */
export interface PreviewedAlert {
  readonly time: string;
  readonly rule: string;
  readonly severity: Severity;
  readonly asset: string | null;
  readonly tag: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly portal: string | null;
}

export interface PreviewResult {
  readonly alerts: {
    readonly now: number;
    readonly then: number;
    readonly kept: number;
    readonly appear_total: number;
    readonly vanish_total: number;
    readonly appear: readonly PreviewedAlert[];
    readonly vanish: readonly PreviewedAlert[];
  };
  readonly rules: Readonly<Record<string, { readonly now: number; readonly then: number }>>;
  readonly zones: Readonly<
    Record<
      string,
      { readonly assets_inside_now: number | null; readonly assets_inside_then: number | null }
    >
  >;
  readonly incomplete: "young" | "retention" | "gap" | "time" | null;
  readonly detail: string;
  readonly site_changes: number;
}

export interface Preview {
  readonly id: string;
  readonly state: "running" | "done" | "failed";
  readonly progress: number;
  readonly from: string | null;
  readonly until: string | null;
  readonly reads: number;
  readonly reason: string;
  readonly result: PreviewResult | null;
}

/** One preview after the other; a new one ends the one that runs. */
export interface Previewing {
  readonly preview: Signal<Preview | null>;
  /** Why there is none: refused, failed, dropped. */
  readonly refusal: Signal<string | null>;
  /** Of what it is, so that one sees when it is out of date. */
  readonly stamp: Signal<string>;
  readonly start: (changed: Changed) => Promise<void>;
  readonly cancel: () => void;
}

const POLL_MS = 500;

export function createPreviewing(): Previewing {
  const preview = signal<Preview | null>(null);
  const refusal = signal<string | null>(null);
  const stamp = signal("");
  let turn = 0;
  const cancel = () => {
    const running = preview.value;
    turn += 1;
    preview.value = null;
    refusal.value = null;
    if (running?.state === "running") void forget(running.id);
  };
  const start = async (changed: Changed) => {
    cancel();
    const mine = turn;
    stamp.value = JSON.stringify(changed);
    try {
      await follow(changed, (value) => {
        if (turn === mine) preview.value = value;
        return turn === mine;
      });
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      if (turn === mine) refusal.value = wrongText(error);
    }
  };
  return { preview, refusal, stamp, start, cancel };
}

/** Begin one and ask how it is until it is over, or nobody takes what is told any more. */
async function follow(changed: Changed, tell: (preview: Preview) => boolean): Promise<void> {
  let { body } = await change<Preview>("site/previews", { verb: "POST", body: changed });
  while (tell(body) && body.state === "running") {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    body = await ask<Preview>(path`site/previews/${body.id}`);
  }
}

/** Nobody waits for it any more; that it is gone already is as good. */
async function forget(id: string): Promise<void> {
  try {
    await change(path`site/previews/${id}`, { verb: "DELETE" });
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
  }
}

/** Where on the line of time a moment stands, 0 to 1. */
export function shareOf(time: string, from: string, until: string): number {
  const [first, last] = [Date.parse(from), Date.parse(until)];
  if (last <= first) return 1;
  return Math.min(1, Math.max(0, (Date.parse(time) - first) / (last - first)));
}
