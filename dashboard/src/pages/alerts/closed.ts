/** The alerts that are closed, page by page; those that close meanwhile come on top. */
import { effect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { openAlerts } from "../../alarms/store";
import type { Alert } from "../../api/shape";
import { useListed } from "../../parts/listed";
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
  const wanted: AlertFilter = { ...filter, tab: "closed", state: null };
  const query = { ...queryOf(wanted, sinceMs), limit: PAGE };
  const { rows, failed, again, more } = useListed<Alert>("alerts", query);
  useEffect(() => whenFewer(again), []);
  const mine = rows?.filter((alert) => passes(wanted, alert));
  const count = mine?.length ?? 0;
  return {
    alerts: mine,
    countText: more ? words().alarms.page.atLeast(count) : String(count),
    failed: failed.value,
    again,
    more,
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
