/** The alerts that are not cleared, newest state, as the stream tells them. */
import { computed, signal } from "@preact/signals";
import type { Alert, Severity } from "../api/shape";

/** By id. */
export const openAlerts = signal<ReadonlyMap<string, Alert>>(new Map());

const RANK: Record<Severity, number> = { info: 1, warning: 2, critical: 3 };

/** The worst severity that nobody has acknowledged; null where there is none. */
export const worstNew = computed<Severity | null>(() => {
  let worst: Severity | null = null;
  for (const alert of openAlerts.value.values()) {
    const isNew = alert.acknowledged === null && alert.shelved_until === null;
    if (isNew && (worst === null || RANK[alert.severity] > RANK[worst])) worst = alert.severity;
  }
  return worst;
});
