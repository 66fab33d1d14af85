/** The alerts that are not cleared, newest state, as the stream tells them. */
import { batch, computed, effect, signal } from "@preact/signals";
import { asked, go, look, page } from "../address";
import { ask, path, RefusedError } from "../api/client";
import type { Alert, Severity } from "../api/shape";
import { type Gathered, NOTHING } from "./gathering";
import { inOrder, isNew, RANK } from "./order";

export { groupOf, isNew, symbolStateOf } from "./order";

/** How the connection to the alarms is, and since when by this machine's clock. */
export interface AlarmLink {
  readonly state: "connecting" | "live" | "lost";
  readonly sinceMs: number;
}

export const alarmLink = signal<AlarmLink>({ state: "connecting", sinceMs: Date.now() });
export const gathered = signal<Gathered>(NOTHING);
/** Whether the list was read at all: before that, none known does not mean none there. */
export const isRead = signal(false);
/** Why the list was not told when it was last asked for. */
export const listRefusal = signal<string | null>(null);

/** By id. */
export const openAlerts = computed(() => gathered.value.open);
/** The same in the order in which people see to them. */
export const orderedAlerts = computed(() => inOrder(openAlerts.value.values()));
/** Critical ones that nobody has acknowledged, the newest first. */
export const newCriticals = computed(() =>
  orderedAlerts.value.filter((alert) => isNew(alert) && alert.severity === "critical"),
);

/** The worst severity that nobody has acknowledged; null where there is none. */
export const worstNew = computed<Severity | null>(() => {
  const ranks = orderedAlerts.value.filter(isNew).map((alert) => alert.severity);
  return ranks.sort((one, other) => RANK[other] - RANK[one])[0] ?? null;
});

const OTHERS_KEPT = 200;
/** Alerts that are shown and not open: closed lately, or asked for by their id. */
const others = signal<ReadonlyMap<string, Alert>>(new Map());

/** Keep an alert that is not open, so that who looks at it sees its newest state. */
export function keepOther(alert: Alert): void {
  const kept = others.peek().get(alert.id);
  if (kept && kept.seq >= alert.seq) return;
  const next = [...others.peek()].filter(([id]) => id !== alert.id);
  others.value = new Map([...next, [alert.id, alert] as const].slice(-OTHERS_KEPT));
}

/** The id of the alert that the address asks for. */
export const pickedAlert = computed(() => asked("alert"));

/** The alert that the address asks for, in its newest state; null without one, or before it is there. */
export const evidenceAlert = computed<Alert | null>(() => {
  const id = pickedAlert.value;
  if (id === null) return null;
  return openAlerts.value.get(id) ?? others.value.get(id) ?? null;
});

/** Show the evidence of an alert, or of none: beside the list on Alerts, over the plan elsewhere. */
export function pick(id: string | null): void {
  if (showsEvidence()) look({ alert: id }, true);
  else if (id !== null) go("live", { alert: id });
}

/** Whether this page shows the evidence of the picked alert. */
export function showsEvidence(): boolean {
  return page.value === "live" || page.value === "alerts";
}

/** Next or last alert in the order of the list. */
export function pickBeside(step: 1 | -1, among: readonly Alert[] = orderedAlerts.peek()): void {
  if (among.length === 0) return;
  const place = among.findIndex((alert) => alert.id === pickedAlert.peek());
  const next = place < 0 ? (step > 0 ? 0 : among.length - 1) : place + step;
  const target = among[Math.min(among.length - 1, Math.max(0, next))];
  if (!target) return;
  if (showsEvidence()) look({ alert: target.id });
  else go("live", { alert: target.id });
}

/**
 * Ask for the alert of the address where it is not open, also where it left the list and nobody
 * said why. Gives what ends that.
 */
export function askForPicked(): () => void {
  return effect(() => {
    const id = pickedAlert.value;
    if (id === null || alarmLink.value.state === "connecting") return;
    if (openAlerts.value.has(id) || evidenceAlert.value?.state === "cleared") return;
    void ask<Alert>(path`alerts/${id}`).then(keepOther, (error: unknown) => {
      if (!(error instanceof RefusedError)) throw error;
      if (error.status === 404) look({ alert: null });
    });
  });
}

/** Know of nothing: whoever logs in next may see less, and is told anew. */
export function forget(): void {
  batch(() => {
    alarmLink.value = { state: "connecting", sinceMs: Date.now() };
    gathered.value = NOTHING;
    isRead.value = false;
    listRefusal.value = null;
    others.value = new Map();
  });
}

/** Take over the next state; what is not open any more is kept for who looks at it. */
export function takeGathered(next: Gathered, closed: Alert | null = null): void {
  batch(() => {
    if (closed) keepOther(closed);
    gathered.value = next;
  });
}
