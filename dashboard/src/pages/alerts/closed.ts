/** The alerts that are closed, page by page; those that close meanwhile come on top. */
import { effect, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { openAlerts } from "../../alarms/store";
import { askFully, RefusedError } from "../../api/client";
import type { Alert } from "../../api/shape";
import { words } from "../../words";
import { type AlertFilter, passes, queryOf } from "./filters";

const PAGE = 100;
/** After something was closed the list is asked again, a moment later. */
const LATER_MS = 800;

export interface Closed {
  alerts: readonly Alert[] | undefined;
  countText: string;
  failed: string | null;
  again: () => void;
  more: (() => void) | undefined;
}

export function useClosed(filter: AlertFilter, sinceMs: number): Closed {
  const pages = useSignal<readonly Alert[] | undefined>(undefined);
  const next = useSignal<string | null>(null);
  const failed = useSignal<string | null>(null);
  const turn = useSignal(0);
  const wanted: AlertFilter = { ...filter, tab: "closed", state: null };
  const key = [filter.severity, filter.rule, filter.zone, filter.span, turn.value].join("\n");
  const read = async (cursor: string | null, signal?: AbortSignal) => {
    try {
      const query = { ...queryOf(wanted, sinceMs), limit: PAGE, cursor };
      const answer = await askFully<{ items: Alert[] }>("alerts", query, signal);
      pages.value = [...(cursor ? (pages.peek() ?? []) : []), ...answer.body.items];
      next.value = answer.next;
      failed.value = null;
    } catch (error) {
      if (signal?.aborted) return;
      if (!(error instanceof RefusedError)) throw error;
      failed.value = error.message;
    }
  };
  useEffect(() => {
    const ending = new AbortController();
    void read(null, ending.signal);
    return () => ending.abort();
  }, [key]);
  const again = () => {
    turn.value += 1;
  };
  useEffect(() => whenFewer(again), []);
  const mine = pages.value?.filter((alert) => passes(wanted, alert));
  const count = mine?.length ?? 0;
  return {
    alerts: mine,
    countText: next.value === null ? String(count) : words().alarms.page.atLeast(count),
    failed: failed.value,
    again,
    more: next.value === null ? undefined : () => void read(next.value),
  };
}

/** Something that was open is not any more. */
function whenFewer(does: () => void): () => void {
  let before: ReadonlySet<string> = new Set();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = effect(() => {
    const now = new Set(openAlerts.value.keys());
    const isFewer = [...before].some((id) => !now.has(id));
    before = now;
    if (!isFewer) return;
    clearTimeout(timer);
    timer = setTimeout(does, LATER_MS);
  });
  return () => {
    clearTimeout(timer);
    end();
  };
}
